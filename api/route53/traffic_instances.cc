// SPDX-License-Identifier: Apache-2.0
//
// Traffic policy instances: the objects of /v1/traffic-policy-instances.
#include <algorithm>
#include <charconv>
#include <tuple>

#include "api/rest/traffic_document_json.h"
#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/xml_fields.h"
#include "zones/traffic_policy.h"

namespace waymark::api {
namespace {

using zones::TrafficPolicyInstance;
using Instances = std::vector<TrafficPolicyInstance>;

constexpr std::size_t most_instances = 100;    // of one page
constexpr std::int64_t most_ttl = 0x7FFFFFFF;  // RFC 2181 §8

AwsFault no_such_instance(const std::string& id) {
  return {404, "NoSuchTrafficPolicyInstance", "No traffic policy instance exists with Id: " + id};
}

AwsFault no_such_policy(const std::string& id) {
  return {404, "NoSuchTrafficPolicy", "No traffic policy exists with Id: " + id};
}

/// Whether the key reaches the zone.
AwsResult<bool> reaches(const zones::Snapshot& state, const Principal& who,
                        const zones::ZoneId& id) {
  if (who.zones.empty()) return true;
  const auto zone = state.zone(id);
  if (!zone) return fault_of(zone.error());
  return *zone && permitted(who, **zone);
}

AwsResult<TrafficPolicyInstance> find(const AwsContext& context, const Request& request) {
  const std::string& id = request.parameter("id");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  auto found = zones::traffic_policy_instance(**snapshot, id);
  if (!found && found.error().code() == ErrorCode::not_found) return no_such_instance(id);
  if (!found) return fault_of(found.error());
  const auto allowed = reaches(**snapshot, request.principal, found->zone);
  if (!allowed) return allowed.error();
  if (!*allowed)
    return AwsFault{403, "AccessDenied", "This access key is not for that instance's zone"};
  return std::move(*found);
}

/// "Applied" when every worker answers from its last change; one that the log has forgotten is.
AwsResult<void> append_instance(XmlWriter& xml, const AwsContext& context,
                                const zones::Snapshot& state, const TrafficPolicyInstance& one) {
  const auto change = state.commit(one.change);
  if (!change) return fault_of(change.error());
  const bool applied = !*change || context.services.pipeline.status((*change)->revision) ==
                                       zones::ChangeStatus::in_sync;
  xml.open("TrafficPolicyInstance");
  xml.text("Id", one.id);
  xml.text("HostedZoneId", one.zone.text);
  xml.text("Name", aws_name(one.name));
  xml.number("TTL", one.ttl);
  xml.text("State", applied ? "Applied" : "Creating");
  xml.text("Message", "");
  xml.text("TrafficPolicyId", one.policy_id);
  xml.number("TrafficPolicyVersion", one.version);
  xml.text("TrafficPolicyType", dns::to_string(one.type));
  xml.close();
  return {};
}

void read_policy(XmlFields& fields, TrafficPolicyInstance& into) {
  fields.need("TTL");
  into.ttl = static_cast<std::uint32_t>(fields.number("TTL", 0, most_ttl).value_or(0));
  into.policy_id = fields.needed_text("TrafficPolicyId");
  fields.need("TrafficPolicyVersion");
  into.version =
      static_cast<std::uint32_t>(fields.number("TrafficPolicyVersion", 1, UINT32_MAX).value_or(1));
}

/// What native faults are called; `instance` is what was wanted.
AwsFault fault_of_instance(const AwsContext& context, const Error& error,
                           const TrafficPolicyInstance& instance) {
  const auto causes = error.causes();
  const Error first = causes.empty() ? error : causes.front();
  if (first.code() == ErrorCode::zone_not_found) return no_such_zone(instance.zone.text);
  if (first.code() == ErrorCode::bad_type && first.pointer() == "/policy_version")
    return {400, "ConflictingTypes", first.detail()};
  if (first.code() == ErrorCode::not_found)
    return first.pointer() == "/policy_version" ? no_such_policy(instance.policy_id)
                                                : no_such_instance(instance.id);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot || first.pointer() != "/name") return fault_of(first);
  const auto version =
      zones::traffic_policy_version(**snapshot, instance.policy_id, instance.version);
  const auto all = zones::traffic_policy_instances(**snapshot);
  if (!version || !all) return fault_of(first);
  for (const TrafficPolicyInstance& other : *all)
    if (other.zone == instance.zone && other.name == instance.name && other.type == version->type &&
        other.id != instance.id)
      return {409, "TrafficPolicyInstanceAlreadyExists",
              "Traffic policy instance " + other.id + " stands at that name already"};
  return fault_of(first);
}

/// Commits, and tells the instance as it stands then.
Awaitable<AwsResult<Response>> put(AwsContext& context, const AwsCall& call, bool is_new,
                                   TrafficPolicyInstance instance) {
  zones::ChangePipeline::Resolve resolve = [is_new, instance](const zones::Snapshot& state,
                                                              zones::Decider by) {
    return zones::resolve_instance(state, is_new, instance, read_traffic_document, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of_instance(context, done.error(), instance);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto made = zones::traffic_policy_instance(**snapshot, instance.id);
  if (!made) co_return no_such_instance(instance.id);
  XmlWriter xml(is_new ? "CreateTrafficPolicyInstanceResponse"
                       : "UpdateTrafficPolicyInstanceResponse");
  if (auto told = append_instance(xml, context, **snapshot, *made); !told) co_return told.error();
  Response response = xml_response(is_new ? 201 : 200, std::move(xml));
  if (is_new)
    response.headers.emplace_back("Location",
                                  call.base_url + "trafficpolicyinstance/" + instance.id);
  co_return response;
}

AwsResult<TrafficPolicyInstance> read_new(const AwsContext& context, const AwsCall& call) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  TrafficPolicyInstance instance;
  instance.zone = {std::string(bare_id(fields.needed_text("HostedZoneId")))};
  const std::string name = fields.needed_text("Name");
  read_policy(fields, instance);
  fields.refuse_others();
  if (fault) return *std::move(fault);
  auto parsed = parse_aws_name(name);
  if (!parsed) return invalid_input(parsed.error().message);
  instance.name = std::move(*parsed);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto zone = (*snapshot)->zone(instance.zone);
  if (!zone) return fault_of(zone.error());
  if (!*zone) return no_such_zone(instance.zone.text);
  if (!permitted(call.request.principal, **zone))
    return AwsFault{403, "AccessDenied",
                    "This access key is not for the hosted zone " + instance.zone.text};
  auto random = Random::from_system();
  instance.id = zones::new_uuid(random);
  return instance;
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  auto instance = read_new(context, call);
  if (!instance) co_return instance.error();
  TrafficPolicyInstance wanted = std::move(*instance);
  co_return co_await put(context, call, true, std::move(wanted));
}

Awaitable<AwsResult<Response>> update(AwsContext& context, const AwsCall& call) {
  auto found = find(context, call.request);
  if (!found) co_return found.error();
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  read_policy(fields, *found);
  fields.refuse_others();
  if (fault) co_return *std::move(fault);
  TrafficPolicyInstance wanted = std::move(*found);
  co_return co_await put(context, call, false, std::move(wanted));
}

Awaitable<AwsResult<Response>> get(AwsContext& context, const AwsCall& call) {
  const auto found = find(context, call.request);
  if (!found) co_return found.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  XmlWriter xml("GetTrafficPolicyInstanceResponse");
  if (auto told = append_instance(xml, context, **snapshot, *found); !told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  const auto found = find(context, call.request);
  if (!found) co_return found.error();
  zones::ChangePipeline::Resolve resolve = [id = found->id](const zones::Snapshot& state,
                                                            zones::Decider by) {
    return zones::resolve_instance_delete(state, id, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of_instance(context, done.error(), *found);
  co_return xml_response(200, XmlWriter("DeleteTrafficPolicyInstanceResponse"));
}

/// What instances are listed by: zone, name, type.
using Key = std::tuple<std::string, std::string, std::string>;

Key key_of(const TrafficPolicyInstance& one) {
  return {one.zone.text, listing_key(one.name), dns::to_string(one.type)};
}

/// The markers go together; that of the zone is given by `zone` when the list is of one.
AwsResult<Key> start_of(const Request& request, const std::optional<std::string>& zone) {
  const auto marker = zone ? zone : request.value("hostedzoneid");
  const auto name = request.value("trafficpolicyinstancename"),
             type = request.value("trafficpolicyinstancetype");
  if (!name && !type) return Key{zone ? "" : std::string(bare_id(marker.value_or(""))), "", ""};
  if (!name || !type || !marker)
    return invalid_input(
        "hostedzoneid, trafficpolicyinstancename and trafficpolicyinstancetype are given together");
  const auto parsed = parse_aws_name(*name);
  if (!parsed) return invalid_input(parsed.error().message);
  return Key{std::string(bare_id(*marker)), listing_key(*parsed), *type};
}

/// Those that the key reaches and `wanted` is true of, in their order.
template <class Wanted>
AwsResult<Instances> instances_of(const zones::Snapshot& state, const Principal& who,
                                  Wanted wanted) {
  auto all = zones::traffic_policy_instances(state);
  if (!all) return fault_of(all.error());
  Instances kept;
  for (TrafficPolicyInstance& one : *all) {
    const auto allowed = reaches(state, who, one.zone);
    if (!allowed) return allowed.error();
    if (*allowed && wanted(one)) kept.push_back(std::move(one));
  }
  std::sort(kept.begin(), kept.end(),
            [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  return kept;
}

AwsResult<Response> page(const char* root, const AwsContext& context, const zones::Snapshot& state,
                         const Request& request, const Instances& all,
                         const std::optional<std::string>& zone) {
  const auto limit = max_items(request, most_instances);
  if (!limit) return limit.error();
  const auto start = start_of(request, zone);
  if (!start) return start.error();
  auto at = std::find_if(all.begin(), all.end(),
                         [&](const TrafficPolicyInstance& one) { return key_of(one) >= *start; });
  XmlWriter xml(root);
  xml.open("TrafficPolicyInstances");
  for (std::size_t i = 0; at != all.end() && i < *limit; ++i, ++at)
    if (auto told = append_instance(xml, context, state, *at); !told) return told.error();
  xml.close();
  if (at != all.end()) {
    if (!zone) xml.text("HostedZoneIdMarker", at->zone.text);
    xml.text("TrafficPolicyInstanceNameMarker", aws_name(at->name));
    xml.text("TrafficPolicyInstanceTypeMarker", dns::to_string(at->type));
  }
  xml.flag("IsTruncated", at != all.end());
  xml.number("MaxItems", *limit);
  return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto all =
      instances_of(**snapshot, call.request.principal, [](const auto&) { return true; });
  if (!all) co_return all.error();
  co_return page("ListTrafficPolicyInstancesResponse", context, **snapshot, call.request, *all,
                 std::nullopt);
}

Awaitable<AwsResult<Response>> list_by_zone(AwsContext& context, const AwsCall& call) {
  const auto given = call.request.value("id");
  if (!given) co_return invalid_input("id is needed");
  const std::string id(bare_id(*given));
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = (*snapshot)->zone({id});
  if (!zone) co_return fault_of(zone.error());
  if (!*zone) co_return no_such_zone(id);
  if (!permitted(call.request.principal, **zone))
    co_return AwsFault{403, "AccessDenied", "This access key is not for the hosted zone " + id};
  const auto all = instances_of(**snapshot, call.request.principal,
                                [&](const auto& one) { return one.zone.text == id; });
  if (!all) co_return all.error();
  const std::optional<std::string> of = id;
  co_return page("ListTrafficPolicyInstancesByHostedZoneResponse", context, **snapshot,
                 call.request, *all, of);
}

Awaitable<AwsResult<Response>> list_by_policy(AwsContext& context, const AwsCall& call) {
  const auto id = call.request.value("id"), text = call.request.value("version");
  if (!id || !text) co_return invalid_input("id and version are needed");
  std::uint32_t version = 0;
  const auto [stop, failure] = std::from_chars(text->data(), text->data() + text->size(), version);
  if (failure != std::errc{} || stop != text->data() + text->size())
    co_return invalid_input("version '" + *text + "' is not a whole number");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto known = zones::traffic_policy_version(**snapshot, *id, version);
  if (!known && known.error().code() == ErrorCode::not_found) co_return no_such_policy(*id);
  if (!known) co_return fault_of(known.error());
  const auto all =
      instances_of(**snapshot, call.request.principal, [&](const TrafficPolicyInstance& one) {
        return one.policy_id == *id && one.version == version;
      });
  if (!all) co_return all.error();
  co_return page("ListTrafficPolicyInstancesByPolicyResponse", context, **snapshot, call.request,
                 *all, std::nullopt);
}

Awaitable<AwsResult<Response>> count(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto all =
      instances_of(**snapshot, call.request.principal, [](const auto&) { return true; });
  if (!all) co_return all.error();
  XmlWriter xml("GetTrafficPolicyInstanceCountResponse");
  xml.number("TrafficPolicyInstanceCount", all->size());
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> traffic_instance_operations() {
  const Access read = Access::read, write = Access::write;
  const std::string one = "trafficpolicyinstance/{id}", all = "trafficpolicyinstances";
  const std::string zone = "hostedzoneid", name = "trafficpolicyinstancename",
                    type = "trafficpolicyinstancetype", limit = "maxitems";
  return {
      {"POST", "trafficpolicyinstance", write, "CreateTrafficPolicyInstanceRequest", {}, create},
      {"GET", one, read, {}, {}, get},
      {"POST", one, write, "UpdateTrafficPolicyInstanceRequest", {}, update},
      {"DELETE", one, write, {}, {}, remove},
      {"GET", "trafficpolicyinstancecount", read, {}, {}, count},
      {"GET", all, read, {}, {zone, name, type, limit}, list},
      {"GET", all + "/hostedzone", read, {}, {"id", name, type, limit}, list_by_zone},
      {"GET",
       all + "/trafficpolicy",
       read,
       {},
       {"id", "version", zone, name, type, limit},
       list_by_policy},
  };
}

}  // namespace waymark::api
