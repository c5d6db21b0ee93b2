// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/result.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What stood in a zone after `change`, in canonical order: what stands now with the later changes
/// taken back, or else the changes up to it done again. Fails with `not_found` when the change
/// deleted the zone or is none of a zone; with `unsupported` when both ways lead over a change
/// whose records are not in the log (decisions/0004).
Result<std::vector<RecordSet>> records_after(const Snapshot& state, const Commit& change);

/// `sets`, with what traffic policy instances of the zone have made as it stands: that changes with
/// the instance alone.
Result<std::vector<RecordSet>> keep_instances(const Snapshot& state, const HostedZone& zone,
                                              std::vector<RecordSet> sets);

}  // namespace waymark::zones
