// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/result.h"
#include "policy/policy_builder.h"
#include "policy/regions.h"
#include "zones/client_objects.h"
#include "zones/compile/health_gates.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// The record sets of one name and type → the policy that chooses between them; target N is the
/// Nth set that was added.
class PolicyCompiler {
 public:
  PolicyCompiler(const Snapshot& state, const policy::RegionList& regions)
      : state_(state), regions_(regions) {}

  /// Fails with `bad_value` when the set names a region or collection that is not known.
  Result<void> add(const RecordSet& set, const BranchHealth& health);
  Result<Bytes> finish();

 private:
  struct Adder;

  const Snapshot& state_;
  const policy::RegionList& regions_;
  std::optional<policy::RuleSpec> rule_;
  std::optional<CidrCollection> collection_;
  std::vector<std::pair<std::uint32_t, policy::BranchSpec>> tiers_;  // failover: order, branch
  std::uint16_t targets_ = 0;
};

}  // namespace waymark::zones
