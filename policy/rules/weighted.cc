// SPDX-License-Identifier: Apache-2.0
#include "policy/rules/weighted.h"

#include <algorithm>

namespace waymark::policy {
namespace {

using Branches = std::span<const Branch>;

/// The branch whose stretch of [0, total) holds `drawn`. A weight of 0 has none.
const Branch& at_draw(Branches branches, std::uint32_t drawn) noexcept {
  return *std::upper_bound(
      branches.begin(), branches.end(), drawn,
      [](std::uint32_t value, const Branch& branch) { return value < branch.value; });
}

/// Draws among the healthy branches, each as wide as `width` says. Null when there is none.
template <class Width>
Choice draw_healthy(Branches branches, const health::HealthTable& health, Random& random,
                    const Width& width) noexcept {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < branches.size(); ++i)
    if (width(i) != 0 && is_healthy(branches[i], health)) total += width(i);
  if (total == 0) return {nullptr};

  Choice choice{nullptr};
  choice.drawn = random.below(total);
  choice.of = total;
  std::uint32_t left = choice.drawn;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (width(i) == 0 || !is_healthy(branches[i], health)) continue;
    choice.branch = &branches[i];
    if (left < width(i)) break;
    left -= width(i);
  }
  return choice;  // if bits fell since the sum: the last that is healthy, or null
}

}  // namespace

std::uint32_t weight_at(Branches branches, std::size_t index) noexcept {
  return branches[index].value - (index == 0 ? 0 : branches[index - 1].value);
}

Choice choose_weighted(Branches branches, std::uint32_t total, const health::HealthTable& health,
                       Random& random) noexcept {
  const auto weight = [&](std::size_t i) noexcept { return weight_at(branches, i); };
  const auto one = [](std::size_t) noexcept { return 1U; };
  Choice fallback{&branches.front()};
  if (total == 0) {
    const Choice choice = draw_healthy(branches, health, random, one);
    if (choice.branch != nullptr) return choice;
    fallback.of = static_cast<std::uint32_t>(branches.size());
    fallback.drawn = random.below(fallback.of);
    fallback.branch = &branches[fallback.drawn];
  } else {
    // One draw over all; only when it falls on an unhealthy branch are the healthy ones summed up.
    // The second draw among them leaves each the share it would have had alone with them.
    fallback.of = total;
    fallback.drawn = random.below(total);
    fallback.branch = &at_draw(branches, fallback.drawn);
    if (is_healthy(*fallback.branch, health)) return fallback;
    Choice choice = draw_healthy(branches, health, random, weight);
    if (choice.branch != nullptr) return choice;
    choice = draw_healthy(branches, health, random,
                          [&](std::size_t i) noexcept { return weight(i) == 0 ? 1U : 0U; });
    if (choice.branch != nullptr) return choice;
  }
  fallback.failed_open = true;
  return fallback;
}

}  // namespace waymark::policy
