// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "health/health_table.h"

namespace waymark::policy {

/// Where a rule leads, and whether it may.
struct BranchSpec {
  enum class Kind : std::uint8_t { target, rule } kind = Kind::target;
  std::uint16_t index = 0;  // into the caller's answers, or into the list of rules
  health::HealthSlot health = health::HealthSlot::always_healthy;
};

struct WeightedSpec {
  std::vector<std::uint32_t> weights;  // one for each branch; the sum fits 32 bits
  std::vector<BranchSpec> branches;
};
struct FailoverSpec {
  std::vector<BranchSpec> tiers;  // primary first; when nobody is healthy the first answers
};
struct LatencySpec {
  std::vector<std::uint16_t> regions;     // region number of each branch
  std::vector<std::string> region_names;  // ties are broken by name, ASCII order
  std::vector<BranchSpec> branches;
};
using RuleSpec = std::variant<WeightedSpec, FailoverSpec, LatencySpec>;

/// Rules → flat bytes (policy_tree.h). rules[0] is the root. Fails with `bad_value`: no branch, a
/// cycle, an index out of range, a rule that nothing leads to, more than 65,535 of anything.
Result<Bytes> build_policy(const std::vector<RuleSpec>& rules, std::uint16_t targets);

}  // namespace waymark::policy
