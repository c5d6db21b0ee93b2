// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "policy/latency_learner.h"
#include "policy/regions.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// The operator's table (object latency/"table", lines of PREFIX, REGION and MS between tabs) and
/// what was learned, as a part's content; none when there is neither. For one client and region the
/// operator's figure of the longest prefix comes before any that is learned, whatever its length;
/// of learned ones the longest prefix that has that region. Fails with `bad_value`, naming the
/// line.
Result<std::optional<Bytes>> compile_latency(const Snapshot& state,
                                             const policy::RegionList& regions,
                                             std::span<const policy::LearnedLatency> learned,
                                             std::uint64_t part_id);

}  // namespace waymark::zones
