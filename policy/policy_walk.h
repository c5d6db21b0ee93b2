// SPDX-License-Identifier: Apache-2.0
//
// The walk of PolicyTree::select_telling: what select() does with Silent, and explain with a
// listener of its own. It is one code, so an explanation is what happens.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <type_traits>

#include "policy/policy_tree.h"
#include "policy/rules/choice.h"
#include "policy/rules/failover.h"
#include "policy/rules/geolocation.h"
#include "policy/rules/geoproximity.h"
#include "policy/rules/ip_based.h"
#include "policy/rules/latency.h"
#include "policy/rules/multivalue.h"
#include "policy/rules/weighted.h"

namespace waymark::policy {

/// One rule of a checked tree.
struct RuleView {
  const RuleHeader& header;
  Branches branches;

  RuleView(ByteView tree, std::uint16_t rule) noexcept
      : header(reinterpret_cast<const RuleHeader*>(tree.data() + sizeof(TreeHeader))[rule]),
        branches(reinterpret_cast<const Branch*>(tree.data() + header.offset), header.branches) {}
};

inline const Branch* PolicyTree::draw_at_once(const health::HealthTable& health,
                                              Random& random) const noexcept {
  const RuleView rule(tree_, 0);
  if (rule.header.kind != RuleKind::weighted || rule.header.total == 0) return nullptr;
  Random drawing = random;
  const Branch& branch = first_above(rule.branches, drawing.below(rule.header.total));
  if (branch.kind != BranchKind::target || branch.flags != 0 ||
      !health.healthy(health::HealthSlot{branch.health}))
    return nullptr;
  random = drawing;
  return &branch;
}

/// Visits the branches of a rule that may answer this client, until `visit` says true.
template <class Visit>
void for_each_selectable(const RuleView& rule, const Facts& facts, const Visit& visit) noexcept {
  if (rule.header.kind == RuleKind::geolocation) {
    for_each_area(rule.branches, facts, visit);
  } else if (rule.header.kind == RuleKind::ip_based) {
    for_each_block(rule.branches, rule.header.total, facts, visit);
  } else {
    for (const Branch& branch : rule.branches)
      if (visit(branch)) return;
  }
}

/// Whether the branches of one rule are healthy: their bits, and for those that descend what they
/// lead to, looked at once each.
template <class Beyond>
class BranchHealth {
 public:
  BranchHealth(ByteView tree, const RuleView& rule, const Facts& facts, const Beyond& beyond,
               unsigned& left) noexcept
      : tree_(tree), rule_(rule), facts_(facts), beyond_(beyond), left_(left) {}

  bool operator()(const Branch& branch) noexcept {
    if (!facts_.health.healthy(health::HealthSlot{branch.health})) return false;
    return (branch.flags & branch_descends) == 0 || remembered(branch);
  }

 private:
  bool remembered(const Branch& branch) noexcept {
    const auto index = static_cast<std::size_t>(&branch - rule_.branches.data());
    if (index >= known_.size() * 64) return below(branch);
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((known_[index / 64] & bit) == 0) {
      known_[index / 64] |= bit;
      if (below(branch)) up_[index / 64] |= bit;
    }
    return (up_[index / 64] & bit) != 0;
  }

  bool below(const Branch& branch) noexcept {
    if (branch.kind == BranchKind::target) return beyond_(branch.index, left_);
    if (left_ == 0) return true;
    --left_;
    const RuleView rule(tree_, branch.index);
    BranchHealth inside(tree_, rule, facts_, beyond_, left_);
    bool any = false;
    for_each_selectable(rule, facts_,
                        [&](const Branch& one) noexcept { return any = inside(one); });
    return any;
  }

  ByteView tree_;
  const RuleView& rule_;
  const Facts& facts_;
  const Beyond& beyond_;
  unsigned& left_;
  std::array<std::uint64_t, 2> known_{}, up_{};
};

template <class Beyond>
bool PolicyTree::healthy(const Facts& facts, const Beyond& beyond, unsigned& left) const noexcept {
  const RuleView root(tree_, 0);
  BranchHealth health(tree_, root, facts, beyond, left);
  bool any = false;
  for_each_selectable(root, facts, [&](const Branch& one) noexcept { return any = health(one); });
  return any;
}

template <class Healthy>
Choice choose(const RuleView& rule, const Facts& facts, Healthy& healthy, Random& random,
              Selection& selection) noexcept {
  switch (rule.header.kind) {
    case RuleKind::weighted:
      return choose_weighted(rule.branches, rule.header.total, healthy, random);
    case RuleKind::failover:
      return choose_failover(rule.branches, healthy);
    case RuleKind::latency:
      return choose_latency(rule.branches, facts, healthy);
    case RuleKind::geolocation:
      return choose_geolocation(rule.branches, facts, healthy);
    case RuleKind::geoproximity:
      return choose_geoproximity(rule.branches, facts, healthy);
    case RuleKind::ip_based:
      return choose_ip_based(rule.branches, rule.header.total, facts, healthy);
    case RuleKind::multivalue: {
      Choice choice{&rule.branches.front()};
      choice.failed_open = choose_multivalue(rule.branches, healthy, random, selection);
      return choice;
    }
  }
  __builtin_unreachable();  // check() knows every kind
}

constexpr bool looks_at_client(RuleKind kind) noexcept {
  return kind == RuleKind::latency || kind == RuleKind::geolocation ||
         kind == RuleKind::geoproximity || kind == RuleKind::ip_based;
}

template <class Told, class Healthy>
void tell_candidates(const RuleView& rule, const Facts& facts, Healthy& healthy, Told& told) {
  for (std::size_t i = 0; i < rule.branches.size(); ++i) {
    const Branch& branch = rule.branches[i];
    std::uint32_t value = branch.value;
    if (rule.header.kind == RuleKind::weighted) value = weight_at(rule.branches, i);
    if (rule.header.kind == RuleKind::failover) value = static_cast<std::uint32_t>(i);
    if (rule.header.kind == RuleKind::latency) value = Reach(rule.branches, facts).milliseconds(i);
    if (rule.header.kind == RuleKind::geoproximity)
      value = static_cast<std::uint32_t>(BiasedDistances(rule.branches, facts).kilometres_to(i));
    bool selectable = false;
    for_each_selectable(rule, facts,
                        [&](const Branch& one) noexcept { return selectable |= &one == &branch; });
    told.candidate(branch, value, healthy(branch), selectable);
  }
}

template <class Told, class Beyond>
Selection PolicyTree::select_telling(const Facts& facts, Random& random, Told& told,
                                     const Beyond& beyond) const noexcept {
  Selection selection;
  std::uint16_t rule = 0;
  unsigned left = max_rules_followed;  // groups to look into
  for (int followed = 0;; ++followed) {
    const RuleView view(tree_, rule);
    BranchHealth healthy(tree_, view, facts, beyond, left);
    told.rule(view.header.kind, rule);
    // Silent hears nothing, so nothing is read for it.
    if constexpr (!std::is_same_v<Told, Silent>) {
      unsigned told_left = left;
      BranchHealth told_healthy(tree_, view, facts, beyond, told_left);
      tell_candidates(view, facts, told_healthy, told);
    }
    // Too deep: as if nobody were healthy, first branch by first branch. Rules only lead to higher
    // numbers, so this ends.
    Choice choice{&view.branches.front()};
    choice.failed_open = true;
    if (followed < max_rules_followed) {
      choice = choose(view, facts, healthy, random, selection);
      if (looks_at_client(view.header.kind)) {
        selection.used_client = true;
        selection.scope_prefix = std::max(selection.scope_prefix, choice.scope);
      }
    }
    if (choice.of != 0) told.draw(choice.drawn, choice.of);
    if (choice.failed_open) {
      selection.failed_open = true;
      told.fail_open();
    }
    if (choice.branch == nullptr) {
      told.nobody();
      return selection;
    }
    if (selection.count > 0) {  // several at once
      if constexpr (!std::is_same_v<Told, Silent>) {
        const std::span targets(selection.targets.data(), selection.count);
        for (const Branch& branch : view.branches)
          if (std::find(targets.begin(), targets.end(), branch.index) != targets.end())
            told.chosen(branch);
      }
      return selection;
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
