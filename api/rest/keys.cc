// SPDX-License-Identifier: Apache-2.0
//
// Access keys: what requests of the Route 53 door are signed with.
#include <algorithm>

#include "api/http/access_keys.h"
#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"

namespace waymark::api {
namespace {

constexpr std::uint64_t longest_life = 10ULL * 366 * 24 * 3600;  // seconds

Json show(const AccessKey& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"scope", key.may_write ? "admin" : "read-only"},
          {"zones", key.zones},
          {"created", format_time(key.created)},
          {"expires", key.expires ? Json(format_time(*key.expires)) : Json()}};
}

/// The zones that a key is limited to, as ids: an unknown one would limit nothing.
Result<void> limit_to(const Context& context, Fields& fields, AccessKey& key) {
  if (!fields.has("zones")) return {};
  const std::vector<std::string> wanted = fields.texts("zones");
  if (wanted.empty())
    fields.fault(ErrorCode::bad_value, "an empty list limits nothing; name a zone, or leave it out",
                 "zones");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Request asked;
    asked.parameters.emplace("zone", wanted[i]);
    const auto zone = find_zone(context, asked);
    if (zone)
      key.zones.push_back(zone->id.text);
    else if (zone.error().code() == ErrorCode::zone_not_found)
      fields.fault(ErrorCode::zone_not_found, zone.error().detail(), "zones/" + std::to_string(i));
    else
      return zone.error();
  }
  return {};
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  AccessKey key;
  key.name = fields.text("name");
  const std::string scope = fields.needed_text("scope");
  key.may_write = scope == "admin";
  if (!scope.empty() && scope != "admin" && scope != "read-only")
    fields.fault(ErrorCode::bad_value, "scope \"" + scope + "\" is unknown; use admin or read-only",
                 "scope");
  if (const auto limited = limit_to(context, fields, key); !limited) co_return limited.error();
  key.created = context.services.clock.now();
  if (const auto life = fields.maybe_number("expires_in", 1, longest_life))
    key.expires = key.created + std::chrono::seconds(*life);
  fields.refuse_others();
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  const auto vault = KeyVault::open_or_make(context.services.data_dir);
  if (!vault) co_return vault.error();
  const std::string secret = make_access_key(key, *vault);
  zones::ObjectKey object{zones::ObjectKind::access_key, key.id};
  const auto done = co_await context.services.pipeline.put_object(
      std::move(object), encode_access_key(key), request.principal.author());
  if (!done) co_return done.error();
  Json out = show(key);
  out["secret"] = secret;  // told once
  co_return json_response(201, out);
}

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto stored = (*snapshot)->objects(zones::ObjectKind::access_key);
  if (!stored) co_return stored.error();
  const std::string after = request.value("cursor").value_or("");
  Json items = Json::array();
  std::optional<std::string> next;
  for (const auto& [id, text] : *stored) {
    if (id <= after) continue;
    if (items.size() == *limit) {
      next = items.back()["id"].get<std::string>();
      break;
    }
    const auto key = decode_access_key(id, text);
    if (!key) co_return key.error();
    items.push_back(show(*key));
  }
  co_return page(std::move(items), next);
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  zones::ObjectKey key{zones::ObjectKind::access_key, request.parameter("key")};
  const auto done = co_await context.services.pipeline.put_object(std::move(key), std::nullopt,
                                                                  request.principal.author());
  if (!done) co_return done.error();
  co_return no_content();
}

}  // namespace

void add_key_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/keys",
              Access::write,
              Body::json,
              {},
              "Create an access key for the Route 53 API; its secret is shown once",
              with<create>(context)});
  router.add({"GET",
              "/v1/keys",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "List access keys, without their secrets",
              with<list>(context)});
  router.add({"DELETE",
              "/v1/keys/{key}",
              Access::write,
              Body::none,
              {},
              "Delete an access key",
              with<remove>(context)});
}

}  // namespace waymark::api
