// SPDX-License-Identifier: Apache-2.0
//
// What select() gives out in the long run, worked out instead of drawn: for explain and simulation.
// Control process only; may allocate.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "policy/policy_walk.h"

namespace waymark::policy {

/// What part of the answers each branch of one rule gets from one client: sums to 1, or to 0 where
/// no branch is for the client. Several at once share their answer equally.
struct BranchShares {
  std::vector<double> of;  // by branch
  bool failed_open = false;

  /// False when nobody has any width.
  template <class Width>
  bool divide(const Width& width) {
    double total = 0;
    for (std::size_t i = 0; i < of.size(); ++i)
      total += of[i] = width(i);
    for (double& one : of)
      one = total > 0 ? one / total : 0;
    return total > 0;
  }
};

template <class Healthy>
BranchShares branch_shares(const RuleView& rule, const Facts& facts, Healthy& healthy) {
  BranchShares shares{std::vector<double>(rule.branches.size())};
  const auto equally = [](std::size_t) { return 1.0; };
  const auto up = [&](std::size_t i) { return healthy(rule.branches[i]) ? 1.0 : 0.0; };
  const auto weight = [&](std::size_t i) { return 1.0 * weight_at(rule.branches, i); };
  switch (rule.header.kind) {
    case RuleKind::weighted:
      // The first draw and the second together leave each healthy one its weight among the healthy.
      if (shares.divide([&](std::size_t i) { return weight(i) * up(i); }) || shares.divide(up))
        return shares;
      shares.failed_open = true;
      if (!shares.divide(weight)) shares.divide(equally);
      return shares;
    case RuleKind::multivalue:  // any subset is as likely as any other
      if (shares.divide(up)) return shares;
      shares.failed_open = true;
      shares.divide(equally);
      return shares;
    case RuleKind::failover:
    case RuleKind::latency:
    case RuleKind::geolocation:
    case RuleKind::geoproximity:
    case RuleKind::ip_based:
      break;
  }
  Random unused(0);
  Selection none;
  const Choice choice = choose(rule, facts, healthy, unused, none);
  shares.failed_open = choice.failed_open;
  if (choice.branch != nullptr)
    shares.of[static_cast<std::size_t>(choice.branch - rule.branches.data())] = 1;
  return shares;
}

/// One thing that select() may choose.
struct ExpectedChoice {
  bool nobody = false;  // no branch is for this client
  std::uint16_t target = 0;
  bool failed_open = false;
  double share = 0;  // of this client's answers; above 0

  friend bool operator==(const ExpectedChoice&, const ExpectedChoice&) = default;
};

/// All that select() may choose for this client, by target; the shares sum to 1. Where a target is
/// led to by more than 64 groups, which of them are looked into is taken rule by rule.
template <class Beyond>
std::vector<ExpectedChoice> expected_choices(const PolicyTree& tree, const Facts& facts,
                                             const Beyond& beyond) {
  std::map<std::tuple<bool, std::uint16_t, bool>, double> found;  // nobody, target, failed open
  // Rules lead to higher numbers only, so what leads to the first one waiting is all known.
  std::map<std::tuple<std::uint16_t, int, bool>, double> waiting{{{0, 0, false}, 1.0}};
  while (!waiting.empty()) {
    const auto [at, share] = *waiting.begin();
    const auto [number, followed, open_before] = at;
    waiting.erase(waiting.begin());
    const RuleView rule(tree.bytes(), number);
    BranchShares shares{std::vector<double>(rule.branches.size()), true};
    if (followed < PolicyTree::max_rules_followed) {
      unsigned left = PolicyTree::max_rules_followed;
      BranchHealth healthy(tree.bytes(), rule, facts, beyond, left);
      shares = branch_shares(rule, facts, healthy);
    } else {
      shares.of.front() = 1;
    }
    const bool open = open_before || shares.failed_open;
    bool somebody = false;
    for (std::size_t i = 0; i < shares.of.size(); ++i) {
      if (shares.of[i] <= 0) continue;
      somebody = true;
      const Branch& branch = rule.branches[i];
      if (branch.kind == BranchKind::target)
        found[{false, branch.index, open}] += share * shares.of[i];
      else
        waiting[{branch.index, followed + 1, open}] += share * shares.of[i];
    }
    if (!somebody) found[{true, 0, open}] += share;
  }
  std::vector<ExpectedChoice> choices;
  for (const auto& [what, share] : found)
    choices.push_back({std::get<0>(what), std::get<1>(what), std::get<2>(what), share});
  return choices;
}

}  // namespace waymark::policy
