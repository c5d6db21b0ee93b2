// SPDX-License-Identifier: Apache-2.0
//
// What the operator tells of clients and regions: /v1/locations and /v1/regions.
#include <algorithm>

#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "policy/latency_learner.h"
#include "policy/latency_table.h"
#include "zones/client_objects.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using zones::ClientPlace;
const zones::ObjectKey places_key{zones::ObjectKind::location, "table"};
const zones::ObjectKey regions_key{zones::ObjectKind::latency, "regions"};
constexpr std::size_t most_regions = 1024, most_region_octets = 64, most_faults = 100;

Json show_place(const ClientPlace& place) {
  Json out{{"prefix", place.prefix.to_string()}};
  if (!place.continent.empty()) out["continent"] = place.continent;
  if (!place.country.empty()) out["country"] = place.country;
  if (!place.subdivision.empty()) out["subdivision"] = place.subdivision;
  if (place.latitude) out["latitude"] = *place.latitude;
  if (place.longitude) out["longitude"] = *place.longitude;
  return out;
}

std::optional<ClientPlace> read_place(const Json& json, const std::string& pointer,
                                      std::vector<Error>& faults) {
  Fields fields(json, pointer, faults);
  const std::string text = fields.needed_text("prefix");
  ClientPlace place{{},
                    fields.text("continent"),
                    fields.text("country"),
                    fields.text("subdivision"),
                    fields.maybe_decimal("latitude", -90, 90),
                    fields.maybe_decimal("longitude", -180, 180)};
  fields.refuse_others();
  const auto prefix = IpPrefix::parse(text);
  if (!prefix) {
    if (!text.empty()) fields.fault(prefix.error(), "prefix");
    return std::nullopt;
  }
  place.prefix = *prefix;
  const auto known = policy::make_location(place.continent, place.country, place.subdivision,
                                           place.latitude, place.longitude);
  if (!known) fields.fault(known.error(), "");
  return place;
}

Awaitable<Result<Response>> get_places(Context& context, const Request&) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto places = zones::client_places(**snapshot);
  if (!places) co_return places.error();
  Json entries = Json::array();
  for (const ClientPlace& place : *places)
    entries.push_back(show_place(place));
  co_return json_response(200, {{"entries", std::move(entries)}});
}

Awaitable<Result<Response>> put_places(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const Json* entries = fields.need("entries");
  fields.refuse_others();
  if (entries != nullptr && !entries->is_array())
    fields.fault(ErrorCode::bad_value, "a list is needed", "entries");
  std::vector<ClientPlace> places;
  for (std::size_t i = 0; entries != nullptr && entries->is_array() && i < entries->size() &&
                          faults.size() < most_faults;
       ++i)
    if (auto place = read_place((*entries)[i], "/entries/" + std::to_string(i), faults))
      places.push_back(std::move(*place));
  std::stable_sort(places.begin(), places.end(),
                   [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
  for (std::size_t i = 1; i < places.size(); ++i)
    if (places[i].prefix == places[i - 1].prefix)
      fields.fault(ErrorCode::bad_value, places[i].prefix.to_string() + " is given twice",
                   "entries");
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();
  std::string text = zones::encode(places);
  std::string author = request.principal.author();
  const auto put =
      co_await context.services.pipeline.put_object(places_key, std::move(text), std::move(author));
  if (!put) co_return put.error();
  co_return json_response(200, {{"entries", places.size()}});
}

Awaitable<Result<Response>> get_regions(Context& context, const Request&) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto regions = zones::regions_of(**snapshot);
  if (!regions) co_return regions.error();
  Json items = Json::array();
  const std::size_t built_in = policy::built_in_regions().size();
  for (std::uint16_t i = 0; i < regions->count(); ++i) {
    Json one{{"name", regions->name(i)}, {"built_in", i < built_in}};
    if (const auto place = regions->place(i)) {
      one["latitude"] = place->latitude;
      one["longitude"] = place->longitude;
    }
    items.push_back(std::move(one));
  }
  co_return json_response(200, {{"items", std::move(items)}});
}

bool is_region(std::string_view name) {
  return !name.empty() && name.size() <= most_region_octets &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

/// Different ones in the operator's latency table, which is sorted by them.
Result<std::size_t> latency_prefixes(const zones::Snapshot& state) {
  const auto table = state.object({zones::ObjectKind::latency, "table"});
  if (!table) return table.error();
  std::size_t count = 0;
  std::string_view last;
  zones::for_each_line(table->has_value() ? std::string_view(**table) : std::string_view(),
                       [&](std::span<const std::string_view> parts) {
                         count += parts[0].empty() || parts[0] == last ? 0U : 1U;
                         last = parts[0];
                       });
  return count;
}

/// Regions keep their numbers, so none is ever taken away: new ones are added, and known ones get
/// other coordinates.
Awaitable<Result<Response>> put_regions(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto known = zones::regions_of(**snapshot);
  if (!known) co_return known.error();
  std::vector<std::string> own = known->own();
  policy::RegionList::Places places;
  for (const std::string& name : own)
    places.push_back(known->place(*known->number(name)));

  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const Json* items = fields.need("regions");
  fields.refuse_others();
  if (items != nullptr && !items->is_array())
    fields.fault(ErrorCode::bad_value, "a list is needed", "regions");
  for (std::size_t i = 0; items != nullptr && items->is_array() && i < items->size(); ++i) {
    Fields one((*items)[i], "/regions/" + std::to_string(i), faults);
    const std::string name = one.needed_text("name");
    const auto latitude = one.maybe_decimal("latitude", -90, 90);
    const auto longitude = one.maybe_decimal("longitude", -180, 180);
    one.refuse_others();
    const auto built_in = policy::built_in_regions();
    if (!name.empty() && !is_region(name))
      one.fault(ErrorCode::bad_value, "region \"" + name + "\" is no name; use a-z, 0-9, - _ .",
                "name");
    if (std::find(built_in.begin(), built_in.end(), name) != built_in.end())
      one.fault(ErrorCode::bad_value, "region " + name + " is built in; its place is known",
                "name");
    if (latitude.has_value() != longitude.has_value())
      one.fault(ErrorCode::missing_field, "latitude and longitude belong together", "latitude");
    auto at = std::find(own.begin(), own.end(), name) - own.begin();
    if (at == std::ssize(own)) own.push_back(name), places.emplace_back();
    if (latitude && longitude)
      places[static_cast<std::size_t>(at)] = policy::RegionList::Degrees{*latitude, *longitude};
  }
  if (own.size() > most_regions)
    fields.fault(ErrorCode::too_large, "more than 1024 regions of your own", "regions");
  const std::size_t regions = policy::built_in_regions().size() + own.size();
  const auto prefixes = latency_prefixes(**snapshot);
  if (!prefixes) co_return prefixes.error();
  if (std::max(*prefixes, context.services.outside.learner().prefixes()) * regions >
      policy::most_latency_cells)
    fields.fault(ErrorCode::too_large,
                 std::to_string(regions) + " regions are too many for a latency table of " +
                     std::to_string(*prefixes) + " prefixes",
                 "regions");
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();
  std::string text = zones::encode(policy::RegionList(own, std::move(places)));
  std::string author = request.principal.author();
  const auto put = co_await context.services.pipeline.put_object(regions_key, std::move(text),
                                                                 std::move(author));
  if (!put) co_return put.error();
  co_return json_response(200, {{"own_regions", own}});
}

}  // namespace

void add_client_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/locations",
              Access::read,
              Body::none,
              {},
              "Where the operator places clients, by prefix",
              with<get_places>(context)});
  router.add({"PUT",
              "/v1/locations",
              Access::write,
              Body::json,
              {},
              "Replace the table of places; it comes before the geo database",
              with<put_places>(context)});
  router.add({"GET",
              "/v1/regions",
              Access::read,
              Body::none,
              {},
              "Regions with their coordinates, built in and of your own",
              with<get_regions>(context)});
  router.add({"PUT",
              "/v1/regions",
              Access::write,
              Body::json,
              {},
              "Add regions, or give them coordinates",
              with<put_regions>(context)});
}

}  // namespace waymark::api
