// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "base/random.h"
#include "policy/rules/choice.h"

namespace waymark::policy {

/// Weight of branch `index`.
inline std::uint32_t weight_at(Branches branches, std::size_t index) noexcept {
  return branches[index].value - (index == 0 ? 0 : branches[index - 1].value);
}

/// Draws among the healthy branches, each as wide as `width` says. Null when there is none.
template <class Healthy, class Width>
Choice draw_healthy(Branches branches, Healthy& healthy, Random& random,
                    const Width& width) noexcept {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < branches.size(); ++i)
    if (width(i) != 0 && healthy(branches[i])) total += width(i);
  Choice choice;
  if (total == 0) return choice;

  choice.drawn = random.below(total);
  choice.of = total;
  std::uint32_t left = choice.drawn;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (width(i) == 0 || !healthy(branches[i])) continue;
    choice.branch = &branches[i];
    if (left < width(i)) break;
    left -= width(i);
  }
  return choice;  // if bits fell since the sum: the last that is healthy, or null
}

/// A healthy branch by weight; `total` is the sum of the weights. Weight 0 answers only when every
/// positive one is unhealthy. Nobody healthy: as if all were.
template <class Healthy>
Choice choose_weighted(Branches branches, std::uint32_t total, Healthy& healthy,
                       Random& random) noexcept {
  const auto weight = [&](std::size_t i) noexcept { return weight_at(branches, i); };
  const auto one = [](std::size_t) noexcept { return 1U; };
  Choice fallback{&branches.front()};
  if (total == 0) {
    const Choice choice = draw_healthy(branches, healthy, random, one);
    if (choice.branch != nullptr) return choice;
    fallback.of = static_cast<std::uint32_t>(branches.size());
    fallback.drawn = random.below(fallback.of);
    fallback.branch = &branches[fallback.drawn];
  } else {
    // One draw over all; only when it falls on an unhealthy branch are the healthy ones summed up.
    // The second draw among them leaves each the share it would have had alone with them.
    fallback.of = total;
    fallback.drawn = random.below(total);
    fallback.branch = &first_above(branches, fallback.drawn);
    if (healthy(*fallback.branch)) return fallback;
    Choice choice = draw_healthy(branches, healthy, random, weight);
    if (choice.branch != nullptr) return choice;
    choice = draw_healthy(branches, healthy, random,
                          [&](std::size_t i) noexcept { return weight(i) == 0 ? 1U : 0U; });
    if (choice.branch != nullptr) return choice;
  }
  fallback.failed_open = true;
  return fallback;
}

}  // namespace waymark::policy
