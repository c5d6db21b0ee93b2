// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "base/result.h"
#include "zones/record_set.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Different targets (name and type) that may be resolved ahead.
constexpr std::size_t most_external_targets = 10'000;

/// What an external alias must be by itself: of type A or AAAA, its target no wildcard.
void check_external_alias(const RecordSet& set, std::vector<Error>& faults);

/// The target must be answered by others: in no zone of ours, or below a delegation from one.
/// Anything else would make this server ask itself.
/// `own`: the zone of the alias, if it stands already.
Result<void> check_external_target(const Snapshot& state, const HostedZone* own,
                                   const dns::Name& target, std::vector<Error>& faults);

/// Whether these, with what is stored, are more than may be.
Result<void> check_external_count(const Snapshot& state, std::span<const ExternalAlias> added,
                                  std::vector<Error>& faults);

/// What is wrong with the external aliases that a batch puts, each with its change; `puts` are the
/// changes whose sets stand at the end.
Result<std::vector<std::pair<std::size_t, Error>>> external_faults(
    const Snapshot& state, const HostedZone& zone, std::span<const Change> changes,
    const std::map<RecordKey, std::size_t>& puts);

}  // namespace waymark::zones
