// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_tree.h"

#include <string>

#include "policy/policy_walk.h"

namespace waymark::policy {
namespace {

Error bad(const char* what, std::size_t rule) {
  return {ErrorCode::bad_image,
          std::string("policy: ") + what + " in rule " + std::to_string(rule)};
}

/// Numbers that a look-up halves: they rise.
const char* check_rising(const RuleView& rule) noexcept {
  for (std::size_t i = 1; i < rule.branches.size(); ++i)
    if (rule.branches[i].value <= rule.branches[i - 1].value) return "values do not rise";
  return nullptr;
}

/// What is wrong with the values of a rule's branches, or null.
const char* check_values(const RuleView& rule) noexcept {
  const bool rising =
      rule.header.kind == RuleKind::geolocation || rule.header.kind == RuleKind::ip_based;
  if (rising) return check_rising(rule);
  std::uint32_t before = 0;
  for (const Branch& branch : rule.branches) {
    if (rule.header.kind == RuleKind::weighted) {
      if (branch.value < before) return "weights go down";
      before = branch.value;
    } else if (rule.header.kind == RuleKind::latency) {
      if (branch.value > 0xFFFF) return "a region number is too high";
    } else if (branch.value != 0) {
      return "a branch has a value";
    }
  }
  return rule.header.total == before ? nullptr : "the total is not the sum of the weights";
}

/// Sites make no answer but a number: all must be ones that compare.
const char* check_sites(const RuleView& rule) noexcept {
  for (std::size_t i = 0; i < rule.branches.size(); ++i) {
    const Site site = site_of(rule.branches, i);
    for (const double value : {site.point.x, site.point.y, site.point.z, site.factor})
      if (!(value >= -1000 && value <= 1000)) return "a site is out of range";
  }
  return nullptr;
}

bool has_sites(RuleKind kind) noexcept {
  return kind == RuleKind::latency || kind == RuleKind::geoproximity;
}

const char* check_branches(const RuleView& rule, std::size_t number,
                           const TreeHeader& tree) noexcept {
  for (const Branch& branch : rule.branches) {
    if ((branch.flags & ~branch_descends) != 0) return "a branch has unknown flags";
    if (rule.header.kind == RuleKind::multivalue && branch.kind != BranchKind::target)
      return "one of several values is a rule";
    switch (branch.kind) {
      case BranchKind::target:
        if (branch.index >= tree.targets) return "a branch leads to no target";
        break;
      case BranchKind::rule:
        if (branch.index <= number || branch.index >= tree.rules) return "a branch leads astray";
        break;
      default:
        return "a branch is of no kind";
    }
  }
  return nullptr;
}

}  // namespace

Result<void> PolicyTree::check(ByteView tree, std::uint16_t targets) {
  if (tree.size() < sizeof(TreeHeader)) return bad("header is cut short", 0);
  if (reinterpret_cast<std::uintptr_t>(tree.data()) % alignof(TreeHeader) != 0)
    return bad("is not aligned", 0);
  const auto& header = *reinterpret_cast<const TreeHeader*>(tree.data());
  const std::size_t headers_end = sizeof(TreeHeader) + header.rules * sizeof(RuleHeader);
  if (header.rules == 0 || headers_end > tree.size()) return bad("rules are cut short", 0);
  if (header.targets > targets) return bad("more targets than there are", 0);
  if (header.counter != 0 && std::size_t{header.counter} + header.targets > counter_numbers)
    return bad("more counters than there are", 0);
  for (std::uint16_t i = 0; i < header.rules; ++i) {
    const auto& rule = reinterpret_cast<const RuleHeader*>(tree.data() + sizeof(TreeHeader))[i];
    if (rule.kind < RuleKind::weighted || rule.kind > last_rule_kind) return bad("unknown kind", i);
    if (rule.branches == 0) return bad("no branch", i);
    if (rule.offset < headers_end || rule.offset > tree.size() || rule.offset % 4 != 0 ||
        rule.branches > (tree.size() - rule.offset) /
                            (sizeof(Branch) + (has_sites(rule.kind) ? sizeof(Site) : 0)))
      return bad("branches are outside", i);
    const RuleView view(tree, i);
    if (const char* fault = check_values(view)) return bad(fault, i);
    if (const char* fault = has_sites(rule.kind) ? check_sites(view) : nullptr)
      return bad(fault, i);
    if (const char* fault = check_branches(view, i, header)) return bad(fault, i);
  }
  return {};
}

Selection PolicyTree::select(const Facts& facts, Random& random) const noexcept {
  Silent silent;
  return select_telling(facts, random, silent, NothingBeyond());
}

}  // namespace waymark::policy
