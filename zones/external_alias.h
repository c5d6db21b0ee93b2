// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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

/// The alias that a set of the zone is, if it is an external one.
std::optional<ExternalAlias> external_alias_of(const HostedZone& zone, const RecordSet& set);
/// `aliases` are sorted by target.
std::size_t different_targets(std::span<const ExternalAlias> aliases);

/// What an external alias must be by itself: of type A or AAAA, its target no wildcard.
void check_external_alias(const RecordSet& set, std::vector<Error>& faults);

/// Whether the zone of the aliases delegates a name, as it will stand: it has NS records there.
using Delegates = std::function<Result<bool>(const dns::Name&)>;

/// The target must be answered by others: in no zone of ours, or below a delegation from one.
/// Anything else would make this server ask itself. `own`: the zone of the alias, which is being
/// changed; `delegates` knows how it will stand.
Result<void> check_external_target(const Snapshot& state, const HostedZone& own,
                                   const dns::Name& target, const Delegates& delegates,
                                   std::vector<Error>& faults);

/// Whether these, with what is stored, are more than may be.
Result<void> check_external_count(const Snapshot& state, std::span<const ExternalAlias> added,
                                  std::vector<Error>& faults);

/// What is wrong with the external aliases that a batch puts, each with its change; `puts` are the
/// changes whose sets stand at the end.
Result<std::vector<std::pair<std::size_t, Error>>> external_faults(
    const Snapshot& state, const HostedZone& zone, std::span<const Change> changes,
    const std::map<RecordKey, std::size_t>& puts, const Delegates& delegates);

}  // namespace waymark::zones
