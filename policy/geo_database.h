// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "policy/location.h"

namespace waymark::policy {

/// All networks of an MMDB file (MaxMind DB format 2: GeoLite2 City or Country, and what is like
/// them) with what they say of a place: continent, country, first subdivision, coordinates. The
/// one door to libmaxminddb; control process only. Fails with `io`: no such file, not an MMDB,
/// damaged.
Result<std::vector<LocationRow>> read_geo_database(const std::string& path);

}  // namespace waymark::policy
