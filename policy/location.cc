// SPDX-License-Identifier: Apache-2.0
#include "policy/location.h"

#include <cmath>
#include <numbers>
#include <string>

namespace waymark::policy {
namespace {

constexpr double earth_radius_km = 6371;

const LocationsHeader& header_of(ByteView table) noexcept {
  return *reinterpret_cast<const LocationsHeader*>(table.data());
}

Error bad(const char* what) {
  return {ErrorCode::bad_image, std::string("location table: ") + what};
}

}  // namespace

Point Point::at(double latitude, double longitude) noexcept {
  constexpr double radian = std::numbers::pi / 180;
  const double phi = latitude * radian, lambda = longitude * radian;
  return {std::cos(phi) * std::cos(lambda), std::cos(phi) * std::sin(lambda), std::sin(phi)};
}

double kilometres(const Point& a, const Point& b) noexcept {
  const double x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
  const double half_chord = std::sqrt(x * x + y * y + z * z) / 2;  // haversine, on unit vectors
  return 2 * earth_radius_km * std::asin(half_chord < 1 ? half_chord : 1);
}

Result<LocationTable> LocationTable::open(ByteView table) {
  if (table.size() < sizeof(LocationsHeader)) return bad("header is cut short");
  if (reinterpret_cast<std::uintptr_t>(table.data()) % alignof(LocationsHeader) != 0)
    return bad("is not aligned");
  const LocationsHeader& header = header_of(table);
  if (!fits(table, header.locations, header.rows, sizeof(Location), alignof(Location)))
    return bad("rows are outside");
  if (const char* fault = check_ranges(table, header.ranges, header.rows)) return bad(fault);
  return LocationTable(table);
}

LocationTable::Place LocationTable::find(const IpAddress& client) const noexcept {
  if (table_.empty()) return {};
  const LocationsHeader& header = header_of(table_);
  const FoundRow at = find_row(table_, header.ranges, client);
  if (at.row == no_row) return {nullptr, at.scope};
  const auto* locations = reinterpret_cast<const Location*>(table_.data() + header.locations);
  return {locations + at.row, at.scope};
}

}  // namespace waymark::policy
