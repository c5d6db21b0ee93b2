// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.h"
#include "policy/location.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Where the geo database places the clients of all prefixes. None when it can not be read: the
/// part before stays, and no change is held up.
using GeoRows = std::function<std::optional<std::vector<policy::LocationRow>>()>;

/// The operator's table over the geo database, as a part's content; none when both are empty.
Result<std::optional<Bytes>> compile_locations(const Snapshot& state,
                                               const std::vector<policy::LocationRow>& geo,
                                               std::uint64_t part_id);
/// All CIDR collections, as a part's content; none when there is none.
Result<std::optional<Bytes>> compile_cidrs(const Snapshot& state, std::uint64_t part_id);

}  // namespace waymark::zones
