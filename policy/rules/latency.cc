// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/latency.h"

namespace waymark::policy {

Choice choose_latency(std::span<const Branch> branches, const LatencyTable::Row& row,
                      const health::HealthTable& health) noexcept {
  const Branch* nearest = &branches.front();
  const Branch* nearest_healthy = nullptr;
  for (const Branch& branch : branches) {
    const std::uint16_t milliseconds = milliseconds_to(branch, row);
    if (milliseconds < milliseconds_to(*nearest, row)) nearest = &branch;
    if ((nearest_healthy == nullptr || milliseconds < milliseconds_to(*nearest_healthy, row)) &&
        is_healthy(branch, health))
      nearest_healthy = &branch;
  }
  Choice choice{nearest_healthy != nullptr ? nearest_healthy : nearest};
  choice.failed_open = nearest_healthy == nullptr;
  choice.scope = row.scope;
  return choice;
}

}  // namespace waymark::policy
