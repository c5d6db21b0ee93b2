// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "policy/location.h"
#include "policy/range_writer.h"

namespace waymark::policy {
namespace {

Error unknown(const char* what, std::string_view text, const char* instead) {
  return {ErrorCode::bad_value,
          std::string(what) + " \"" + std::string(text) + "\" is not known; use " + instead};
}

/// Equal places share a row.
class Rows {
 public:
  std::vector<RowBlock> blocks_of(std::span<const LocationRow> rows) {
    std::vector<RowBlock> blocks;
    blocks.reserve(rows.size());
    for (const LocationRow& row : rows)
      blocks.push_back({row.prefix, number(row.location)});
    return blocks;
  }
  const std::vector<Location>& locations() const noexcept { return locations_; }

 private:
  std::uint32_t number(const Location& location) {
    const auto key =
        std::tuple(location.continent, location.country, location.subdivision, location.has_point,
                   location.point.x, location.point.y, location.point.z);
    const auto [known, fresh] =
        numbers_.try_emplace(key, static_cast<std::uint32_t>(locations_.size()));
    if (fresh) locations_.push_back(location);
    return known->second;
  }

  std::map<std::tuple<GeoCode, GeoCode, GeoCode, std::uint32_t, double, double, double>,
           std::uint32_t>
      numbers_;
  std::vector<Location> locations_;
};

}  // namespace

Result<Location> make_location(std::string_view continent, std::string_view country,
                               std::string_view subdivision, std::optional<double> latitude,
                               std::optional<double> longitude) {
  Location location{};
  if (!country.empty()) {
    location.country = country_code(country);
    if (location.country == 0)
      return unknown("country", country, "two letters of ISO 3166-1, for example US");
    location.continent = continent_of(location.country);
  }
  if (!continent.empty()) {
    const GeoCode given = continent_code(continent);
    if (given == 0) return unknown("continent", continent, "AF, AN, AS, EU, NA, OC or SA");
    if (location.country != 0 && given != location.continent)
      return Error(ErrorCode::bad_value, std::string(country) + " is in " +
                                             to_string(location.continent) + ", not in " +
                                             std::string(continent));
    location.continent = given;
  }
  if (!subdivision.empty()) {
    location.subdivision = subdivision_code(country, subdivision);
    if (location.subdivision == 0)
      return unknown("subdivision", subdivision,
                     "a country beside it and one to three of A-Z and 0-9, for example US and CA");
  }
  if (latitude.has_value() != longitude.has_value())
    return Error(ErrorCode::bad_value, "latitude and longitude belong together");
  if (latitude) {
    if (!(*latitude >= -90 && *latitude <= 90) || !(*longitude >= -180 && *longitude <= 180))
      return Error(ErrorCode::bad_value,
                   "coordinates are out of range; use latitude -90 to 90, longitude -180 to 180");
    location.has_point = 1;
    location.point = Point::at(*latitude, *longitude);
  }
  return location;
}

Bytes write_location_table(std::span<const LocationRow> rows, std::span<const LocationRow> over) {
  Rows numbered;
  Bytes out(sizeof(LocationsHeader));
  auto below = numbered.blocks_of(rows);
  auto above = numbered.blocks_of(over);
  LocationsHeader header{};
  header.ranges = append_ranges(out, std::move(below), std::move(above));
  header.rows = static_cast<std::uint32_t>(numbered.locations().size());
  out.resize((out.size() + 7) / 8 * 8);
  header.locations = out.size();
  for (const Location& location : numbered.locations())
    append_value(out, location);
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace waymark::policy
