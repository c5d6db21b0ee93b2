// SPDX-License-Identifier: Apache-2.0
//
// What puts a version of a traffic policy on a name: /v1/traffic-policy-instances.
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/record_json.h"
#include "api/rest/traffic_document_json.h"
#include "zones/traffic_policy.h"

namespace waymark::api {
namespace {

using zones::TrafficPolicyInstance;

constexpr std::uint64_t most_ttl = 0x7FFFFFFF;  // RFC 2181 §8

Json show(const Context& context, const zones::Snapshot& state, const TrafficPolicyInstance& one) {
  Json out{{"id", one.id},
           {"version", one.edition},
           {"zone_id", one.zone.text},
           {"name", one.name.to_string()},
           {"type", dns::to_string(one.type)},
           {"ttl", one.ttl},
           {"policy_id", one.policy_id},
           {"policy_version", one.version},
           {"change_id", one.change.text}};
  const auto change = state.commit(one.change);
  // A change that the log has forgotten is long in sync.
  out["status"] = change && *change ? status_word(context, (*change)->revision) : "in_sync";
  return out;
}

Response instance_response(unsigned status, const Json& body) {
  Response response = json_response(status, body);
  response.headers.emplace_back("ETag", "\"" + to_text(body["version"]) + "\"");
  return response;
}

/// The instance, when the token reaches its zone.
Result<TrafficPolicyInstance> find(const zones::Snapshot& state, const Request& request) {
  auto found = zones::traffic_policy_instance(state, request.parameter("id"));
  if (!found) return found;
  const auto zone = find_zone(state, found->zone.text, request.principal);
  if (!zone) return zone.error();
  return found;
}

/// "policy_id", "policy_version" and "ttl", which both a new instance and a change of one give.
void read_policy(Fields& fields, TrafficPolicyInstance& into) {
  into.policy_id = fields.needed_text("policy_id");
  if (!fields.has("policy_version")) fields.need("policy_version");
  into.version =
      static_cast<std::uint32_t>(fields.number("policy_version", 1, UINT32_MAX, into.version));
  if (!fields.has("ttl")) fields.need("ttl");
  into.ttl = static_cast<std::uint32_t>(fields.number("ttl", 0, most_ttl, into.ttl));
}

/// Commits, or with ?dry_run=true tells the difference.
Awaitable<Result<Response>> commit(Context& context, const Request& request, unsigned status,
                                   std::string id, zones::ChangePipeline::Resolve resolve) {
  std::string author = request.principal.author();
  if (request.flag("dry_run")) {
    const auto would = context.services.pipeline.preview(resolve, author);
    if (!would) co_return would.error();
    Json out{{"dry_run", true}, {"version", would->version}, {"serial", would->soa_serial}};
    add_effects(out, would->effects);
    co_return json_response(200, out);
  }
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  Json out;
  if (status == 200 && id.empty()) {  // deleted: what is left of it is its last change
    out = encode_change(done->commit, status_word(context, done->revision));
    co_return json_response(status, out);
  }
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto made = zones::traffic_policy_instance(**snapshot, id);
  if (!made) co_return made.error();
  Response response = instance_response(status, show(context, **snapshot, *made));
  if (status == 201)
    response.headers.emplace_back("Location", "/v1/traffic-policy-instances/" + id);
  co_return response;
}

zones::ChangePipeline::Resolve putting(bool is_new, TrafficPolicyInstance instance,
                                       std::optional<std::uint64_t> if_edition) {
  return [is_new, instance = std::move(instance), if_edition](const zones::Snapshot& state,
                                                              zones::Decider by) {
    return zones::resolve_instance(state, is_new, instance, read_traffic_document, std::move(by),
                                   if_edition);
  };
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  TrafficPolicyInstance instance;
  const std::string zone_text = fields.needed_text("zone"), name = fields.needed_text("name");
  if (!name.empty()) {
    const auto parsed = parse_absolute(name);
    if (parsed)
      instance.name = *parsed;
    else
      fields.fault(parsed.error(), "name");
  }
  read_policy(fields, instance);
  fields.refuse_others();
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();

  {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) co_return snapshot.error();
    const auto zone = find_zone(**snapshot, zone_text, request.principal);
    if (!zone) co_return zone.error().at("/zone");
    instance.zone = zone->id;
  }
  instance.id = zones::new_uuid(context.random);
  std::string id = instance.id;
  auto resolve = putting(true, std::move(instance), std::nullopt);
  co_return co_await commit(context, request, 201, std::move(id), std::move(resolve));
}

Awaitable<Result<Response>> put(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  Result<TrafficPolicyInstance> found = [&]() -> Result<TrafficPolicyInstance> {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return snapshot.error();
    return find(**snapshot, request);
  }();
  if (!found) co_return found.error();
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  read_policy(fields, *found);
  for (const char* fixed : {"zone", "name"})
    if (fields.has(fixed))
      fields.fault(ErrorCode::bad_value,
                   "an instance stays at its name; make another there and delete this one", fixed);
  fields.refuse_others();
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();
  std::string id = found->id;
  auto resolve = putting(false, std::move(*found), *expected);
  co_return co_await commit(context, request, 200, std::move(id), std::move(resolve));
}

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto all = zones::traffic_policy_instances(**snapshot);
  if (!all) co_return all.error();
  std::optional<zones::ZoneId> only;
  if (const auto text = request.value("zone")) {
    const auto zone = find_zone(**snapshot, *text, request.principal);
    if (!zone) co_return zone.error();
    only = zone->id;
  }
  const std::string policy = request.value("policy_id").value_or("");
  const std::string after = request.value("cursor").value_or("");
  Json items = Json::array();
  std::optional<std::string> next;
  for (const TrafficPolicyInstance& one : *all) {
    if (one.id <= after) continue;
    if (only && one.zone != *only) continue;
    if (!policy.empty() && one.policy_id != policy) continue;
    if (!find_zone(**snapshot, one.zone.text, request.principal)) continue;
    if (items.size() == *limit) {
      next = items.back()["id"].get<std::string>();
      break;
    }
    items.push_back(show(context, **snapshot, one));
  }
  co_return page(std::move(items), next);
}

Awaitable<Result<Response>> get(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto found = find(**snapshot, request);
  if (!found) co_return found.error();
  co_return instance_response(200, show(context, **snapshot, *found));
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  Result<TrafficPolicyInstance> found = [&]() -> Result<TrafficPolicyInstance> {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return snapshot.error();
    return find(**snapshot, request);
  }();
  if (!found) co_return found.error();
  zones::ChangePipeline::Resolve resolve = [id = found->id](const zones::Snapshot& state,
                                                            zones::Decider by) {
    return zones::resolve_instance_delete(state, id, std::move(by));
  };
  std::string nothing;
  co_return co_await commit(context, request, 200, std::move(nothing), std::move(resolve));
}

}  // namespace

void add_traffic_instance_routes(Router& router, Context& context) {
  const auto add = [&](const char* method, const char* pattern, Body body,
                       std::vector<std::string> query, const char* help, Handler handler) {
    const bool reads = std::string_view(method) == "GET";
    router.add({method, pattern, reads ? Access::read : Access::write, body, std::move(query), help,
                std::move(handler)});
  };
  const char* all = "/v1/traffic-policy-instances";
  const char* one = "/v1/traffic-policy-instances/{id}";
  add("POST", all, Body::json, {"dry_run"}, "Put a version of a traffic policy on a name",
      with<create>(context));
  add("GET", all, Body::none, {"zone", "policy_id", "limit", "cursor"},
      "All traffic policy instances", with<list>(context));
  add("GET", one, Body::none, {}, "One traffic policy instance", with<get>(context));
  add("PUT", one, Body::json, {"dry_run"}, "Another version or TTL, in one commit",
      with<put>(context));
  add("DELETE", one, Body::none, {"dry_run"}, "Delete it and all records it made",
      with<remove>(context));
}

}  // namespace waymark::api
