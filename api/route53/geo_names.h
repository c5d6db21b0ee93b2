// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace waymark::api {

struct GeoName {
  std::string_view code, name;
};

/// The seven continents; the countries of ISO 3166-1; the states of the USA. By code.
std::span<const GeoName> continent_names() noexcept;
std::span<const GeoName> country_names() noexcept;
std::span<const GeoName> us_state_names() noexcept;

}  // namespace waymark::api
