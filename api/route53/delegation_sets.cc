// SPDX-License-Identifier: Apache-2.0
//
// Reusable delegation sets.
#include "zones/delegation_sets.h"

#include <algorithm>

#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/xml_fields.h"
#include "api/route53/zone_xml.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_sets = 100;  // of one page
constexpr std::size_t most_reference = 128;

AwsFault no_such_set(const std::string& id) {
  return {400, "NoSuchDelegationSet", "There is no reusable delegation set with ID " + id};
}

void append_set(XmlWriter& xml, const zones::DelegationSet& set) {
  xml.open("DelegationSet");
  xml.text("Id", "/delegationset/" + set.id);
  xml.text("CallerReference", set.caller_reference);
  xml.open("NameServers");
  for (const std::string& server : set.name_servers)
    append_name_server(xml, server);
  xml.close();
  xml.close();
}

AwsFault fault_of_creation(const Error& error, const std::string& zone) {
  switch (error.code()) {
    case ErrorCode::conflict:
      if (error.pointer() == "/zone")
        return {400, "DelegationSetAlreadyReusable",
                "The delegation set of hosted zone " + zone + " is reusable already"};
      return {400, "DelegationSetAlreadyCreated",
              "A delegation set with the same owner and caller reference combination has already "
              "been created."};
    case ErrorCode::zone_not_found:
      return {400, "HostedZoneNotFound", "No hosted zone found with ID: " + zone};
    case ErrorCode::unsupported:
      return {400, "InvalidArgument", "Hosted zone " + zone + " is private"};
    case ErrorCode::too_large:
      return {400, "LimitsExceeded", error.detail()};
    default:
      return fault_of(error);
  }
}

struct NewSet {
  zones::DelegationSet set;
  std::optional<zones::ZoneId> zone;
};

AwsResult<NewSet> read_new(const AwsContext& context, const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  NewSet wanted;
  wanted.set.caller_reference = fields.needed_text("CallerReference");
  if (characters(wanted.set.caller_reference) > most_reference)
    fields.fault("A CallerReference has 1 to 128 characters");
  if (const auto zone = fields.text("HostedZoneId"))
    wanted.zone = zones::ZoneId{std::string(bare_id(*zone))};
  fields.refuse_others();
  if (fault) return *std::move(fault);
  auto random = Random::from_system();
  wanted.set.id = zones::new_delegation_set_id(random);
  if (wanted.zone) return wanted;
  for (const std::string& server : context.services.pipeline.defaults().name_servers) {
    const auto name = dns::Name::parse(server);
    if (!name) return fault_of(name.error());
    wanted.set.name_servers.push_back(name->to_string());
  }
  if (wanted.set.name_servers.empty())
    return AwsFault{400, "DelegationSetNotAvailable",
                    "This server has no name servers of its own; start it with --name-server, or "
                    "say a HostedZoneId"};
  return wanted;
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  const auto wanted = read_new(context, call.body);
  if (!wanted) co_return wanted.error();
  zones::ChangePipeline::Resolve resolve = [wanted = *wanted](const zones::Snapshot& state,
                                                              zones::Decider by) {
    return zones::resolve_delegation_set_create(
        state, wanted.set, wanted.zone ? &*wanted.zone : nullptr, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done)
    co_return fault_of_creation(done.error(), wanted->zone ? wanted->zone->text : std::string());
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto made = zones::delegation_set(**snapshot, wanted->set.id);
  if (!made) co_return no_such_set(wanted->set.id);
  XmlWriter xml("CreateReusableDelegationSetResponse");
  append_set(xml, *made);
  Response response = xml_response(201, std::move(xml));
  response.headers.emplace_back("Location", call.base_url + "delegationset/" + made->id);
  co_return response;
}

/// By {id}.
AwsResult<zones::DelegationSet> find(const zones::Snapshot& state, const Request& request) {
  const std::string& id = request.parameter("id");
  auto found = zones::delegation_set(state, id);
  if (found) return std::move(*found);
  if (found.error().code() == ErrorCode::not_found) return no_such_set(id);
  return fault_of(found.error());
}

Awaitable<AwsResult<Response>> get(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto found = find(**snapshot, call.request);
  if (!found) co_return found.error();
  XmlWriter xml("GetReusableDelegationSetResponse");
  append_set(xml, *found);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_sets);
  if (!limit) co_return limit.error();
  const std::string marker(bare_id(call.request.value("marker").value_or("")));
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  auto all = zones::delegation_sets(**snapshot);
  if (!all) co_return fault_of(all.error());
  std::erase_if(*all, [&](const zones::DelegationSet& set) { return set.id < marker; });
  XmlWriter xml("ListReusableDelegationSetsResponse");
  xml.open("DelegationSets");
  for (std::size_t i = 0; i < std::min(all->size(), *limit); ++i)
    append_set(xml, (*all)[i]);
  xml.close();
  xml.text("Marker", marker);
  xml.flag("IsTruncated", all->size() > *limit);
  if (all->size() > *limit) xml.text("NextMarker", (*all)[*limit].id);
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  const std::string id = call.request.parameter("id");
  zones::ChangePipeline::Resolve resolve = [id](const zones::Snapshot& state, zones::Decider by) {
    return zones::resolve_delegation_set_delete(state, id, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done && done.error().code() == ErrorCode::in_use)
    co_return AwsFault{400, "DelegationSetInUse", done.error().detail()};
  if (!done && done.error().code() == ErrorCode::not_found) co_return no_such_set(id);
  if (!done) co_return fault_of(done.error());
  co_return xml_response(200, XmlWriter("DeleteReusableDelegationSetResponse"));
}

Awaitable<AwsResult<Response>> limit(AwsContext& context, const AwsCall& call) {
  const std::string& type = call.request.parameter("type");
  if (type != "MAX_ZONES_BY_REUSABLE_DELEGATION_SET")
    co_return invalid_input("Type '" + type + "' is not MAX_ZONES_BY_REUSABLE_DELEGATION_SET");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto found = find(**snapshot, call.request);
  if (!found) co_return found.error();
  const auto used = zones::zones_of_delegation_set(**snapshot, found->id);
  if (!used) co_return fault_of(used.error());
  XmlWriter xml("GetReusableDelegationSetLimitResponse");
  xml.open("Limit");
  xml.text("Type", type);
  xml.number("Value", zones::most_zones_of_delegation_set);
  xml.close();
  xml.number("Count", *used);
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> delegation_set_operations() {
  const Access read = Access::read, write = Access::write;
  return {
      {"POST", "delegationset", write, "CreateReusableDelegationSetRequest", {}, create},
      {"GET", "delegationset", read, {}, {"marker", "maxitems"}, list},
      {"GET", "delegationset/{id}", read, {}, {}, get},
      {"DELETE", "delegationset/{id}", write, {}, {}, remove},
      {"GET", "reusabledelegationsetlimit/{id}/{type}", read, {}, {}, limit},
  };
}

}  // namespace waymark::api
