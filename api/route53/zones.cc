// SPDX-License-Identifier: Apache-2.0
//
// Hosted zones.
#include <algorithm>

#include "api/http/json.h"
#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/xml_fields.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_zones = 100;  // of one page
constexpr std::size_t most_comment = 256, most_reference = 128;

using Zones = std::vector<zones::HostedZone>;

/// A zone that was not made through this door has no caller reference, and is told by its id.
AwsResult<std::string> reference_of(const zones::Snapshot& state, const zones::HostedZone& zone) {
  const auto object = state.object({zones::ObjectKind::zone, zone.id.text});
  if (!object) return fault_of(object.error());
  const auto json = *object ? parse_json(**object) : Result<Json>(Json::object());
  return json ? json->value("caller_reference", zone.id.text) : zone.id.text;
}

AwsResult<void> append_zone(XmlWriter& xml, const zones::Snapshot& state,
                            const zones::HostedZone& zone) {
  const auto reference = reference_of(state, zone);
  if (!reference) return reference.error();
  xml.open("HostedZone");
  xml.text("Id", "/hostedzone/" + zone.id.text);
  xml.text("Name", aws_name(zone.name));
  xml.text("CallerReference", *reference);
  xml.open("Config");
  if (!zone.comment.empty()) xml.text("Comment", zone.comment);
  xml.flag("PrivateZone", false);
  xml.close();
  xml.number("ResourceRecordSetCount", zone.record_sets);
  xml.close();
  return {};
}

/// The name servers that the zone's own NS records name, without their last dots.
AwsResult<void> append_delegation_set(XmlWriter& xml, const zones::Snapshot& state,
                                      const zones::HostedZone& zone) {
  const auto sets = state.record_sets_at(zone, zone.name);
  if (!sets) return fault_of(sets.error());
  xml.open("DelegationSet");
  xml.open("NameServers");
  for (const zones::RecordSet& set : *sets) {
    if (set.type != dns::RrType::NS) continue;
    for (const Bytes& rdata : set.rdata) {
      std::string server = dns::Name::trusted(rdata).to_string();
      server.pop_back();
      xml.text("NameServer", server);
    }
  }
  xml.close();
  xml.close();
  return {};
}

AwsFault fault_of_creation(const Error& error, const std::string& name) {
  if (error.code() == ErrorCode::conflict && error.pointer() == "/caller_reference")
    return {409, "HostedZoneAlreadyExists",
            "A hosted zone has already been created with the specified caller reference."};
  if (error.code() == ErrorCode::zone_exists)
    return {400, "ConflictingDomainExists",
            "The domain name " + name + " is hosted already: " + error.detail()};
  if (error.code() == ErrorCode::bad_name) return {400, "InvalidDomainName", error.detail()};
  return fault_of(error);
}

struct NewZone {
  dns::Name name;
  std::string reference, comment;
};

AwsResult<NewZone> read_new_zone(const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  NewZone zone;
  const std::string name = fields.needed_text("Name");
  zone.reference = fields.needed_text("CallerReference");
  if (zone.reference.size() > most_reference)
    fields.fault("A CallerReference has 1 to 128 characters");
  const bool vpc = fields.has("VPC");
  const auto set = fields.text("DelegationSetId");
  bool is_private = vpc;
  if (const XmlElement* config = fields.find("HostedZoneConfig")) {
    XmlFields inside(config, fault);
    zone.comment = inside.text("Comment").value_or("");
    is_private = inside.flag("PrivateZone").value_or(false) || vpc;
    inside.refuse_others();
  }
  if (zone.comment.size() > most_comment) fields.fault("A Comment has at most 256 characters");
  fields.refuse_others();
  if (fault) return *std::move(fault);
  if (is_private) return AwsFault{400, "InvalidVPCId", "The VPC ID is invalid."};
  if (set)
    return AwsFault{400, "NoSuchDelegationSet",
                    "There is no reusable delegation set with ID " + *set};
  auto parsed = parse_aws_name(name);
  if (!parsed) return parsed.error();
  zone.name = std::move(*parsed);
  return zone;
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  if (!call.request.principal.zones.empty())
    co_return AwsFault{403, "AccessDenied", "This access key is limited to its zones"};
  const auto wanted = read_new_zone(call.body);
  if (!wanted) co_return wanted.error();
  zones::NewZone zone_wanted{wanted->name, wanted->comment, std::nullopt, wanted->reference};
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.create_zone(std::move(zone_wanted), std::move(author));
  if (!done) co_return fault_of_creation(done.error(), aws_name(wanted->name));
  const auto& id = std::get<zones::ZoneId>(done->commit.scope);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = (*snapshot)->zone(id);
  if (!zone) co_return fault_of(zone.error());
  if (!*zone) co_return AwsFault{500, "InternalFailure", "the zone was deleted at the same moment"};

  XmlWriter xml("CreateHostedZoneResponse");
  if (auto told = append_zone(xml, **snapshot, **zone); !told) co_return told.error();
  append_change_info(xml, context, *done, false);
  if (auto told = append_delegation_set(xml, **snapshot, **zone); !told) co_return told.error();
  Response response = xml_response(201, std::move(xml));
  response.headers.emplace_back("Location", call.base_url + "hostedzone/" + id.text);
  co_return response;
}

Awaitable<AwsResult<Response>> show(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = aws_zone(**snapshot, call.request);
  if (!zone) co_return zone.error();
  XmlWriter xml("GetHostedZoneResponse");
  if (auto told = append_zone(xml, **snapshot, *zone); !told) co_return told.error();
  if (auto told = append_delegation_set(xml, **snapshot, *zone); !told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

/// Those that the key reaches, in the order of `before`.
template <class Before>
AwsResult<Zones> zones_of(const zones::Snapshot& state, const Principal& who, Before before) {
  auto all = state.zones();
  if (!all) return fault_of(all.error());
  std::erase_if(*all, [&](const zones::HostedZone& zone) { return !permitted(who, zone); });
  std::sort(all->begin(), all->end(), before);
  return std::move(*all);
}

bool by_id(const zones::HostedZone& a, const zones::HostedZone& b) {
  return a.id < b.id;
}

AwsResult<Zones::const_iterator> append_page(XmlWriter& xml, const zones::Snapshot& state,
                                             const Zones& all, Zones::const_iterator from,
                                             std::size_t limit) {
  xml.open("HostedZones");
  for (std::size_t i = 0; from != all.end() && i < limit; ++i, ++from)
    if (auto told = append_zone(xml, state, *from); !told) return told.error();
  xml.close();
  return from;
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_zones);
  if (!limit) co_return limit.error();
  const std::string marker(bare_id(call.request.value("marker").value_or("")));
  const auto kind = call.request.value("hostedzonetype");
  if (kind && *kind != "PrivateHostedZone")
    co_return invalid_input("hostedzonetype '" + *kind + "' is not PrivateHostedZone");
  if (const auto set = call.request.value("delegationsetid"))
    co_return AwsFault{400, "NoSuchDelegationSet",
                       "There is no reusable delegation set with ID " + *set};
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  auto all = zones_of(**snapshot, call.request.principal, by_id);
  if (!all) co_return all.error();
  if (kind) all->clear();  // all of ours are public
  const Zones& zones = *all;
  const auto from = std::find_if(zones.begin(), zones.end(), [&](const zones::HostedZone& zone) {
    return zone.id.text >= marker;
  });
  XmlWriter xml("ListHostedZonesResponse");
  const auto next = append_page(xml, **snapshot, zones, from, *limit);
  if (!next) co_return next.error();
  xml.text("Marker", marker);
  xml.flag("IsTruncated", *next != zones.end());
  if (*next != zones.end()) xml.text("NextMarker", (*next)->id.text);
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list_by_name(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_zones);
  if (!limit) co_return limit.error();
  const auto name = call.request.value("dnsname"), id = call.request.value("hostedzoneid");
  if (id && !name) co_return invalid_input("hostedzoneid is given together with dnsname");
  std::pair<std::string, std::string> start;
  if (name && !name->empty()) {
    const auto parsed = parse_aws_name(*name);
    if (!parsed) co_return parsed.error();
    start = {listing_key(*parsed), std::string(bare_id(id.value_or("")))};
  }
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto key = [](const zones::HostedZone& zone) {
    return std::pair(listing_key(zone.name), zone.id.text);
  };
  const auto all = zones_of(**snapshot, call.request.principal,
                            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  if (!all) co_return all.error();
  const auto from = std::find_if(all->begin(), all->end(),
                                 [&](const zones::HostedZone& zone) { return key(zone) >= start; });
  XmlWriter xml("ListHostedZonesByNameResponse");
  const auto next = append_page(xml, **snapshot, *all, from, *limit);
  if (!next) co_return next.error();
  if (name) xml.text("DNSName", *name);
  if (id) xml.text("HostedZoneId", *id);
  xml.flag("IsTruncated", *next != all->end());
  if (*next != all->end()) {
    xml.text("NextDNSName", aws_name((*next)->name));
    xml.text("NextHostedZoneId", (*next)->id.text);
  }
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> count(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto all = zones_of(**snapshot, call.request.principal, by_id);
  if (!all) co_return all.error();
  XmlWriter xml("GetHostedZoneCountResponse");
  xml.number("HostedZoneCount", all->size());
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> comment(AwsContext& context, const AwsCall& call) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  const std::string text = fields.text("Comment").value_or("");
  if (text.size() > most_comment) fields.fault("A Comment has at most 256 characters");
  fields.refuse_others();
  if (fault) co_return *std::move(fault);
  const auto before = context.services.store.snapshot();
  if (!before) co_return fault_of(before.error());
  const auto zone = aws_zone(**before, call.request);
  if (!zone) co_return zone.error();
  const auto done =
      co_await context.services.pipeline.comment_zone(zone->id, text, aws_author(call.request));
  if (!done) co_return fault_of(done.error());
  const auto after = context.services.store.snapshot();
  if (!after) co_return fault_of(after.error());
  const auto changed = aws_zone(**after, call.request);
  if (!changed) co_return changed.error();
  XmlWriter xml("UpdateHostedZoneCommentResponse");
  if (auto told = append_zone(xml, **after, *changed); !told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  auto zone = [&]() -> AwsResult<zones::HostedZone> {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return fault_of(snapshot.error());
    return aws_zone(**snapshot, call.request);
  }();
  if (!zone) co_return zone.error();
  const auto done =
      co_await context.services.pipeline.delete_zone(zone->id, false, aws_author(call.request));
  if (!done && done.error().code() == ErrorCode::zone_not_empty)
    co_return AwsFault{400, "HostedZoneNotEmpty",
                       "The specified hosted zone contains non-required resource record sets and "
                       "so cannot be deleted."};
  if (!done) co_return fault_of(done.error());
  XmlWriter xml("DeleteHostedZoneResponse");
  append_change_info(xml, context, *done, false);
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> zone_operations() {
  return {
      {"POST", "hostedzone", Access::write, "CreateHostedZoneRequest", {}, create},
      {"GET",
       "hostedzone",
       Access::read,
       {},
       {"marker", "maxitems", "delegationsetid", "hostedzonetype"},
       list},
      {"GET",
       "hostedzonesbyname",
       Access::read,
       {},
       {"dnsname", "hostedzoneid", "maxitems"},
       list_by_name},
      {"GET", "hostedzonecount", Access::read, {}, {}, count},
      {"GET", "hostedzone/{zone}", Access::read, {}, {}, show},
      {"POST", "hostedzone/{zone}", Access::write, "UpdateHostedZoneCommentRequest", {}, comment},
      {"DELETE", "hostedzone/{zone}", Access::write, {}, {}, remove},
  };
}

}  // namespace waymark::api
