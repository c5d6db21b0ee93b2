// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/record_json.h"
#include "zones/vpcs.h"

namespace waymark::api {
namespace {

Json show_zone(const zones::HostedZone& zone) {
  return {{"id", zone.id.text},
          {"name", zone.name.to_string()},
          {"private", zone.is_private()},
          {"vpcs", zone.vpcs},
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

/// "12/example.com.": the zone that a page ended with. A name alone is every zone of that name.
Result<std::pair<dns::Name, std::uint32_t>> zone_after(std::string_view cursor) {
  const Error bad(ErrorCode::bad_value, "this cursor is not one of ours");
  const std::size_t slash = cursor.find('/');
  std::uint32_t number = UINT32_MAX;
  const std::string_view digits = cursor.substr(0, slash == std::string_view::npos ? 0 : slash);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (slash != std::string_view::npos && parsed.ptr != digits.data() + digits.size()) return bad;
  auto name = dns::Name::parse(cursor.substr(slash == std::string_view::npos ? 0 : slash + 1));
  if (!name) return bad;
  return std::pair(std::move(*name), number);
}

Awaitable<Result<Response>> list_zones(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zones = (*snapshot)->zones();  // by name, then number
  if (!zones) co_return zones.error();
  auto at = zones->begin();
  if (const auto cursor = request.value("cursor")) {
    const auto after = zone_after(*cursor);
    if (!after) co_return after.error();
    at = std::upper_bound(zones->begin(), zones->end(), *after,
                          [](const auto& key, const zones::HostedZone& zone) {
                            return key < std::pair(zone.name, zone.number);
                          });
  }
  Json items = Json::array();
  for (; at != zones->end() && items.size() < *limit; ++at)
    items.push_back(show_zone(*at));
  std::optional<std::string> next;
  if (at != zones->end())
    next = std::to_string(std::prev(at)->number) + "/" + std::prev(at)->name.to_string();
  co_return page(std::move(items), next);
}

Awaitable<Result<Response>> create_zone(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const std::string text = fields.needed_text("name");
  const std::string comment = fields.text("comment");
  std::optional<std::vector<std::string>> vpcs;
  if (fields.has("vpcs")) vpcs = fields.texts("vpcs");
  fields.refuse_others();
  const auto name = parse_absolute(text);
  if (!name && !text.empty()) fields.fault(name.error(), "name");
  if (name && name->is_root())
    fields.fault(ErrorCode::bad_name, "the root can not be a hosted zone", "name");
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  zones::NewZone wanted{*name, comment, std::move(vpcs)};
  std::string author = request.principal.author();
  const auto done =
      co_await context.services.pipeline.create_zone(std::move(wanted), std::move(author));
  if (!done) co_return done.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zone = (*snapshot)->zone(std::get<zones::ZoneId>(done->commit.scope));
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
  if (zone->is_private() && request.parameter("zone") != zone->id.text)  // a retry must not hit it
    co_return Error(ErrorCode::zone_not_found,
                    "there is no public zone " + zone->name.to_string() +
                        "; to delete the private one, say its id: " + zone->id.text);
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

Awaitable<Result<Response>> put_vpcs(Context& context, const Request& request) {
  const auto zone = find_zone(context, request);
  if (!zone) co_return zone.error();
  if (!request.principal.zones.empty())  // it would answer for the clients of any VPC
    co_return Error(ErrorCode::denied, "a token of certain zones can not choose who sees them");
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  std::vector<std::string> vpcs;
  if (fields.need("vpcs") != nullptr) vpcs = fields.texts("vpcs");
  fields.refuse_others();
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  zones::ChangePipeline::Resolve resolve = [id = zone->id, vpcs, if_version = *expected](
                                               const zones::Snapshot& state, zones::Decider by) {
    return zones::resolve_zone_vpcs(state, id, vpcs, if_version, std::move(by));
  };
  std::string author = request.principal.author();
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  const auto now = find_zone(context, request);
  if (!now) co_return now.error();
  co_return zone_response(200, *now);
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
  router.add({"PUT",
              "/v1/zones/{zone}/vpcs",
              Access::write,
              Body::json,
              {},
              "Say which VPCs see a private zone, all at once",
              with<put_vpcs>(context)});
  router.add({"DELETE",
              "/v1/zones/{zone}",
              Access::write,
              Body::none,
              {"force"},
              "Delete a zone; with force, its records too",
              with<delete_zone>(context)});
}

}  // namespace waymark::api
