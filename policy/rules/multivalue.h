// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "base/random.h"
#include "policy/rules/choice.h"

namespace waymark::policy {

constexpr std::size_t most_values = 8;

/// Up to eight healthy branches, any subset as likely as any other, in random order; nobody
/// healthy: of all. Returns true when it failed open.
template <class Healthy>
bool choose_multivalue(Branches branches, Healthy& healthy, Random& random,
                       Selection& selection) noexcept {
  for (const bool open : {false, true}) {
    std::uint32_t seen = 0;
    for (const Branch& branch : branches) {
      if (!open && !healthy(branch)) continue;
      const std::uint32_t at = seen < most_values ? seen : random.below(seen + 1);
      ++seen;
      if (at < most_values) selection.targets[at] = branch.index;
    }
    selection.count = static_cast<std::uint8_t>(seen < most_values ? seen : most_values);
    for (std::uint32_t i = selection.count; i > 1; --i)
      std::swap(selection.targets[i - 1], selection.targets[random.below(i)]);
    if (seen > 0) return open;
  }
  return true;
}

}  // namespace waymark::policy
