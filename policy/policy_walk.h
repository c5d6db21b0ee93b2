// SPDX-License-Identifier: Apache-2.0
//
// The walk of PolicyTree::select_telling: what select() does with Silent, and explain with a
// listener of its own. It is one code, so an explanation is what happens.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "policy/policy_tree.h"
#include "policy/rules/choice.h"
#include "policy/rules/failover.h"
#include "policy/rules/latency.h"
#include "policy/rules/weighted.h"

namespace waymark::policy {

/// One rule of a checked tree.
struct RuleView {
  const RuleHeader& header;
  std::span<const Branch> branches;

  RuleView(ByteView tree, std::uint16_t rule) noexcept
      : header(reinterpret_cast<const RuleHeader*>(tree.data() + sizeof(TreeHeader))[rule]),
        branches(reinterpret_cast<const Branch*>(tree.data() + header.offset), header.branches) {}
};

inline Choice choose(const RuleView& rule, const Facts& facts, Random& random) noexcept {
  switch (rule.header.kind) {
    case RuleKind::weighted:
      return choose_weighted(rule.branches, rule.header.total, facts.health, random);
    case RuleKind::failover:
      return choose_failover(rule.branches, facts.health);
    case RuleKind::latency:
      return choose_latency(rule.branches, facts.latency.find(facts.client.subnet.address),
                            facts.health);
  }
  __builtin_unreachable();  // check() knows every kind
}

template <class Told>
void tell_candidates(const RuleView& rule, const Facts& facts, Told& told) {
  const auto row = rule.header.kind == RuleKind::latency
                       ? facts.latency.find(facts.client.subnet.address)
                       : LatencyTable::Row();
  for (std::size_t i = 0; i < rule.branches.size(); ++i) {
    const Branch& branch = rule.branches[i];
    std::uint32_t value = static_cast<std::uint32_t>(i);
    if (rule.header.kind == RuleKind::weighted) value = weight_at(rule.branches, i);
    if (rule.header.kind == RuleKind::latency) value = milliseconds_to(branch, row);
    told.candidate(branch, value, is_healthy(branch, facts.health));
  }
}

template <class Told>
Selection PolicyTree::select_telling(const Facts& facts, Random& random,
                                     Told& told) const noexcept {
  Selection selection;
  std::uint16_t rule = 0;
  for (int followed = 0;; ++followed) {
    const RuleView view(tree_, rule);
    told.rule(view.header.kind, rule);
    // Silent hears nothing, so nothing is read for it.
    if constexpr (!std::is_same_v<Told, Silent>) tell_candidates(view, facts, told);
    // Too deep: as if nobody were healthy, first branch by first branch. Rules only lead to higher
    // numbers, so this ends.
    Choice choice{&view.branches.front()};
    choice.failed_open = true;
    if (followed < max_rules_followed) choice = choose(view, facts, random);
    if (view.header.kind == RuleKind::latency && followed < max_rules_followed) {
      selection.used_client = true;
      selection.scope_prefix = std::max(selection.scope_prefix, choice.scope);
    }
    if (choice.of != 0) told.draw(choice.drawn, choice.of);
    if (choice.failed_open) {
      selection.failed_open = true;
      told.fail_open();
    }
    told.chosen(*choice.branch);
    if (choice.branch->kind == BranchKind::target) {
      selection.targets[0] = choice.branch->index;
      selection.count = 1;
      return selection;
    }
    rule = choice.branch->index;
  }
}

}  // namespace waymark::policy
