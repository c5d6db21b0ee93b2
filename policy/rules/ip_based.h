// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/rules/choice.h"

namespace waymark::policy {

/// Visits the branches whose location holds the client subnet, the longest block first, then "*",
/// until `visit` says true. Returns the bits of the client's address that decided.
template <class Visit>
std::uint8_t for_each_block(Branches branches, std::uint32_t collection, const Facts& facts,
                            const Visit& visit) noexcept {
  CidrTables::Chain chain = facts.tables.cidrs.find(collection, facts.client);
  for (; !chain.ended(); chain.next()) {
    const Branch* branch = find_value(branches, chain.location());
    if (branch != nullptr && visit(*branch)) return chain.scope;
  }
  // "*" is the highest number, so it comes last.
  if (branches.back().value == default_cidr_location) visit(branches.back());
  return chain.scope;
}

/// The healthy branch with the longest block, then "*"; nobody healthy: the longest block's. None
/// when no location holds the client and there is no "*".
template <class Healthy>
Choice choose_ip_based(Branches branches, std::uint32_t collection, const Facts& facts,
                       Healthy& healthy) noexcept {
  Choice choice;
  choice.scope = for_each_block(branches, collection, facts, [&](const Branch& branch) noexcept {
    return choice.settle(branch, healthy);
  });
  return choice;
}

}  // namespace waymark::policy
