// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "policy/policy_tree.h"

namespace waymark::policy {

/// What a rule chose, and how.
struct Choice {
  const Branch* branch;      // never null: a rule has a branch
  bool failed_open = false;  // nobody was healthy
  std::uint32_t drawn = 0;   // weighted: the draw that decided,
  std::uint32_t of = 0;      // in [0, of); 0: none was needed
  std::uint8_t scope = 0;    // latency: bits of the client's address that decided
};

inline bool is_healthy(const Branch& branch, const health::HealthTable& health) noexcept {
  return health.healthy(health::HealthSlot{branch.health});
}

}  // namespace waymark::policy
