// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "dns/image/image_writer.h"
#include "policy/regions.h"
#include "zones/compile/counter_book.h"
#include "zones/compile/health_gates.h"
#include "zones/compile/name_key.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// One name and what decides its node.
struct Site {
  HostedZone zone;  // the deepest that the name is in
  dns::Name name;
  std::uint8_t cut_labels = 0;
  bool wildcard_child = false;
  std::vector<RecordSet> sets;  // of that zone, by type and set id; none at an empty non-terminal
};

/// What stands over a name in its zone: the topmost NS or DNAME on the way down decides. At one
/// name NS comes first (RFC 6672 §3.2).
struct CutAbove {
  std::uint8_t labels = 0;  // of the cut at or above the name; 0: none
  bool hidden = false;      // below a DNAME: the name is as if it were not there
};

/// A name → its node's block, from its own name and zone alone.
class NameCompiler {
 public:
  NameCompiler(const Snapshot& state, HealthGates& gates, CounterBook& counters,
               const dns::HashKey& key, const policy::RegionList& regions,
               const ExternalAnswers& outside)
      : state_(state),
        gates_(gates),
        counters_(counters),
        key_(key),
        regions_(regions),
        outside_(outside) {}

  /// Looks the name up in the store. A name that nothing stands at or below gives a tombstone.
  Result<Bytes> block(const NameKey& key);
  /// For a walk, which knows the site already. Fails with the zone and the name in the sentence.
  Result<Bytes> block(const Site& site);

  Result<CutAbove> cut_above(const HostedZone& zone, const dns::Name& name);

 private:
  Result<dns::NodeSpec> node(const Site& site);
  Result<void> add_entries(const Site& site, const std::vector<RecordSet>& sets,
                           dns::NodeSpec& node);
  Result<dns::EntrySpec> entry(const Site& site, const RecordSet* first, const RecordSet* last);
  dns::TargetSpec target_of(const RecordSet& set) const;
  Result<Bytes> policy(const Site& site, const RecordSet* first, const RecordSet* last);
  Result<std::vector<RecordSet>> parent_ds(const HostedZone& zone);
  Result<bool> exists(const HostedZone& zone, const dns::Name& name, bool has_sets);
  Result<bool> has_wildcard(const HostedZone& zone, const dns::Name& name);

  const Snapshot& state_;
  HealthGates& gates_;
  CounterBook& counters_;
  dns::HashKey key_;
  const policy::RegionList& regions_;
  const ExternalAnswers& outside_;
};

}  // namespace waymark::zones
