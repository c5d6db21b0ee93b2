// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>

#include "policy/rules/choice.h"

namespace waymark::policy {

/// Where branch `index` stands: the sites follow the branches of a rule that measures distance.
inline Site site_of(Branches branches, std::size_t index) noexcept {
  Site site;
  std::memcpy(
      &site,
      reinterpret_cast<const Octet*>(branches.data() + branches.size()) + index * sizeof site,
      sizeof site);
  return site;
}

/// The healthy branch with the least cost; ties go to the first. Nobody healthy: as if all were.
template <class Healthy, class Cost>
Choice choose_least(Branches branches, Healthy& healthy, const Cost& cost_of) noexcept {
  using Value = decltype(cost_of(std::size_t{0}));
  const Branch* nearest = nullptr;
  const Branch* nearest_healthy = nullptr;
  Value least{}, least_healthy{};
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Value cost = cost_of(i);
    if (nearest == nullptr || cost < least) nearest = &branches[i], least = cost;
    if ((nearest_healthy == nullptr || cost < least_healthy) && healthy(branches[i]))
      nearest_healthy = &branches[i], least_healthy = cost;
  }
  Choice choice;
  choice.branch = nearest_healthy != nullptr ? nearest_healthy : nearest;
  choice.failed_open = nearest_healthy == nullptr;
  return choice;
}

}  // namespace waymark::policy
