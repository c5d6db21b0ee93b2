// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/random.h"
#include "health/health_table.h"
#include "policy/rules/choice.h"

namespace waymark::policy {

/// A healthy branch by weight; `total` is the sum of the weights. Weight 0 answers only when every
/// positive one is unhealthy. Nobody healthy: as if all were.
Choice choose_weighted(std::span<const Branch> branches, std::uint32_t total,
                       const health::HealthTable& health, Random& random) noexcept;
/// Weight of branch `index`.
std::uint32_t weight_at(std::span<const Branch> branches, std::size_t index) noexcept;

}  // namespace waymark::policy
