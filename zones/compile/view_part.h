// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "dns/protocol/name_hash.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Who sees which private zones, as a part's content; none while there is no VPC.
Result<std::optional<Bytes>> compile_views(const Snapshot& state, const dns::HashKey& key,
                                           std::uint64_t part_id);

}  // namespace waymark::zones
