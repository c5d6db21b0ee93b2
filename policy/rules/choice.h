// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "policy/policy_tree.h"

namespace waymark::policy {

using Branches = std::span<const Branch>;

/// What a rule chose, and how. `Healthy` below is a function of a Branch: its bit, and what it
/// descends to.
struct Choice {
  const Branch* branch = nullptr;  // null: none is for this client
  bool failed_open = false;        // nobody was healthy
  std::uint32_t drawn = 0;         // weighted: the draw that decided,
  std::uint32_t of = 0;            // in [0, of); 0: none was needed
  std::uint8_t scope = 0;          // bits of the client's address that decided

  /// Takes candidates in order of preference: the first healthy one, else the first.
  template <class Healthy>
  bool settle(const Branch& candidate, Healthy& healthy) noexcept {
    if (healthy(candidate)) {
      branch = &candidate;
      failed_open = false;
      return true;
    }
    if (branch == nullptr) branch = &candidate, failed_open = true;
    return false;
  }
};

/// The first branch whose value is above that; there is one. Branches rise by value.
inline const Branch& first_above(Branches branches, std::uint32_t value) noexcept {
  const Branch* first = branches.data();
  for (std::size_t count = branches.size() - 1; count > 0;) {
    const std::size_t half = (count + 1) / 2;
    if (first[half - 1].value <= value) {
      first += half;
      count -= half;
    } else {
      count = half - 1;
    }
  }
  return *first;
}

/// The branch with that value, where branches rise by value; null when there is none.
inline const Branch* find_value(Branches branches, std::uint32_t value) noexcept {
  std::size_t first = 0, count = branches.size();
  while (count > 0) {
    const std::size_t half = count / 2;
    if (branches[first + half].value < value) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first < branches.size() && branches[first].value == value ? &branches[first] : nullptr;
}

}  // namespace waymark::policy
