// SPDX-License-Identifier: Apache-2.0
#include "api/rest/replay.h"

#include <algorithm>

#include "api/rest/record_json.h"

namespace waymark::api {
namespace {

/// The first object that the commit made, of this kind; "UUID/VERSION" among them when `versions`.
std::string made(const zones::Commit& commit, zones::ObjectKind kind, bool versions) {
  for (const zones::ObjectChange& change : commit.effects.objects)
    if (change.key.kind == kind && !change.before &&
        (change.key.id.find('/') != std::string::npos) == versions)
      return change.key.id;
  return {};
}

/// The Location that the first answer to a POST to `path` had; none for a route without.
std::optional<std::string> place_of(const std::string& path, const zones::Commit& commit) {
  if (path == "/v1/zones") return path + "/" + std::get<zones::ZoneId>(commit.scope).text;
  if (path == "/v1/traffic-policy-instances")
    return path + "/" + made(commit, zones::ObjectKind::traffic_policy_instance, false);
  if (path.starts_with("/v1/traffic-policies")) {
    std::string version = made(commit, zones::ObjectKind::traffic_policy, true);
    if (const auto slash = version.find('/'); slash != std::string::npos)
      version.replace(slash, 1, "/versions/");
    return "/v1/traffic-policies/" + version;
  }
  if (std::holds_alternative<zones::ZoneId>(commit.scope)) return "/v1/changes/" + commit.id.text;
  for (const char* shown_below : {"/v1/health-checks", "/v1/vpcs", "/v1/cidr-collections"})
    if (path == shown_below) return path + "/" + std::get<zones::ObjectKey>(commit.scope).id;
  return std::nullopt;
}

/// Fails when what the first answer told can not be told again.
Result<void> secret_was_told(const std::string& path, const zones::Commit& commit) {
  const char* what = path == "/v1/tokens" ? "token" : path == "/v1/keys" ? "access key" : nullptr;
  if (what == nullptr) return {};
  return Error(ErrorCode::conflict,
               "this request has made " + std::string(what) + " " +
                   std::get<zones::ObjectKey>(commit.scope).id +
                   ", and its secret was told once; delete it, and use a new Idempotency-Key");
}

}  // namespace

Awaitable<Result<std::optional<Response>>> told_again(Context& context, const Router& router,
                                                      const Request& request) {
  std::optional<zones::DoneRequest> done;
  {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) co_return std::optional<Response>();  // the change itself will be refused
    auto found = (*snapshot)->done_request(request.principal.request,
                                           context.services.clock.now() - zones::requests_kept);
    if (!found) co_return found.error();
    done = *std::move(found);
  }
  if (!done) co_return std::optional<Response>();
  if (done->content != request.principal.content)
    co_return Error(ErrorCode::bad_value,
                    "this Idempotency-Key was used for another request; use a new one");
  const zones::Commit& commit = done->committed.commit;
  if (const auto again = secret_was_told(request.path, commit); !again) co_return again.error();

  constexpr unsigned created = 201;  // what every POST answers that has made a commit
  Response response =
      json_response(created, encode_change(commit, status_word(context, done->committed.revision)));
  const auto place = place_of(request.path, commit);
  if (!place) co_return std::optional(std::move(response));
  Request look;
  look.method = "GET";
  look.principal = request.principal;
  if (const auto match = router.match(look.method, *place, look); match.route != nullptr) {
    auto shown = co_await match.route->handler(look);
    if (shown) response = *std::move(shown);  // or it is gone since
  }
  response.status = created;
  response.headers.emplace_back("Location", *place);
  co_return std::optional(std::move(response));
}

}  // namespace waymark::api
