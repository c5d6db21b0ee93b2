// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_builder.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "policy/policy_tree.h"
#include "policy/range_writer.h"

namespace waymark::policy {
namespace {

constexpr std::size_t most = 0xFFFF;

Error bad(const std::string& what, std::size_t rule) {
  return {ErrorCode::bad_value, "policy rule " + std::to_string(rule) + " " + what};
}

const std::vector<BranchSpec>& branches_of(const RuleSpec& rule) {
  return std::visit(
      [](const auto& spec) -> const std::vector<BranchSpec>& {
        if constexpr (requires { spec.tiers; })
          return spec.tiers;
        else
          return spec.branches;
      },
      rule);
}

/// What stands beside the branches of a rule, one for each: null, or what is missing.
const char* missing_beside(const RuleSpec& rule, std::size_t count) {
  struct Visitor {
    std::size_t count;
    const char* operator()(const WeightedSpec& spec) const {
      return spec.weights.size() == count ? nullptr : "needs one weight for each branch";
    }
    const char* operator()(const FailoverSpec&) const { return nullptr; }
    const char* operator()(const MultivalueSpec& spec) const {
      for (const BranchSpec& branch : spec.branches)
        if (branch.kind == BranchSpec::Kind::rule) return "has several values, and one is a rule";
      return nullptr;
    }
    const char* operator()(const LatencySpec& spec) const {
      const bool sited = spec.sites.empty() || spec.sites.size() == count;
      return spec.regions.size() == count && spec.region_names.size() == count && sited
                 ? nullptr
                 : "needs one region for each branch";
    }
    const char* operator()(const GeolocationSpec& spec) const {
      return differ(spec.areas) ? nullptr : "needs an area of its own for each branch";
    }
    const char* operator()(const GeoproximitySpec& spec) const {
      return spec.sites.size() == count ? nullptr : "needs one site for each branch";
    }
    const char* operator()(const IpBasedSpec& spec) const {
      return differ(spec.locations) ? nullptr : "needs a location of its own for each branch";
    }
    bool differ(std::vector<std::uint32_t> values) const {
      std::sort(values.begin(), values.end());
      return values.size() == count &&
             std::adjacent_find(values.begin(), values.end()) == values.end();
    }
  };
  return std::visit(Visitor{count}, rule);
}

Result<void> check_lists(const RuleSpec& rule, std::size_t number) {
  const std::size_t count = branches_of(rule).size();
  if (count == 0) return bad("has no branch", number);
  if (count > most) return bad("has more than 65,535 branches", number);
  if (const char* missing = missing_beside(rule, count)) return bad(missing, number);
  if (const auto* weighted = std::get_if<WeightedSpec>(&rule)) {
    const std::uint64_t sum =
        std::accumulate(weighted->weights.begin(), weighted->weights.end(), std::uint64_t{0});
    if (sum > std::numeric_limits<std::uint32_t>::max())
      return bad("has a sum of weights over 4,294,967,295", number);
  }
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

/// One rule as it will stand: branches in the order in which the walk wants them.
struct Written {
  RuleKind kind{};
  std::uint32_t total = 0;
  std::vector<Branch> branches{};
  std::vector<Site> sites{};

  /// Branches, and sites with them, by what `before(i, j)` says of their old places.
  template <class Before>
  void sort(const Before& before) {
    std::vector<std::size_t> order(branches.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), before);
    const auto old_branches = branches;
    const auto old_sites = sites;
    for (std::size_t i = 0; i < order.size(); ++i) {
      branches[i] = old_branches[order[i]];
      if (!sites.empty()) sites[i] = old_sites[order[i]];
    }
  }
  void set_values(const std::vector<std::uint32_t>& values) {
    for (std::size_t i = 0; i < branches.size(); ++i)
      branches[i].value = values[i];
    sort([&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  }
};

struct Fill {
  Written& out;
  void operator()(const WeightedSpec& spec) const {
    out.kind = RuleKind::weighted;
    for (std::size_t i = 0; i < out.branches.size(); ++i)
      out.branches[i].value = out.total += spec.weights[i];
  }
  void operator()(const FailoverSpec&) const { out.kind = RuleKind::failover; }
  void operator()(const MultivalueSpec&) const { out.kind = RuleKind::multivalue; }
  void operator()(const LatencySpec& spec) const {
    out.kind = RuleKind::latency;
    for (std::size_t i = 0; i < out.branches.size(); ++i)
      out.branches[i].value = spec.regions[i];
    out.sites = spec.sites;
    out.sites.resize(out.branches.size());
    out.sort(
        [&](std::size_t a, std::size_t b) { return spec.region_names[a] < spec.region_names[b]; });
  }
  void operator()(const GeolocationSpec& spec) const {
    out.kind = RuleKind::geolocation;
    out.set_values(spec.areas);
  }
  void operator()(const GeoproximitySpec& spec) const {
    out.kind = RuleKind::geoproximity;
    out.sites = spec.sites;
  }
  void operator()(const IpBasedSpec& spec) const {
    out.kind = RuleKind::ip_based;
    out.total = spec.collection;
    out.set_values(spec.locations);
  }
};

Written write_rule(const RuleSpec& rule, const std::vector<std::uint16_t>& number) {
  Written written;
  for (const BranchSpec& spec : branches_of(rule)) {
    const bool to_rule = spec.kind == BranchSpec::Kind::rule;
    written.branches.push_back({to_rule ? BranchKind::rule : BranchKind::target,
                                static_cast<std::uint8_t>(spec.descends ? branch_descends : 0),
                                to_rule ? number[spec.index] : spec.index,
                                static_cast<std::uint32_t>(spec.health), 0});
  }
  std::visit(Fill{written}, rule);
  return written;
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
  put(tree, 0, TreeHeader{static_cast<std::uint16_t>(rules.size()), targets, 0, 0, 0});
  for (std::size_t i = 0; i < order->size(); ++i) {
    const Written rule = write_rule(rules[(*order)[i]], number);
    put(tree, sizeof(TreeHeader) + i * sizeof(RuleHeader),
        RuleHeader{rule.kind, static_cast<std::uint16_t>(rule.branches.size()),
                   static_cast<std::uint32_t>(tree.size()), rule.total});
    for (const Branch& branch : rule.branches)
      append_value(tree, branch);
    for (const Site& site : rule.sites)
      append_value(tree, site);
  }
  return tree;
}

void set_counting(Bytes& tree, const Counting& counting) {
  WAYMARK_ASSERT(tree.size() >= sizeof(TreeHeader));
  TreeHeader header;
  std::memcpy(&header, tree.data(), sizeof header);
  header.counter = counting.counter;
  header.tag = counting.tag;
  header.signature = counting.signature;
  put(tree, 0, header);
}

}  // namespace waymark::policy
