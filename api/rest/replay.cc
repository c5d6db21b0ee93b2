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

/// Where what a POST to `path` made is shown.
std::string place_of(const std::string& path, const zones::Commit& commit) {
  if (path == "/v1/zones") return path + "/" + std::get<zones::ZoneId>(commit.scope).text;
  if (path == "/v1/traffic-policy-instances")
    return path + "/" + made(commit, zones::ObjectKind::traffic_policy_instance, false);
  if (path.starts_with("/v1/traffic-policies")) {
    std::string version = made(commit, zones::ObjectKind::traffic_policy, true);
    if (const auto slash = version.find('/'); slash != std::string::npos)
      version.replace(slash, 1, "/versions/");
    return "/v1/traffic-policies/" + version;
  }
  if (const auto* key = std::get_if<zones::ObjectKey>(&commit.scope)) return path + "/" + key->id;
  return "/v1/changes/" + commit.id.text;
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
  if (request.path == "/v1/tokens")
    co_return Error(ErrorCode::conflict,
                    "this request has made token " + std::get<zones::ObjectKey>(commit.scope).id +
                        ", and its secret was told once; revoke it, and use a new key");

  const std::string place = place_of(request.path, commit);
  Request look;
  look.method = "GET";
  look.principal = request.principal;
  const auto match = router.match(look.method, place, look);
  Response response =
      json_response(201, encode_change(commit, status_word(context, done->committed.revision)));
  if (match.route != nullptr) {
    auto shown = co_await match.route->handler(look);
    if (shown) response = *std::move(shown);  // or it is gone since
  }
  response.status = 201;
  response.headers.emplace_back("Location", place);
  co_return std::optional(std::move(response));
}

}  // namespace waymark::api
