// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/rules/choice.h"

namespace waymark::policy {

/// The first healthy branch; nobody healthy: the primary, which is the first.
template <class Healthy>
Choice choose_failover(Branches branches, Healthy& healthy) noexcept {
  Choice choice;
  for (const Branch& branch : branches)
    if (choice.settle(branch, healthy)) break;
  return choice;
}

}  // namespace waymark::policy
