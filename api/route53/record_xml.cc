// SPDX-License-Identifier: Apache-2.0
#include "api/route53/record_xml.h"

#include <algorithm>
#include <array>

#include "api/route53/geo_names.h"
#include "api/route53/names.h"
#include "api/route53/routing_xml.h"
#include "api/route53/value_rules.h"
#include "api/route53/xml_fields.h"
#include "zones/records/rdata.h"

namespace waymark::api {
namespace {

/// The zone of what an external alias leads to: none of ours.
constexpr std::string_view external_zone = "ZEXTERNAL";
constexpr std::int64_t most_ttl = 0x7FFFFFFF;  // RFC 2181 §8
constexpr std::size_t most_value = 4000, most_set_id = 128, most_comment = 256;
constexpr std::size_t most_elements = 1000, most_characters = 32'000;

using Fault = std::optional<AwsFault>;

/// How a structural fault names the change it is in.
std::string change_text(const std::string& action, const std::string& name, const std::string& type,
                        const std::optional<std::string>& set_id) {
  return "Change with [Action=" + action + ", Name=" + name + ", Type=" + type +
         ", SetIdentifier=" + set_id.value_or("null") + "]";
}

/// Reads one batch; `fault_` is the first structural fault.
class BatchReader {
 public:
  explicit BatchReader(const zones::HostedZone& zone) : zone_(zone) {
    batch_.zone = zone.id;
    batch_.in_order = true;
  }

  AwsResult<zones::ChangeBatch> read(const XmlElement* element) {
    XmlFields fields(element, fault_);
    batch_.comment = fields.text("Comment").value_or("");
    if (characters(batch_.comment) > most_comment)
      fields.fault("A Comment has at most 256 characters");
    fields.need("Changes");
    for (const XmlElement* change : fields.list("Changes", "Change"))
      read_change(*change);
    if (batch_.changes.empty()) fields.fault("Invalid request: Changes needs at least one Change");
    fields.refuse_others();
    if (fault_) return *std::move(fault_);
    if (elements_ > most_elements)
      return AwsFault{400, "InvalidChangeBatch", "[Number of records limit of 1000 exceeded.]"};
    if (characters_ > most_characters)
      return AwsFault{400, "InvalidChangeBatch",
                      "[Total value character limit of 32000 exceeded.]"};
    return std::move(batch_);
  }

 private:
  void tell(ErrorCode code, std::string sentence) {
    batch_.faults.emplace_back(
        code, std::move(sentence),
        "/changes/" + std::to_string(batch_.changes.size()) + "/record/values");
  }

  void read_change(const XmlElement& element) {
    const std::size_t before = batch_.faults.size();
    XmlFields fields(&element, fault_);
    zones::Change change;
    const std::string action = fields.needed_text("Action");
    if (action == "UPSERT")
      change.action = zones::Change::Action::upsert;
    else if (action == "DELETE")
      change.action = zones::Change::Action::remove;
    else if (action != "CREATE")
      fields.fault("Invalid XML ; cvc-enumeration-valid: Value '" + action +
                   "' is not facet-valid with respect to enumeration '[CREATE, DELETE, UPSERT]'. "
                   "It must be a value from the enumeration.");
    if (const XmlElement* set = fields.need("ResourceRecordSet"))
      change.record_set = read_set(*set, action);
    fields.refuse_others();
    change.readable = batch_.faults.size() == before;
    batch_.changes.push_back(std::move(change));
  }

  zones::RecordSet read_set(const XmlElement& element, const std::string& action) {
    XmlFields fields(&element, fault_);
    zones::RecordSet set;
    const std::string name = fields.needed_text("Name"), type = fields.needed_text("Type");
    if (auto parsed = parse_aws_name(name))
      set.owner = std::move(*parsed);
    else
      tell(ErrorCode::bad_name, parsed.error().message);
    set.type = dns::parse_rr_type(type).value_or(dns::RrType::A);
    // What REST made of other types is shown, and can be deleted.
    if (!is_aws_type(type) && (action != "DELETE" || !dns::parse_rr_type(type)))
      fields.fault("Invalid XML ; cvc-enumeration-valid: Value '" + type +
                   "' is not facet-valid with respect to the enumeration of record types.");
    const auto set_id = fields.text("SetIdentifier");
    set.set_id = set_id.value_or("");
    if (set_id && (set_id->empty() || characters(*set_id) > most_set_id))
      fields.fault("A SetIdentifier has 1 to 128 characters");
    set.health_check_id = fields.text("HealthCheckId").value_or("");
    const std::string where = change_text(action, name, type, set_id);
    set.routing = decode_aws_routing(fields, set_id.has_value(), where, fault_);
    read_payload(fields, where, action, set);
    if (const auto* place = std::get_if<zones::Geolocation>(&set.routing);
        place != nullptr && action != "DELETE" && !is_aws_place(*place))
      tell(ErrorCode::bad_value,
           "Cannot find location: '" + location_text(*place) + "'. No changes made.");
    if (zone_.is_private() && action != "DELETE" &&
        std::holds_alternative<zones::Cidr>(set.routing))
      tell(ErrorCode::unsupported,
           "RRSet with DNS name " + aws_name(set.owner) + ", type " + type + ", SetIdentifier " +
               set.set_id +
               " cannot be created because CIDR RRSet is not supported with private hosted zone.");
    fields.refuse_others();
    return set;
  }

  void read_payload(XmlFields& fields, const std::string& where, const std::string& action,
                    zones::RecordSet& set) {
    const std::size_t weight = action == "UPSERT" ? 2 : 1;
    const ValueRules rules = action == "DELETE" ? ValueRules::ours : ValueRules::route_53;
    const auto ttl = fields.number("TTL", 0, most_ttl);
    const bool records = fields.has("ResourceRecords");
    const XmlElement* alias = fields.find("AliasTarget");
    const bool instance = fields.has("TrafficPolicyInstanceId");
    constexpr std::string_view kinds =
        "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and "
        "ResourceRecords], or TrafficPolicyInstanceId], but found ";
    const int given = (alias != nullptr ? 1 : 0) + (ttl || records ? 1 : 0) + (instance ? 1 : 0);
    if (given == 0 || (given == 1 && alias == nullptr && !instance && (!ttl || !records)))
      fields.fault(std::string(kinds) + "none in " + where);
    if (given > 1) fields.fault(std::string(kinds) + "more than one in " + where);
    if (instance) read_instance(fields, where, action, set);
    if (alias != nullptr) read_alias(*alias, set);
    set.ttl = static_cast<std::uint32_t>(ttl.value_or(0));
    std::size_t elements = alias != nullptr || instance ? 1 : 0;
    for (const XmlElement* record : fields.list("ResourceRecords", "ResourceRecord")) {
      read_value(*record, weight, rules, set);
      ++elements;
    }
    if (elements == 0) fields.fault(std::string(kinds) + "none in " + where);
    elements_ += weight * elements;
  }

  /// As it was listed: an instance is made and changed by operations of its own.
  static void read_instance(XmlFields& fields, const std::string& where, const std::string& action,
                            zones::RecordSet& set) {
    set.traffic_policy_instance = fields.needed_text("TrafficPolicyInstanceId");
    if (action == "CREATE" || !set.set_id.empty() || !set.health_check_id.empty())
      fields.fault("TrafficPolicyInstanceId is not accepted in " + where);
  }

  void read_value(const XmlElement& element, std::size_t weight, ValueRules rules,
                  zones::RecordSet& set) {
    XmlFields fields(&element, fault_);
    const std::string value = fields.needed_text("Value");
    fields.refuse_others();
    if (characters(value) > most_value) fields.fault("A Value has at most 4000 characters");
    characters_ += weight * characters(value);
    auto rdata = parse_aws_value(set.type, value, rules);
    if (rdata)
      set.rdata.push_back(std::move(*rdata));
    else
      tell(rdata.error().code(), rdata.error().detail());
  }

  void read_alias(const XmlElement& element, zones::RecordSet& set) {
    XmlFields fields(&element, fault_);
    const std::string zone(bare_id(fields.needed_text("HostedZoneId")));
    const std::string name = fields.needed_text("DNSName");
    fields.need("EvaluateTargetHealth");
    zones::Alias alias;
    alias.evaluate_target_health = fields.flag("EvaluateTargetHealth").value_or(false);
    fields.refuse_others();
    if (auto target = parse_aws_name(name))
      alias.target = std::move(*target);
    else
      tell(ErrorCode::bad_name, target.error().message);
    alias.external = zone == external_zone;
    if (zone != zone_.id.text && !alias.external)
      tell(ErrorCode::bad_rdata,
           "Tried to create an alias that targets " + aws_name(alias.target) + ", type " +
               dns::to_string(set.type) + " in zone " + zone +
               ", but that target was not found; an alias leads to a record of its own zone");
    set.alias = std::move(alias);
  }

  const zones::HostedZone& zone_;
  zones::ChangeBatch batch_;
  Fault fault_;
  std::size_t elements_ = 0, characters_ = 0;
};

}  // namespace

bool is_aws_type(std::string_view type) noexcept {
  static constexpr std::array<std::string_view, 17> types = {
      "SOA", "A",    "TXT", "NS", "CNAME", "MX",    "NAPTR", "PTR",  "SRV",
      "SPF", "AAAA", "CAA", "DS", "TLSA",  "SSHFP", "SVCB",  "HTTPS"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

AwsResult<zones::ChangeBatch> decode_change_batch(const XmlElement* batch,
                                                  const zones::HostedZone& zone) {
  return BatchReader(zone).read(batch);
}

void append_record_set(XmlWriter& xml, const zones::HostedZone& zone, const zones::RecordSet& set) {
  xml.open("ResourceRecordSet");
  xml.text("Name", aws_name(set.owner));
  xml.text("Type", dns::to_string(set.type));
  if (!set.traffic_policy_instance.empty()) {
    xml.text("TrafficPolicyInstanceId", set.traffic_policy_instance);
    xml.close();
    return;
  }
  if (!set.set_id.empty()) xml.text("SetIdentifier", set.set_id);
  append_routing_before(xml, set.routing);
  if (set.alias) {
    xml.open("AliasTarget");
    xml.text("HostedZoneId", set.alias->external ? std::string(external_zone) : zone.id.text);
    xml.text("DNSName", aws_name(set.alias->target));
    xml.flag("EvaluateTargetHealth", set.alias->evaluate_target_health);
    xml.close();
  } else {
    xml.number("TTL", set.ttl);
    xml.open("ResourceRecords");
    for (const Bytes& rdata : set.rdata) {
      xml.open("ResourceRecord");
      xml.text("Value", decimal_to_octal(zones::rdata_to_string(set.type, rdata)));
      xml.close();
    }
    xml.close();
  }
  if (!set.health_check_id.empty()) xml.text("HealthCheckId", set.health_check_id);
  append_routing_after(xml, set.routing);
  xml.close();
}

}  // namespace waymark::api
