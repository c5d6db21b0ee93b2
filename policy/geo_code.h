// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace waymark::policy {

/// A continent ("EU"), country ("US") or subdivision ("US-CA") as a number that compares and fits a
/// branch; everywhere is 0, and so is what can not be read.
using GeoCode = std::uint32_t;
constexpr GeoCode geo_everywhere = 0;

enum class GeoLevel : std::uint8_t { everywhere = 0, continent = 1, country = 2, subdivision = 3 };
constexpr GeoLevel geo_level(GeoCode code) noexcept {
  return static_cast<GeoLevel>(code >> 30);
}

/// AF AN AS EU NA OC SA; 0 for anything else.
GeoCode continent_code(std::string_view continent) noexcept;
/// ISO 3166-1 alpha-2, upper case; 0 for what is no country.
GeoCode country_code(std::string_view country) noexcept;
/// A subdivision of a country, ISO 3166-2 without the country: one to three of A-Z and 0-9.
GeoCode subdivision_code(std::string_view country, std::string_view subdivision) noexcept;
/// The one continent a country is in; 0 when `country` is none.
GeoCode continent_of(GeoCode country) noexcept;

/// "EU", "US", "US-CA" or "*".
std::string to_string(GeoCode code);

}  // namespace waymark::policy
