// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "policy/regions.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// The operator's table (object latency/"table", lines of PREFIX, REGION and MS between tabs) as a
/// part's content; none when there is no table. Fails with `bad_value`, naming the line.
Result<std::optional<Bytes>> compile_latency(const Snapshot& state,
                                             const policy::RegionList& regions,
                                             std::uint64_t part_id);

}  // namespace waymark::zones
