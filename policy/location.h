// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"
#include "policy/geo_code.h"
#include "policy/range_map.h"

namespace waymark::policy {

/// A place on the sphere of 6371 km as a unit vector: distances need no sines of the client's.
struct Point {
  double x, y, z;

  /// Degrees: latitude -90 to 90, longitude -180 to 180.
  static Point at(double latitude, double longitude) noexcept;
  friend bool operator==(const Point&, const Point&) = default;
};
/// Great-circle distance.
double kilometres(const Point& a, const Point& b) noexcept;

/// Where a client is, as far as it is known. Codes of 0 and `has_point` 0: unknown.
struct Location {
  GeoCode continent, country, subdivision;
  std::uint32_t has_point;
  Point point;

  friend bool operator==(const Location&, const Location&) = default;
};
static_assert(sizeof(Location) == 40);

/// Codes from text, "" for unknown; a country brings its continent. Fails with `bad_value`, naming
/// what is not known. Coordinates come in pairs.
Result<Location> make_location(std::string_view continent, std::string_view country,
                               std::string_view subdivision, std::optional<double> latitude,
                               std::optional<double> longitude);

struct LocationRow {
  IpPrefix prefix;
  Location location;
};

// As it stands in the image; 8-aligned: the header, the ranges (range_map.h), then Location[row].
struct LocationsHeader {
  RangesHeader ranges;
  std::uint32_t rows, reserved;
  std::uint64_t locations;
};

/// Flat bytes of a table. The longest prefix wins; where `over` (the operator's own) says anything,
/// `rows` (the geo database) counts for nothing.
Bytes write_location_table(std::span<const LocationRow> rows, std::span<const LocationRow> over);

/// Client → Location: a view over checked bytes. Any thread.
class LocationTable {
 public:
  struct Place {
    const Location* location = nullptr;  // null: not known
    std::uint8_t scope = 0;  // length of the largest block around the client at the same place
  };

  LocationTable() = default;  // knows nobody; scope 0
  /// Checks every offset, count, row and order. Fails with `bad_image`.
  static Result<LocationTable> open(ByteView table);

  Place find(const IpAddress& client) const noexcept;

 private:
  explicit LocationTable(ByteView table) noexcept : table_(table) {}
  ByteView table_;
};

}  // namespace waymark::policy
