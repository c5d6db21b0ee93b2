// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/failover.h"

namespace waymark::policy {

Choice choose_failover(std::span<const Branch> branches,
                       const health::HealthTable& health) noexcept {
  for (const Branch& branch : branches)
    if (is_healthy(branch, health)) return {&branch};
  Choice choice{&branches.front()};
  choice.failed_open = true;
  return choice;
}

}  // namespace waymark::policy
