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

/// What is wrong with the values of a rule's branches, or null.
const char* check_values(const RuleView& rule) noexcept {
  std::uint32_t before = 0;
  for (const Branch& branch : rule.branches) {
    switch (rule.header.kind) {
      case RuleKind::weighted:
        if (branch.value < before) return "weights go down";
        before = branch.value;
        break;
      case RuleKind::failover:
        if (branch.value != 0) return "a tier has a value";
        break;
      case RuleKind::latency:
        if (branch.value > 0xFFFF) return "a region number is too high";
        break;
    }
  }
  return rule.header.total == before ? nullptr : "the total is not the sum of the weights";
}

const char* check_branches(const RuleView& rule, std::size_t number,
                           const TreeHeader& tree) noexcept {
  for (const Branch& branch : rule.branches) {
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
  for (std::uint16_t i = 0; i < header.rules; ++i) {
    const auto& rule = reinterpret_cast<const RuleHeader*>(tree.data() + sizeof(TreeHeader))[i];
    if (rule.kind < RuleKind::weighted || rule.kind > RuleKind::latency)
      return bad("unknown kind", i);
    if (rule.branches == 0) return bad("no branch", i);
    if (rule.offset < headers_end || rule.offset > tree.size() || rule.offset % 4 != 0 ||
        rule.branches > (tree.size() - rule.offset) / sizeof(Branch))
      return bad("branches are outside", i);
    const RuleView view(tree, i);
    if (const char* fault = check_values(view)) return bad(fault, i);
    if (const char* fault = check_branches(view, i, header)) return bad(fault, i);
  }
  return {};
}

Selection PolicyTree::select(const Facts& facts, Random& random) const noexcept {
  Silent silent;
  return select_telling(facts, random, silent);
}

}  // namespace waymark::policy
