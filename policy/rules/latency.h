// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "health/health_table.h"
#include "policy/latency_table.h"
#include "policy/rules/choice.h"

namespace waymark::policy {

/// The healthy branch with the least milliseconds; ties go to the first by region name. A region
/// that was never measured is worse than any other. Nobody healthy: as if all were.
Choice choose_latency(std::span<const Branch> branches, const LatencyTable::Row& row,
                      const health::HealthTable& health) noexcept;
/// Milliseconds to the region of `branch`.
inline std::uint16_t milliseconds_to(const Branch& branch, const LatencyTable::Row& row) noexcept {
  return row.at(static_cast<std::uint16_t>(branch.value));
}

}  // namespace waymark::policy
