// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "zones/change_batch.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Judges a batch one change after the other: a create finds its key free, a delete finds it there,
/// and a CNAME is alone at its name after each step. `end_state` is what resolve() found; faults of
/// both are returned as one error, none twice.
Result<void> judge_in_order(const Snapshot& state, const HostedZone& zone, const ChangeBatch& batch,
                            const Result<void>& end_state);

}  // namespace waymark::zones
