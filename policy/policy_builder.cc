// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "policy/policy_tree.h"

namespace waymark::policy {
namespace {

constexpr std::size_t most = 0xFFFF;

Error bad(const std::string& what, std::size_t rule) {
  return {ErrorCode::bad_value, "policy rule " + std::to_string(rule) + " " + what};
}

const std::vector<BranchSpec>& branches_of(const RuleSpec& rule) {
  struct Visitor {
    const std::vector<BranchSpec>& operator()(const WeightedSpec& spec) { return spec.branches; }
    const std::vector<BranchSpec>& operator()(const FailoverSpec& spec) { return spec.tiers; }
    const std::vector<BranchSpec>& operator()(const LatencySpec& spec) { return spec.branches; }
  };
  return std::visit(Visitor{}, rule);
}

Result<void> check_lists(const RuleSpec& rule, std::size_t number) {
  const std::size_t count = branches_of(rule).size();
  if (count == 0) return bad("has no branch", number);
  if (count > most) return bad("has more than 65,535 branches", number);
  if (const auto* weighted = std::get_if<WeightedSpec>(&rule)) {
    if (weighted->weights.size() != count) return bad("needs one weight for each branch", number);
    const std::uint64_t sum =
        std::accumulate(weighted->weights.begin(), weighted->weights.end(), std::uint64_t{0});
    if (sum > std::numeric_limits<std::uint32_t>::max())
      return bad("has a sum of weights over 4,294,967,295", number);
  }
  if (const auto* latency = std::get_if<LatencySpec>(&rule))
    if (latency->regions.size() != count || latency->region_names.size() != count)
      return bad("needs one region for each branch", number);
  return {};
}

Result<void> check_indices(const std::vector<RuleSpec>& rules, std::uint16_t targets) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (auto lists = check_lists(rules[i], i); !lists) return lists.error();
    for (const BranchSpec& branch : branches_of(rules[i])) {
      const bool to_rule = branch.kind == BranchSpec::Kind::rule;
      if (branch.index >= (to_rule ? rules.size() : targets))
        return bad(std::string("leads to ") + (to_rule ? "rule " : "target ") +
                       std::to_string(branch.index) + ", which is not there",
                   i);
    }
  }
  return {};
}

/// Rules so that each comes before those it leads to; the root first.
Result<std::vector<std::uint16_t>> order_rules(const std::vector<RuleSpec>& rules) {
  std::vector<std::size_t> leads_here(rules.size());
  for (const RuleSpec& rule : rules)
    for (const BranchSpec& branch : branches_of(rule))
      if (branch.kind == BranchSpec::Kind::rule) ++leads_here[branch.index];
  for (std::size_t i = 1; i < rules.size(); ++i)
    if (leads_here[i] == 0) return bad("is not led to", i);
  if (leads_here[0] != 0) return bad("is the root and is led to: a cycle", 0);

  std::vector<std::uint16_t> order{0};
  for (std::size_t done = 0; done < order.size(); ++done)
    for (const BranchSpec& branch : branches_of(rules[order[done]]))
      if (branch.kind == BranchSpec::Kind::rule && --leads_here[branch.index] == 0)
        order.push_back(branch.index);
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (leads_here[i] != 0) return bad("leads to itself or stands behind a cycle", i);
  return order;
}

/// Branches in the order in which the walk wants them, with `value` set.
std::vector<Branch> write_branches(const RuleSpec& rule, const std::vector<std::uint16_t>& number) {
  std::vector<Branch> branches;
  for (const BranchSpec& spec : branches_of(rule)) {
    const bool to_rule = spec.kind == BranchSpec::Kind::rule;
    branches.push_back({to_rule ? BranchKind::rule : BranchKind::target, 0,
                        to_rule ? number[spec.index] : spec.index,
                        static_cast<std::uint32_t>(spec.health), 0});
  }
  if (const auto* weighted = std::get_if<WeightedSpec>(&rule)) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < branches.size(); ++i)
      branches[i].value = sum += weighted->weights[i];
  } else if (const auto* latency = std::get_if<LatencySpec>(&rule)) {
    std::vector<std::size_t> by_name(branches.size());
    std::iota(by_name.begin(), by_name.end(), std::size_t{0});
    std::stable_sort(by_name.begin(), by_name.end(), [&](std::size_t a, std::size_t b) {
      return latency->region_names[a] < latency->region_names[b];
    });
    std::vector<Branch> sorted;
    for (const std::size_t i : by_name) {
      branches[i].value = latency->regions[i];
      sorted.push_back(branches[i]);
    }
    return sorted;
  }
  return branches;
}

template <class T>
void put(Bytes& out, std::size_t at, const T& value) {
  std::memcpy(out.data() + at, &value, sizeof(T));
}

}  // namespace

Result<Bytes> build_policy(const std::vector<RuleSpec>& rules, std::uint16_t targets) {
  if (rules.empty()) return Error(ErrorCode::bad_value, "a policy needs a rule");
  if (rules.size() > most) return Error(ErrorCode::bad_value, "a policy has at most 65,535 rules");
  if (auto checked = check_indices(rules, targets); !checked) return checked.error();
  const auto order = order_rules(rules);
  if (!order) return order.error();
  std::vector<std::uint16_t> number(rules.size());
  for (std::size_t i = 0; i < order->size(); ++i)
    number[(*order)[i]] = static_cast<std::uint16_t>(i);

  Bytes tree(sizeof(TreeHeader) + rules.size() * sizeof(RuleHeader));
  put(tree, 0, TreeHeader{static_cast<std::uint16_t>(rules.size()), targets});
  for (std::size_t i = 0; i < order->size(); ++i) {
    const RuleSpec& rule = rules[(*order)[i]];
    const auto branches = write_branches(rule, number);
    RuleHeader header{RuleKind::failover, static_cast<std::uint16_t>(branches.size()),
                      static_cast<std::uint32_t>(tree.size()), 0};
    if (std::holds_alternative<LatencySpec>(rule)) header.kind = RuleKind::latency;
    if (std::holds_alternative<WeightedSpec>(rule)) {
      header.kind = RuleKind::weighted;
      header.total = branches.back().value;
    }
    put(tree, sizeof(TreeHeader) + i * sizeof(RuleHeader), header);
    const std::size_t at = tree.size();
    tree.resize(at + branches.size() * sizeof(Branch));
    std::memcpy(tree.data() + at, branches.data(), branches.size() * sizeof(Branch));
  }
  return tree;
}

}  // namespace waymark::policy
