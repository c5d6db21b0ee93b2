// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <functional>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/health_check_json.h"
#include "api/rest/health_check_rules.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
constexpr std::uint64_t longest_override = 366ULL * 24 * 3600;  // seconds
constexpr std::size_t longest_reason = 255;

/// What stands, and its text: a change that was made from it must find it unchanged.
struct Stored {
  HealthCheck check;
  std::string text;
};

Result<Stored> find_stored(const Context& context, const Request& request) {
  const std::string& id = request.parameter("check");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  const auto stored = (*snapshot)->object({zones::ObjectKind::health_check, id});
  if (!stored) return stored.error();
  if (!*stored) return Error(ErrorCode::not_found, "there is no health check \"" + id + "\"");
  auto check = decode_health_check(id, **stored);
  if (!check) return check.error();
  return Stored{std::move(*check), std::move(**stored)};
}

Result<HealthCheck> find_check(const Context& context, const Request& request) {
  auto stored = find_stored(context, request);
  if (!stored) return stored.error();
  return std::move(stored->check);
}

/// A change of what stands. When another one comes first, this one is made again from what that
/// left, so that none is lost; If-Match says that it must not be.
Awaitable<Result<Response>> change_check(
    Context& context, const Request& request,
    std::function<Result<HealthCheck>(const HealthCheck&)> change) {
  constexpr int most_attempts = 5;
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  for (int attempt = 1;; ++attempt) {
    const auto stored = find_stored(context, request);
    if (!stored) co_return stored.error();
    if (*expected && **expected != stored->check.version)
      co_return Error(ErrorCode::version_mismatch,
                      "the health check is at version " + std::to_string(stored->check.version));
    auto changed = change(stored->check);
    if (!changed) co_return changed.error();
    changed->version = stored->check.version + 1;
    zones::ObjectKey key{zones::ObjectKind::health_check, changed->id};
    zones::ChangePipeline::Edit edit =
        [before = stored->text, after = encode_health_check(*changed)](
            const std::optional<std::string>& now) -> Result<std::optional<std::string>> {
      if (now != before)
        return Error(ErrorCode::conflict, "the health check was changed meanwhile; try again");
      return std::optional(after);
    };
    const auto done = co_await context.services.pipeline.edit_object(
        std::move(key), std::move(edit), request.principal.author());
    if (done) co_return json_response(200, show_health_check(*changed));
    if (done.error().code() != ErrorCode::conflict || attempt == most_attempts)
      co_return done.error();
  }
}

Awaitable<Result<Response>> store_new(Context& context, const Request& request, HealthCheck check) {
  zones::ObjectKey key{zones::ObjectKind::health_check, check.id};
  const auto done = co_await context.services.pipeline.put_object(
      std::move(key), encode_health_check(check), request.principal.author());
  if (!done) co_return done.error();
  Response response = json_response(201, show_health_check(check));
  response.headers.emplace_back("Location", "/v1/health-checks/" + check.id);
  co_return response;
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  auto check = read_health_check(*body);
  if (!check) co_return check.error();
  if (const auto allowed = permit_health_check(context.services, *check); !allowed)
    co_return allowed.error();
  check->id = zones::new_uuid(context.random);
  co_return co_await store_new(context, request, std::move(*check));
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
    const auto known = std::find_if(statuses.begin(), statuses.end(),
                                    [&](const auto& one) { return one.id == id; });
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
  auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::function<Result<HealthCheck>(const HealthCheck&)> change =
      [&context, patch = std::move(*body)](const HealthCheck& before) -> Result<HealthCheck> {
    Json merged = settings_of(before);
    if (patch.contains("type") && patch["type"] != merged["type"])  // behaviour §10.2
      return Error(ErrorCode::bad_value,
                   "a health check keeps its type, " + to_text(merged["type"]) + "; make another",
                   "/type");
    merged.merge_patch(patch);
    auto check = read_health_check(merged);
    if (!check) return check;
    check->id = before.id;
    if (const auto allowed = permit_health_check(context.services, *check); !allowed)
      return allowed.error();
    check->forced = before.forced;
    check->forced_until = before.forced_until;
    check->caller_reference = before.caller_reference;
    return check;
  };
  co_return co_await change_check(context, request, std::move(change));
}

/// No calculated check counts it.
Result<void> check_childless(const zones::Snapshot& state, const std::string& id) {
  const auto stored = state.objects(zones::ObjectKind::health_check);
  if (!stored) return stored.error();
  for (const auto& [other, text] : *stored) {
    const auto check = decode_health_check(other, text);
    if (!check ||
        std::find(check->children.begin(), check->children.end(), id) == check->children.end())
      continue;
    return Error(
        ErrorCode::in_use,
        "health check " + other + " counts it; ?force=true deletes it, and it counts as healthy");
  }
  return {};
}

Result<void> check_unused(const Context& context, const std::string& id) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  const auto users = (*snapshot)->users_of(id);
  if (!users) return users.error();
  if (users->empty()) return check_childless(**snapshot, id);
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
  const auto done = co_await context.services.pipeline.remove_object(
      std::move(key), request.flag("force"), request.principal.author());
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
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const std::string state = fields.needed_text("state");
  const auto expires = fields.maybe_number("expires_in", 1, longest_override);
  fields.refuse_others();
  const auto forced = parse_forced(state);
  if (!state.empty() && !forced)
    fields.fault(ErrorCode::bad_value,
                 "state \"" + state + "\" is unknown; use up, down, drain or auto", "state");
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  std::optional<TimePoint> until;
  if (expires && state != "auto")
    until = context.services.clock.now() + std::chrono::seconds(*expires);
  std::function<Result<HealthCheck>(const HealthCheck&)> change =
      [forced, until](HealthCheck check) -> Result<HealthCheck> {
    check.forced = *forced;
    check.forced_until = until;
    return check;
  };
  co_return co_await change_check(context, request, std::move(change));
}

Awaitable<Result<Response>> heartbeat(Context& context, const Request& request) {
  bool passed = true;
  std::string reason = "heartbeat";
  if (!request.body.empty()) {
    const auto body = parse_object(request.body);
    if (!body) co_return body.error();
    std::vector<Error> faults;
    Fields fields(*body, "", faults);
    const std::string state = fields.text("state", "up");
    reason = fields.text("reason", reason);
    fields.refuse_others();
    if (state != "up" && state != "down")
      fields.fault(ErrorCode::bad_value, "state \"" + state + "\" is unknown; use up or down",
                   "state");
    if (reason.size() > longest_reason)
      fields.fault(ErrorCode::bad_value, "reason has more than 255 octets", "reason");
    if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();
    passed = state == "up";
  }
  const auto check = find_check(context, request);
  if (!check) co_return check.error();
  health::CheckId id = check->id;
  const auto heard = co_await context.services.heartbeat(std::move(id), passed, std::move(reason));
  if (!heard && heard.error().code() == ErrorCode::not_found)  // the prober has yet to hear of it
    co_return Error(ErrorCode::unavailable, "the health check is not being watched yet");
  if (!heard) co_return heard.error();
  co_return no_content();
}

Awaitable<Result<Response>> history(Context& context, const Request& request) {
  const auto check = find_check(context, request);
  if (!check) co_return check.error();
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  std::optional<std::uint64_t> before;
  if (const auto cursor = request.value("cursor")) {
    std::uint64_t number = 0;
    const auto read = std::from_chars(cursor->data(), cursor->data() + cursor->size(), number);
    if (read.ec != std::errc() || read.ptr != cursor->data() + cursor->size())
      co_return Error(ErrorCode::bad_value, "the cursor is not one of ours");
    before = number;
  }
  const auto verdicts = co_await context.services.verdicts(check->id, before, *limit);
  if (!verdicts) co_return verdicts.error();
  Json items = Json::array();
  for (const zones::Verdict& one : *verdicts)
    items.push_back(
        {{"at", format_time(one.at)}, {"healthy", one.healthy}, {"reason", one.reason}});
  std::optional<std::string> next;
  if (verdicts->size() == *limit) next = std::to_string(verdicts->back().number);
  co_return page(std::move(items), next);
}

}  // namespace

void add_health_check_routes(Router& router, Context& context) {
  const std::string one = "/v1/health-checks/{check}";
  router.add({"POST",
              "/v1/health-checks",
              Access::write,
              Body::json,
              {},
              "Create a health check",
              with<create>(context)});
  router.add({"GET",
              "/v1/health-checks",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "List health checks",
              with<list>(context)});
  router.add(
      {"GET", one, Access::read, Body::none, {}, "Show a health check", with<show>(context)});
  router.add({"PATCH",
              one,
              Access::write,
              Body::json,
              {},
              "Change a health check (RFC 7396)",
              with<patch>(context)});
  router.add({"DELETE",
              one,
              Access::write,
              Body::none,
              {"force"},
              "Delete a health check that no record set uses",
              with<remove>(context)});
  router.add({"GET",
              one + "/status",
              Access::read,
              Body::none,
              {},
              "Its verdict, since when, and the last attempts",
              with<status>(context)});
  router.add({"PUT",
              one + "/override",
              Access::write,
              Body::json,
              {},
              "Force it up or down or drain it, for a while or until \"auto\"",
              with<override_check>(context)});
  router.add({"PUT",
              one + "/heartbeat",
              Access::write,
              Body::json,
              {},
              "A push check says that it is well, or how it is",
              with<heartbeat>(context)});
  router.add({"GET",
              one + "/history",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "Its changes of verdict with their reasons, newest first",
              with<history>(context)});
}

}  // namespace waymark::api
