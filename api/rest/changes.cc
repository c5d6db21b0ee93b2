// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <chrono>

#include "api/rest/audit_json.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/record_json.h"

namespace waymark::api {
namespace {

Awaitable<Result<Response>> apply(Context& context, const Request& request) {
  const auto zone = find_zone(context, request);
  if (!zone) co_return zone.error();
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  auto batch = decode_batch(zone->id, *body);
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  if (*expected) batch.if_version = *expected;

  const std::string author = request.principal.author();
  if (request.flag("dry_run")) {
    const auto difference = context.services.pipeline.dry_run(batch, author);
    if (!difference) co_return difference.error();
    Json out{
        {"dry_run", true}, {"version", difference->version}, {"serial", difference->soa_serial}};
    add_effects(out, difference->effects);
    co_return json_response(200, out);
  }
  const auto done = co_await context.services.pipeline.apply(std::move(batch), author);
  if (!done) co_return done.error();
  Response response =
      json_response(201, encode_change(done->commit, status_word(context, done->revision)));
  response.headers.emplace_back("Location", "/v1/changes/" + done->commit.id.text);
  co_return response;
}

Awaitable<Result<Response>> history(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  std::optional<std::uint64_t> before;
  if (const auto cursor = request.value("cursor")) {
    std::uint64_t version = 0;
    const auto [end, failure] =
        std::from_chars(cursor->data(), cursor->data() + cursor->size(), version);
    if (failure != std::errc{} || end != cursor->data() + cursor->size())
      co_return Error(ErrorCode::bad_value, "this cursor is not one of ours");
    before = version;
  }
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zone = find_past_zone(**snapshot, request);
  if (!zone) co_return zone.error();
  const auto commits = (*snapshot)->history(zone->id, before, *limit);
  if (!commits) co_return commits.error();
  Json items = Json::array();
  for (const auto& done : *commits)
    items.push_back(encode_change(done.commit, status_word(context, done.revision)));
  std::optional<std::string> next;
  if (commits->size() == *limit && commits->back().commit.version > 1)
    next = std::to_string(commits->back().commit.version);
  co_return page(std::move(items), next);
}

Result<zones::Committed> find_change(const Context& context, const Request& request) {
  const zones::ChangeId id{request.parameter("change")};
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  auto found = (*snapshot)->commit(id);
  if (!found) return found.error();
  if (!*found) return Error(ErrorCode::not_found, "there is no change \"" + id.text + "\"");
  if (!request.principal.zones.empty()) {  // a token of some zones sees what was changed there
    const auto* scope = std::get_if<zones::ZoneId>(&(*found)->commit.scope);
    const auto zone =
        scope ? (*snapshot)->last_known(*scope) : Result<std::optional<zones::HostedZone>>();
    if (!zone) return zone.error();
    if (!*zone || !permitted(request.principal, **zone))
      return Error(ErrorCode::denied, "this token is not for the zone of that change");
  }
  return std::move(**found);
}

Awaitable<Result<Response>> show(Context& context, const Request& request) {
  const auto found = find_change(context, request);
  if (!found) co_return found.error();
  const zones::Committed& done = *found;
  if (request.flag("wait")) {
    const auto waited =
        co_await context.services.pipeline.wait_in_sync(done.revision, std::chrono::seconds(30));
    if (!waited) co_return waited.error();
  }
  Json out = encode_change(done.commit, status_word(context, done.revision));
  if (std::holds_alternative<zones::ZoneId>(done.commit.scope))
    add_effects(out, done.commit.effects);
  out["objects"] = encode_objects(done.commit.effects);
  co_return json_response(200, out);
}

}  // namespace

void add_change_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/zones/{zone}/changes",
              Access::write,
              Body::json,
              {"dry_run"},
              "Apply one atomic batch",
              with<apply>(context)});
  router.add({"GET",
              "/v1/zones/{zone}/changes",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "History of a zone, newest first",
              with<history>(context)});
  router.add({"GET",
              "/v1/changes/{change}",
              Access::read,
              Body::none,
              {"wait"},
              "Show a change; with wait, once every worker answers from it",
              with<show>(context)});
}

}  // namespace waymark::api
