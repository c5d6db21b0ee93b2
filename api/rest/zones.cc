// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/record_json.h"

namespace waymark::api {
namespace {

Json show_zone(const zones::HostedZone& zone) {
  return {{"id", zone.id.text},
          {"name", zone.name.to_string()},
          {"comment", zone.comment},
          {"version", zone.version},
          {"serial", zone.serial},
          {"record_sets", zone.record_sets},
          {"created", format_time(zone.created)}};
}

Response zone_response(unsigned status, const zones::HostedZone& zone) {
  Response response = json_response(status, show_zone(zone));
  response.headers.emplace_back("ETag", "\"" + std::to_string(zone.version) + "\"");
  return response;
}

Awaitable<Result<Response>> list_zones(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zones = (*snapshot)->zones();
  if (!zones) co_return zones.error();
  auto at = zones->begin();
  if (const auto cursor = request.value("cursor")) {
    const auto after = dns::Name::parse(*cursor);
    if (!after) co_return Error(ErrorCode::bad_value, "this cursor is not one of ours");
    at = std::upper_bound(zones->begin(), zones->end(), *after,
                          [](const dns::Name& name, const auto& zone) { return name < zone.name; });
  }
  Json items = Json::array();
  for (; at != zones->end() && items.size() < *limit; ++at)
    items.push_back(show_zone(*at));
  std::optional<std::string> next;
  if (at != zones->end()) next = std::prev(at)->name.to_string();
  co_return page(std::move(items), next);
}

Awaitable<Result<Response>> create_zone(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const std::string text = fields.needed_text("name");
  const std::string comment = fields.text("comment");
  fields.refuse_others();
  const auto name = parse_absolute(text);
  if (!name && !text.empty()) fields.fault(name.error(), "name");
  if (name && name->is_root())
    fields.fault(ErrorCode::bad_name, "the root can not be a hosted zone", "name");
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  const auto done =
      co_await context.services.pipeline.create_zone(*name, comment, request.principal.author());
  if (!done) co_return done.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zone = (*snapshot)->zone_named(*name);
  if (!zone) co_return zone.error();
  if (!*zone) co_return Error(ErrorCode::conflict, "the zone was deleted at the same moment");
  Response response = zone_response(201, **zone);
  response.headers.emplace_back("Location", "/v1/zones/" + (*zone)->id.text);
  co_return response;
}

Awaitable<Result<Response>> show(Context& context, const Request& request) {
  const auto zone = find_zone(context, request);
  if (!zone) co_return zone.error();
  co_return zone_response(200, *zone);
}

Awaitable<Result<Response>> delete_zone(Context& context, const Request& request) {
  const auto zone = find_zone(context, request);
  if (!zone) co_return zone.error();
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  if (*expected && **expected != zone->version)
    co_return Error(ErrorCode::version_mismatch,
                    "the zone is at version " + std::to_string(zone->version));
  const auto done = co_await context.services.pipeline.delete_zone(zone->id, request.flag("force"),
                                                                   request.principal.author());
  if (!done) co_return done.error();
  co_return no_content();
}

}  // namespace

void add_zone_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/zones",
              Access::write,
              Body::json,
              {},
              "Create a zone",
              with<create_zone>(context)});
  router.add({"GET",
              "/v1/zones",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "List zones",
              with<list_zones>(context)});
  router.add({"GET",
              "/v1/zones/{zone}",
              Access::read,
              Body::none,
              {},
              "Show a zone, by id or name",
              with<show>(context)});
  router.add({"DELETE",
              "/v1/zones/{zone}",
              Access::write,
              Body::none,
              {"force"},
              "Delete a zone; with force, its records too",
              with<delete_zone>(context)});
}

}  // namespace waymark::api
