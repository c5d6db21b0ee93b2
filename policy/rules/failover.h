// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "health/health_table.h"
#include "policy/rules/choice.h"

namespace waymark::policy {

/// The first healthy branch; nobody healthy: the primary, which is the first.
Choice choose_failover(std::span<const Branch> branches,
                       const health::HealthTable& health) noexcept;

}  // namespace waymark::policy
