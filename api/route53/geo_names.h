// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "zones/record_set.h"

namespace waymark::api {

struct GeoName {
  std::string_view code, name;
};

/// The seven continents; the countries of ISO 3166-1 but BV, CX, EH and HM, which Route 53 does not
/// take; the states of the USA. By code.
std::span<const GeoName> continent_names() noexcept;
std::span<const GeoName> country_names() noexcept;
std::span<const GeoName> us_state_names() noexcept;

/// Whether Route 53 has that place, or it is the default.
bool is_aws_place(const zones::Geolocation& place) noexcept;

}  // namespace waymark::api
