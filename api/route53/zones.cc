// SPDX-License-Identifier: Apache-2.0
//
// Hosted zones.
#include <algorithm>

#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/vpc_xml.h"
#include "api/route53/xml_fields.h"
#include "api/route53/zone_xml.h"
#include "zones/delegation_sets.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_zones = 100;  // of one page
constexpr std::size_t most_comment = 256, most_reference = 128;

using Zones = std::vector<zones::HostedZone>;

AwsFault no_such_delegation_set(const std::string& id) {
  return {400, "NoSuchDelegationSet", "There is no reusable delegation set with ID " + id};
}

AwsFault fault_of_creation(const Error& error, const std::string& name, const std::string& set) {
  if (error.code() == ErrorCode::conflict && error.pointer() == "/caller_reference")
    return {409, "HostedZoneAlreadyExists",
            "A hosted zone has already been created with the specified caller reference."};
  if (error.code() == ErrorCode::zone_exists)
    return {400, "ConflictingDomainExists",
            "The domain name " + name + " is hosted already: " + error.detail()};
  if (error.code() == ErrorCode::bad_name) return {400, "InvalidDomainName", error.detail()};
  if (error.pointer() == "/delegation_set" && error.code() == ErrorCode::not_found)
    return no_such_delegation_set(set);
  if (error.pointer() == "/delegation_set" && error.code() == ErrorCode::too_large)
    return {400, "TooManyHostedZones", error.detail()};
  return fault_of(error);
}

struct NewZone {
  dns::Name name;
  std::string reference, comment, delegation_set;
  std::optional<AwsVpc> vpc;
};

AwsResult<NewZone> read_new_zone(const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  NewZone zone;
  const std::string name = fields.needed_text("Name");
  zone.reference = fields.needed_text("CallerReference");
  if (characters(zone.reference) > most_reference)
    fields.fault("A CallerReference has 1 to 128 characters");
  zone.vpc = read_aws_vpc(fields, fault);
  zone.delegation_set = bare_id(fields.text("DelegationSetId").value_or(""));
  bool said_private = false;
  if (const XmlElement* config = fields.find("HostedZoneConfig")) {
    XmlFields inside(config, fault);
    zone.comment = inside.text("Comment").value_or("");
    said_private = inside.flag("PrivateZone").value_or(false);
    inside.refuse_others();
  }
  if (characters(zone.comment) > most_comment) fields.fault("A Comment has at most 256 characters");
  fields.refuse_others();
  if (fault) return *std::move(fault);
  if (said_private && !zone.vpc) return AwsFault{400, "InvalidVPCId", "The VPC ID is invalid."};
  if (zone.vpc && !zone.delegation_set.empty())
    return invalid_input("A private hosted zone has no reusable delegation set");
  auto parsed = parse_aws_name(name);
  if (!parsed) return parsed.error();
  zone.name = std::move(*parsed);
  if (!zone.vpc && zone.name.labels() < 2)
    return AwsFault{400, "InvalidDomainName", aws_name(zone.name) + " is reserved by AWS!"};
  return zone;
}

/// The zone that was made, and who sees it or which servers have it.
AwsResult<Response> tell_created(const AwsContext& context, const AwsCall& call,
                                 const zones::Committed& done,
                                 const std::optional<zones::Vpc>& vpc) {
  const auto& id = std::get<zones::ZoneId>(done.commit.scope);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto zone = (*snapshot)->zone(id);
  if (!zone) return fault_of(zone.error());
  if (!*zone) return AwsFault{500, "InternalFailure", "the zone was deleted at the same moment"};
  XmlWriter xml("CreateHostedZoneResponse");
  if (auto told = append_zone(xml, **snapshot, **zone); !told) return told.error();
  append_change_info(xml, context, done, false);
  if (vpc)
    append_vpc(xml, *vpc);
  else if (auto told = append_delegation_set(xml, **snapshot, **zone); !told)
    return told.error();
  Response response = xml_response(201, std::move(xml));
  response.headers.emplace_back("Location", call.base_url + "hostedzone/" + id.text);
  return response;
}

AwsResult<std::optional<zones::Vpc>> vpc_of(const AwsContext& context, const NewZone& wanted) {
  if (!wanted.vpc) return std::optional<zones::Vpc>();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  auto found = find_aws_vpc(**snapshot, *wanted.vpc);
  if (!found) return found.error();
  return std::optional(std::move(*found));
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  if (auto refused = refuse_limited(call)) co_return *refused;
  const auto wanted = read_new_zone(call.body);
  if (!wanted) co_return wanted.error();
  const auto vpc = vpc_of(context, *wanted);
  if (!vpc) co_return vpc.error();
  std::optional<std::vector<std::string>> vpcs;
  if (*vpc) vpcs = std::vector{(*vpc)->id};
  zones::NewZone zone_wanted{wanted->name, wanted->comment, std::move(vpcs), wanted->reference,
                             wanted->delegation_set};
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.create_zone(std::move(zone_wanted), std::move(author));
  if (!done && *vpc && done.error().pointer().starts_with("/vpcs")) {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) co_return fault_of(snapshot.error());
    co_return fault_of_vpc(done.error(), **snapshot, wanted->name, **vpc);
  }
  if (!done)
    co_return fault_of_creation(done.error(), aws_name(wanted->name), wanted->delegation_set);
  co_return tell_created(context, call, *done, *vpc);
}

Awaitable<AwsResult<Response>> show(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = aws_zone(**snapshot, call.request);
  if (!zone) co_return zone.error();
  XmlWriter xml("GetHostedZoneResponse");
  if (auto told = append_zone(xml, **snapshot, *zone); !told) co_return told.error();
  const auto told = zone->is_private() ? append_vpcs(xml, **snapshot, zone->vpcs)
                                       : append_delegation_set(xml, **snapshot, *zone);
  if (!told) co_return told.error();
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

/// Those of the reusable delegation set that is asked for.
AwsResult<void> keep_of_set(Zones& all, const zones::Snapshot& state, const Request& request) {
  const auto given = request.value("delegationsetid");
  if (!given) return {};
  const std::string id(bare_id(*given));
  const auto set = zones::delegation_set(state, id);
  if (!set && set.error().code() == ErrorCode::not_found) return no_such_delegation_set(id);
  if (!set) return fault_of(set.error());
  std::optional<AwsFault> fault;
  std::erase_if(all, [&](const zones::HostedZone& zone) {
    const auto extras = extras_of(state, zone);
    if (!extras) fault = extras.error();
    return !extras || extras->delegation_set != id;
  });
  if (fault) return *std::move(fault);
  return {};
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_zones);
  if (!limit) co_return limit.error();
  const std::string marker(bare_id(call.request.value("marker").value_or("")));
  const auto kind = call.request.value("hostedzonetype");
  if (kind && *kind != "PrivateHostedZone")
    co_return invalid_input("hostedzonetype '" + *kind + "' is not PrivateHostedZone");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  auto all = zones_of(**snapshot, call.request.principal, by_id);
  if (!all) co_return all.error();
  if (kind) std::erase_if(*all, [](const auto& zone) { return !zone.is_private(); });
  if (auto kept = keep_of_set(*all, **snapshot, call.request); !kept) co_return kept.error();
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
  if (characters(text) > most_comment) fields.fault("A Comment has at most 256 characters");
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

/// Kept and shown; every change here is as fast as it gets.
Awaitable<AwsResult<Response>> features(AwsContext& context, const AwsCall& call) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  const bool enable = fields.flag("EnableAcceleratedRecovery").value_or(false);
  fields.refuse_others();
  if (fault) co_return *std::move(fault);
  auto zone = [&]() -> AwsResult<zones::HostedZone> {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return fault_of(snapshot.error());
    return aws_zone(**snapshot, call.request);
  }();
  if (!zone) co_return zone.error();
  if (zone->is_private()) co_return invalid_input("Hosted zone " + zone->id.text + " is private");
  zones::ChangePipeline::Resolve resolve = [id = zone->id, enable](const zones::Snapshot& state,
                                                                   zones::Decider by) {
    return zones::resolve_zone_member(state, id, "accelerated_recovery", enable ? "true" : "false",
                                      std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of(done.error());
  co_return xml_response(200, XmlWriter("UpdateHostedZoneFeaturesResponse"));
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
      {"POST",
       "hostedzone/{zone}/features",
       Access::write,
       "UpdateHostedZoneFeaturesRequest",
       {},
       features},
  };
}

}  // namespace waymark::api
