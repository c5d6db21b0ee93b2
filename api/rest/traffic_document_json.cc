// SPDX-License-Identifier: Apache-2.0
#include "api/rest/traffic_document_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "api/rest/fields.h"
#include "zones/records/rdata.h"

namespace waymark::api {
namespace {

using dns::RrType;
using zones::TrafficDocument;

constexpr std::size_t max_id = 100;  // it becomes a set_id, perhaps with a number behind
constexpr std::uint64_t max_weight = 255;
constexpr std::size_t max_branches = 100;  // of one rule: as many record sets may compete
constexpr std::size_t most_faults = 100;   // that are told

/// Route 53's documents have booleans and numbers bare and as text.
bool lenient_flag(Fields& fields, std::string_view name, bool fallback) {
  const Json* value = fields.find(name);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  if (*value == "true" || *value == "false") return *value == "true";
  fields.fault(ErrorCode::bad_value, "true or false is needed, not " + to_text(*value), name);
  return fallback;
}

bool is_whole(double number) {
  return number == std::trunc(number);
}

class DocumentReader {
 public:
  explicit DocumentReader(const Json& json) : json_(json) {}

  Result<TrafficDocument> run() {
    Fields fields(json_, "", faults_);
    read_head(fields);
    read_start(fields);
    each(fields, "Endpoints", [this](const std::string& id, Fields& one) { endpoint(id, one); });
    each(fields, "Rules", [this](const std::string& id, Fields& one) { rule(id, one); });
    fields.refuse_others();
    if (faults_.size() < most_faults)
      for (Error& fault : zones::check_traffic_document(document_))
        faults_.push_back(std::move(fault));
    if (!faults_.empty()) return all_faults();
    return std::move(document_);
  }

 private:
  Error all_faults() {
    if (const std::size_t all = faults_.size(); all > most_faults) {
      faults_.resize(most_faults - 1);
      faults_.emplace_back(ErrorCode::too_large, "and " + std::to_string(all - most_faults + 1) +
                                                     " faults more, which are not told");
    }
    return Error::batch(std::move(faults_));
  }

  void read_head(Fields& fields) {
    const std::string format = fields.needed_text("AWSPolicyFormatVersion");
    locations_ = format == "2023-05-09";
    if (!locations_ && format != "2015-10-01" && !format.empty())
      fields.fault(ErrorCode::bad_value,
                   "format \"" + format + "\" is unknown; use 2015-10-01 or 2023-05-09",
                   "AWSPolicyFormatVersion");
    const std::string text = fields.needed_text("RecordType");
    const auto type = dns::parse_rr_type(text);
    const bool routed = type && !dns::is_meta(*type) && *type != RrType::SOA &&
                        *type != RrType::NS && *type != RrType::DNAME && *type != RrType::DS;
    document_.type = routed ? *type : RrType::A;
    readable_type_ = routed;
    if (!routed && !text.empty())
      fields.fault(ErrorCode::bad_type, "records of type \"" + text + "\" can not be routed",
                   "RecordType");
  }

  void read_start(Fields& fields) {
    const bool rule = fields.has("StartRule"), endpoint = fields.has("StartEndpoint");
    document_.starts_with_rule = rule;
    document_.start = fields.text(rule ? "StartRule" : "StartEndpoint");
    if (rule == endpoint)
      fields.fault(rule ? ErrorCode::bad_value : ErrorCode::missing_field,
                   "use one of StartRule and StartEndpoint", "StartRule");
  }

  /// The members of an object, by their ids.
  template <class Take>
  void each(Fields& fields, const char* name, Take take) {
    const Json* members = fields.find(name);
    if (members == nullptr) return;
    if (!members->is_object())
      return fields.fault(ErrorCode::bad_value, "an object is needed", name);
    const Fields all(*members, fields.pointer(name), faults_);
    for (const auto& [id, value] : members->items()) {
      Fields one(value, all.pointer(id), faults_);
      const bool printable =
          std::none_of(id.begin(), id.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
      if (id.empty() || id.size() > max_id || !printable)
        faults_.emplace_back(
            ErrorCode::bad_value,
            "an id has 1 to " + std::to_string(max_id) + " octets, none of control", one.here());
      take(id, one);
    }
  }

  void endpoint(const std::string& id, Fields& fields) {
    TrafficDocument::Endpoint endpoint{id, fields.here(), {}};
    const std::string type = fields.needed_text("Type");
    const std::string value = fields.needed_text("Value");
    fields.find("Region");  // of AWS's own types
    if (!type.empty() && type != "value") {
      fields.fault(ErrorCode::unsupported,
                   "endpoint type \"" + type +
                       "\" stands for a service of AWS; use value, with "
                       "the record data",
                   "Type");
    } else if (fields.has("Value") && value.empty()) {
      fields.fault(ErrorCode::bad_value, "an endpoint needs record data", "Value");
    } else if (readable_type_ && !value.empty()) {
      auto rdata = zones::parse_rdata(document_.type, value, dns::Name());
      if (rdata)
        endpoint.rdata = std::move(*rdata);
      else
        fields.fault(rdata.error(), "Value");
    }
    fields.refuse_others();
    document_.endpoints.push_back(std::move(endpoint));
  }

  void rule(const std::string& id, Fields& fields) {
    TrafficDocument::Rule rule{id, fields.here(), {}};
    const std::string type = fields.needed_text("RuleType");
    if (type == "failover") {
      one(rule, fields, "Primary", zones::Failover{zones::Failover::Role::primary});
      one(rule, fields, "Secondary", zones::Failover{zones::Failover::Role::secondary});
    } else if (type == "weighted") {
      items(rule, fields, "Items", &DocumentReader::weighted);
    } else if (type == "latency") {
      items(rule, fields, "Regions", &DocumentReader::latency);
    } else if (type == "geo") {
      items(rule, fields, "Locations", &DocumentReader::geolocation);
    } else if (type == "geoproximity") {
      items(rule, fields, "GeoproximityLocations", &DocumentReader::geoproximity);
    } else if (type == "multivalue") {
      items(rule, fields, "Items", &DocumentReader::multivalue);
    } else if (!type.empty()) {
      fields.fault(ErrorCode::bad_value,
                   "rule type \"" + type +
                       "\" is unknown; use failover, geo, geoproximity, "
                       "latency, multivalue or weighted",
                   "RuleType");
    }
    if (!rule.branches.empty()) fields.refuse_others();
    document_.rules.push_back(std::move(rule));
  }

  void one(TrafficDocument::Rule& rule, Fields& fields, const char* name, zones::Routing routing) {
    const Json* value = fields.need(name);
    if (value == nullptr) return;
    Fields inside(*value, fields.pointer(name), faults_);
    rule.branches.push_back(branch(inside, std::move(routing)));
    inside.refuse_others();
  }

  using ReadRouting = zones::Routing (DocumentReader::*)(Fields&);
  void items(TrafficDocument::Rule& rule, Fields& fields, const char* name, ReadRouting read) {
    const Json* list = fields.need(name);
    if (list == nullptr) return;
    if (!list->is_array() || list->empty())
      return fields.fault(ErrorCode::bad_value, "a list of at least one is needed", name);
    if (list->size() > max_branches)
      return fields.fault(ErrorCode::too_large,
                          std::to_string(list->size()) + " branches; a rule has at most " +
                              std::to_string(max_branches),
                          name);
    for (std::size_t i = 0; i < list->size(); ++i) {
      Fields inside((*list)[i], fields.pointer(name) + "/" + std::to_string(i), faults_);
      zones::Routing routing = (this->*read)(inside);
      rule.branches.push_back(branch(inside, std::move(routing)));
      inside.refuse_others();
    }
  }

  TrafficDocument::Branch branch(Fields& fields, zones::Routing routing) {
    TrafficDocument::Branch out;
    out.pointer = fields.here();
    out.routing = std::move(routing);
    const bool rule = fields.has("RuleReference"), endpoint = fields.has("EndpointReference");
    out.to_rule = rule;
    out.reference = fields.text(rule ? "RuleReference" : "EndpointReference");
    if (rule == endpoint) out.reference.clear();  // nobody knows which is meant
    if (out.reference.empty())
      fields.fault(rule ? ErrorCode::bad_value : ErrorCode::missing_field,
                   "use one of RuleReference and EndpointReference",
                   rule ? "RuleReference" : "EndpointReference");
    out.evaluate_target_health = lenient_flag(fields, "EvaluateTargetHealth", true);
    out.health_check_id = fields.text("HealthCheck");
    return out;
  }

  zones::Routing weighted(Fields& fields) {
    const auto weight = decimal(fields, "Weight", 0, max_weight, true);
    return zones::Weighted{static_cast<std::uint16_t>(weight)};
  }
  zones::Routing multivalue(Fields&) { return zones::Multivalue{}; }
  zones::Routing latency(Fields& fields) {
    return zones::Latency{region_name(fields.needed_text("Region"))};
  }

  zones::Routing geolocation(Fields& fields) {
    zones::Geolocation place{fields.text("Continent"), fields.text("Country"),
                             fields.text("Subdivision")};
    if (!lenient_flag(fields, "IsDefault", false)) return place;
    if (!place.continent.empty() || !place.subdivision.empty() ||
        (!place.country.empty() && place.country != "*"))
      fields.fault(ErrorCode::bad_value, "the default is everywhere; leave its location out",
                   "IsDefault");
    return zones::Geolocation{"", "*", ""};
  }

  zones::Routing geoproximity(Fields& fields) {
    zones::Geoproximity place;
    if (locations_) {
      if (const Json* location = fields.need("Location")) {
        Fields inside(*location, fields.pointer("Location"), faults_);
        new_location(inside, place);
        inside.refuse_others();
      }
    } else if (fields.has("Region")) {
      place.region = region_name(fields.text("Region"));
      const bool latitude = fields.has("Latitude"), longitude = fields.has("Longitude");
      if (latitude || longitude)
        fields.fault(ErrorCode::bad_value, "use a region or coordinates, not both", "Region");
    } else {
      coordinates(fields, place);
    }
    place.bias = static_cast<std::int8_t>(decimal(fields, "Bias", -99, 99, false));
    return place;
  }

  void new_location(Fields& fields, zones::Geoproximity& place) {
    const std::string type = fields.needed_text("Type");
    if (type == "Region")
      place.region = region_name(fields.needed_text("LocationName"));
    else if (type == "Coordinate")
      coordinates(fields, place);
    else if (!type.empty())
      fields.fault(ErrorCode::unsupported,
                   "location type \"" + type + "\" is unknown here; use Region or Coordinate",
                   "Type");
  }

  void coordinates(Fields& fields, zones::Geoproximity& place) {
    const auto degrees = [&](const char* name, double most) {
      fields.need(name);
      const double value = fields.maybe_decimal(name, -most, most).value_or(0);
      const double hundredths = value * 100;
      if (std::abs(hundredths - std::round(hundredths)) > 1e-6)
        fields.fault(ErrorCode::bad_value, "coordinates have at most two decimals", name);
      return value;
    };
    place.latitude = degrees("Latitude", 90);
    place.longitude = degrees("Longitude", 180);
  }

  static double decimal(Fields& fields, const char* name, double least, double most, bool needed) {
    if (needed) fields.need(name);
    const double value = fields.maybe_decimal(name, least, most).value_or(0);
    if (!is_whole(value)) fields.fault(ErrorCode::bad_value, "a whole number is needed", name);
    return value;
  }

  /// "aws:route53:us-east-1" is "us-east-1".
  static std::string region_name(std::string text) {
    constexpr std::string_view prefix = "aws:route53:";
    if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return text;
  }

  const Json& json_;
  TrafficDocument document_;
  std::vector<Error> faults_;
  bool readable_type_ = false;
  bool locations_ = false;  // format 2023-05-09: places stand in a "Location"
};

}  // namespace

Result<zones::TrafficDocument> read_traffic_document(const std::string& text) {
  if (text.size() > max_traffic_document)
    return Error(ErrorCode::too_large, "the document has " + std::to_string(text.size()) +
                                           " octets; at most " +
                                           std::to_string(max_traffic_document) + " may be");
  const auto json = parse_json(text);
  if (!json) return json.error();
  if (!json->is_object()) return Error(ErrorCode::bad_value, "the document must be a JSON object");
  return DocumentReader(*json).run();
}

}  // namespace waymark::api
