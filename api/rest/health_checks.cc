// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/health_check_json.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
constexpr std::uint64_t longest_override = 366ULL * 24 * 3600;  // seconds

Result<HealthCheck> find_check(const Context& context, const Request& request) {
  const std::string& id = request.parameter("check");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  const auto stored = (*snapshot)->object({zones::ObjectKind::health_check, id});
  if (!stored) return stored.error();
  if (!*stored) return Error(ErrorCode::not_found, "there is no health check \"" + id + "\"");
  return decode_health_check(id, **stored);
}

Awaitable<Result<Response>> store_check(Context& context, const Request& request, HealthCheck check,
                                        unsigned status) {
  zones::ObjectKey key{zones::ObjectKind::health_check, check.id};
  const auto done = co_await context.services.pipeline.put_object(
      std::move(key), encode_health_check(check), request.principal.author());
  if (!done) co_return done.error();
  Response response = json_response(status, show_health_check(check));
  if (status == 201) response.headers.emplace_back("Location", "/v1/health-checks/" + check.id);
  co_return response;
}

/// The address rules speak of who may be asked, so it is the value that is wrong here.
Result<void> permit(const Context& context, const HealthCheck& check) {
  const auto allowed = context.services.target_rules.permit(check.address, check.port);
  if (allowed) return {};
  return Error(ErrorCode::bad_value, allowed.error().detail(), "/address");
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  auto check = read_health_check(*body);
  if (!check) co_return check.error();
  if (const auto allowed = permit(context, *check); !allowed) co_return allowed.error();
  check->id = zones::new_uuid(context.random);
  co_return co_await store_check(context, request, std::move(*check), 201);
}

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto statuses = co_await context.services.check_statuses();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto stored = (*snapshot)->objects(zones::ObjectKind::health_check);
  if (!stored) co_return stored.error();
  const auto healthy = [&](const std::string& id) {
    const auto known = std::find_if(statuses.begin(), statuses.end(), [&](const auto& one) { return one.id == id; });
    return known == statuses.end() ? Json() : Json(known->healthy);
  };
  const std::string after = request.value("cursor").value_or("");
  Json items = Json::array();
  std::optional<std::string> next;
  for (const auto& [id, text] : *stored) {
    if (id <= after) continue;
    if (items.size() == *limit) {
      next = items.back()["id"].get<std::string>();
      break;
    }
    const auto check = decode_health_check(id, text);
    if (!check) co_return check.error();
    items.push_back(show_health_check(*check));
    items.back()["healthy"] = healthy(id);
  }
  co_return page(std::move(items), next);
}

Awaitable<Result<Response>> show(Context& context, const Request& request) {
  const auto check = find_check(context, request);
  if (!check) co_return check.error();
  co_return json_response(200, show_health_check(*check));
}

/// RFC 7396 over what a client may set.
Awaitable<Result<Response>> patch(Context& context, const Request& request) {
  const auto before = find_check(context, request);
  if (!before) co_return before.error();
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  Json merged = settings_of(*before);
  merged.merge_patch(*body);
  auto check = read_health_check(merged);
  if (!check) co_return check.error();
  if (const auto allowed = permit(context, *check); !allowed) co_return allowed.error();
  check->id = before->id;
  check->forced = before->forced;
  check->forced_until = before->forced_until;
  check->version = before->version + 1;
  co_return co_await store_check(context, request, std::move(*check), 200);
}

Result<void> check_unused(const Context& context, const std::string& id) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  const auto users = (*snapshot)->users_of(id);
  if (!users) return users.error();
  if (users->empty()) return {};
  return Error(ErrorCode::in_use, std::to_string(users->size()) + " record sets use it, first " +
                                      users->front().second.owner.to_string() +
                                      "; ?force=true deletes it, and they count as healthy");
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  const auto check = find_check(context, request);
  if (!check) co_return check.error();
  if (!request.flag("force"))
    if (const auto unused = check_unused(context, check->id); !unused) co_return unused.error();
  zones::ObjectKey key{zones::ObjectKind::health_check, check->id};
  const auto done = co_await context.services.pipeline.put_object(std::move(key), std::nullopt,
                                                                  request.principal.author());
  if (!done) co_return done.error();
  co_return no_content();
}

Awaitable<Result<Response>> status(Context& context, const Request& request) {
  const auto check = find_check(context, request);
  if (!check) co_return check.error();
  const auto known = co_await context.services.check_status(check->id);
  if (!known) co_return Error(ErrorCode::unavailable, "the health check is not being probed yet");
  co_return json_response(200, show_status(*known));
}

Awaitable<Result<Response>> override_check(Context& context, const Request& request) {
  auto check = find_check(context, request);
  if (!check) co_return check.error();
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const std::string state = fields.needed_text("state");
  const auto expires = fields.maybe_number("expires_in", 1, longest_override);
  fields.refuse_others();
  if (!state.empty() && state != "up" && state != "down" && state != "auto")
    fields.fault(ErrorCode::bad_value, "state \"" + state + "\" is unknown; use up, down or auto", "state");
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  check->forced = state == "up"     ? HealthCheck::Forced::up
                  : state == "down" ? HealthCheck::Forced::down
                                    : HealthCheck::Forced::automatic;
  check->forced_until.reset();
  if (expires && state != "auto")
    check->forced_until = context.services.clock.now() + std::chrono::seconds(*expires);
  ++check->version;
  co_return co_await store_check(context, request, std::move(*check), 200);
}

}  // namespace

void add_health_check_routes(Router& router, Context& context) {
  const std::string one = "/v1/health-checks/{check}";
  router.add({"POST", "/v1/health-checks", Access::write, Body::json, {}, "Create a health check",
              with<create>(context)});
  router.add({"GET", "/v1/health-checks", Access::read, Body::none, {"limit", "cursor"},
              "List health checks", with<list>(context)});
  router.add({"GET", one, Access::read, Body::none, {}, "Show a health check", with<show>(context)});
  router.add({"PATCH", one, Access::write, Body::json, {}, "Change a health check (RFC 7396)",
              with<patch>(context)});
  router.add({"DELETE", one, Access::write, Body::none, {"force"},
              "Delete a health check that no record set uses", with<remove>(context)});
  router.add({"GET", one + "/status", Access::read, Body::none, {},
              "Its verdict, since when, and the last attempts", with<status>(context)});
  router.add({"PUT", one + "/override", Access::write, Body::json, {},
              "Force it up or down, for a while or until \"auto\"", with<override_check>(context)});
}

}  // namespace waymark::api
