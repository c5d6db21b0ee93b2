// SPDX-License-Identifier: Apache-2.0
//
// Places that geolocation record sets may name.
#include <algorithm>
#include <tuple>

#include "api/route53/door.h"
#include "api/route53/geo_names.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_places = 100;  // of one page

struct Place {
  GeoName continent, country, subdivision;

  /// Countries first, each followed by its subdivisions; continents last.
  auto key() const {
    return std::tuple(!continent.code.empty(), continent.code, country.code, subdivision.code);
  }
};

/// All, in the order of their keys; "*" is everywhere.
const std::vector<Place>& all_places() {
  static const std::vector<Place> all = [] {
    std::vector<Place> places{{{}, {"*", "Default"}, {}}};
    for (const GeoName& country : country_names()) {
      places.push_back({{}, country, {}});
      if (country.code != "US") continue;
      for (const GeoName& state : us_state_names())
        places.push_back({{}, country, state});
    }
    for (const GeoName& continent : continent_names())
      places.push_back({continent, {}, {}});
    return places;
  }();
  return all;
}

void append_members(XmlWriter& xml, const Place& place) {
  const auto put = [&](const std::string& what, const GeoName& name) {
    if (name.code.empty()) return;
    xml.text(what + "Code", name.code);
    xml.text(what + "Name", name.name);
  };
  xml.open("GeoLocationDetails");
  put("Continent", place.continent);
  put("Country", place.country);
  put("Subdivision", place.subdivision);
  xml.close();
}

/// Codes of the query, whose names begin with `prefix`; none at all is fine.
struct Codes {
  std::string continent, country, subdivision;
};

AwsResult<Codes> codes_of(const Request& request, const std::string& prefix) {
  Codes codes{request.value(prefix + "continentcode").value_or(""),
              request.value(prefix + "countrycode").value_or(""),
              request.value(prefix + "subdivisioncode").value_or("")};
  if (!codes.continent.empty() && (!codes.country.empty() || !codes.subdivision.empty()))
    return invalid_input("A continent code stands alone");
  if (codes.country.empty() && !codes.subdivision.empty())
    return invalid_input("A subdivision code is given together with a country code");
  return codes;
}

Awaitable<AwsResult<Response>> get(AwsContext&, const AwsCall& call) {
  const auto codes = codes_of(call.request, "");
  if (!codes) co_return codes.error();
  if (codes->continent.empty() && codes->country.empty())
    co_return invalid_input("A continent code or a country code is needed");
  for (const Place& place : all_places()) {
    if (place.continent.code != codes->continent || place.country.code != codes->country ||
        place.subdivision.code != codes->subdivision)
      continue;
    XmlWriter xml("GetGeoLocationResponse");
    append_members(xml, place);
    co_return xml_response(200, std::move(xml));
  }
  co_return AwsFault{
      404, "NoSuchGeoLocation",
      "The geolocation you are trying to look up does not exist: " + codes->continent +
          codes->country + (codes->subdivision.empty() ? "" : "/" + codes->subdivision)};
}

Awaitable<AwsResult<Response>> list(AwsContext&, const AwsCall& call) {
  const auto limit = max_items(call.request, most_places);
  if (!limit) co_return limit.error();
  const auto start = codes_of(call.request, "start");
  if (!start) co_return start.error();
  const Place from{{start->continent, {}}, {start->country, {}}, {start->subdivision, {}}};
  const auto& all = all_places();
  auto next = std::find_if(all.begin(), all.end(),
                           [&](const Place& place) { return place.key() >= from.key(); });
  XmlWriter xml("ListGeoLocationsResponse");
  xml.open("GeoLocationDetailsList");
  for (std::size_t i = 0; next != all.end() && i < *limit; ++i, ++next)
    append_members(xml, *next);
  xml.close();
  xml.flag("IsTruncated", next != all.end());
  if (next != all.end()) {
    const auto tell = [&](std::string_view name, const GeoName& value) {
      if (!value.code.empty()) xml.text(name, value.code);
    };
    tell("NextContinentCode", next->continent);
    tell("NextCountryCode", next->country);
    tell("NextSubdivisionCode", next->subdivision);
  }
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> geo_operations() {
  return {
      {"GET",
       "geolocation",
       Access::read,
       {},
       {"continentcode", "countrycode", "subdivisioncode"},
       get},
      {"GET",
       "geolocations",
       Access::read,
       {},
       {"startcontinentcode", "startcountrycode", "startsubdivisioncode", "maxitems"},
       list},
  };
}

}  // namespace waymark::api
