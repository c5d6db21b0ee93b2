// SPDX-License-Identifier: Apache-2.0
//
// The evaluator beside a slow model that is written from the words of behaviour §7 and §8 alone.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/policy/random_trees.h"

namespace waymark::policy {
namespace {

/// What may come out: `count` of `pool`, any of them.
struct Outcome {
  std::vector<int> pool;
  std::size_t count;
};

double haversine(double lat1, double lon1, double lat2, double lon2) {
  const double radian = std::numbers::pi / 180;
  const double a = std::pow(std::sin((lat2 - lat1) * radian / 2), 2) +
                   std::cos(lat1 * radian) * std::cos(lat2 * radian) *
                       std::pow(std::sin((lon2 - lon1) * radian / 2), 2);
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(a)));
}

/// A prefix as a string of bits: containment is a matter of text.
std::string bits_of(const std::string& subnet) {
  const IpPrefix parsed = *IpPrefix::parse(subnet);
  std::string bits;
  for (int i = 0; i < parsed.length; ++i)
    bits += (parsed.address.octets[static_cast<std::size_t>(i / 8)] >> (7 - i % 8) & 1) != 0 ? '1'
                                                                                             : '0';
  return bits;
}

class Model {
 public:
  Model(const std::vector<ModelRule>& rules, const ModelClient& client, const TestHealth& health)
      : rules_(rules), client_(client), health_(health) {}

  std::vector<Outcome> outcomes(int rule = 0) const {  // §7.3
    const ModelRule& group = rules_[static_cast<std::size_t>(rule)];
    const auto candidates = selectable(group);
    if (candidates.empty()) return {{{}, 0}};
    std::vector<ModelBranch> pool;
    for (const auto& one : candidates)
      if (healthy(one)) pool.push_back(one);
    if (pool.empty()) pool = candidates;
    if (group.kind == RuleKind::multivalue) {
      std::vector<int> targets;
      for (const auto& one : pool)
        targets.push_back(one.target);
      return {{targets, std::min<std::size_t>(8, targets.size())}};
    }
    std::vector<Outcome> all;
    for (const auto& one : pick(group.kind, pool)) {
      if (one.rule < 0) {
        all.push_back({{one.target}, 1});
      } else {
        for (auto& deeper : outcomes(one.rule))
          all.push_back(std::move(deeper));
      }
    }
    return all;
  }

 private:
  bool healthy(const ModelBranch& branch) const {  // §7.1
    if (!health_.table.healthy(health::HealthSlot{branch.slot})) return false;
    return branch.rule < 0 || !branch.evaluates || group_healthy(branch.rule);
  }
  bool group_healthy(int rule) const {  // §7.2
    const auto candidates = selectable(rules_[static_cast<std::size_t>(rule)]);
    return std::any_of(candidates.begin(), candidates.end(),
                       [this](const auto& one) { return healthy(one); });
  }

  /// For geolocation and IP-based rules in the order of the chain.
  std::vector<ModelBranch> selectable(const ModelRule& rule) const {
    std::vector<ModelBranch> found;
    auto take = [&](auto&& matches) {
      for (const auto& one : rule.branches)
        if (matches(one)) found.push_back(one);
    };
    if (rule.kind == RuleKind::geolocation) {
      const std::string state =
          client_.subdivision.empty() ? "?" : client_.country + "-" + client_.subdivision;
      for (const std::string& area : {state, client_.country, client_.continent, std::string("*")})
        if (!area.empty()) take([&](const auto& one) { return one.area == area; });
      return found;
    }
    if (rule.kind != RuleKind::ip_based) return rule.branches;
    const std::string subnet = bits_of(client_.subnet);
    static const auto by_length = [] {
      std::vector<std::pair<std::string, const char*>> longest_first;
      for (const ModelBlock& block : blocks)
        longest_first.emplace_back(bits_of(block.prefix), block.location);
      std::stable_sort(
          longest_first.begin(), longest_first.end(),
          [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
      return longest_first;
    }();
    for (const auto& [bits, location] : by_length)
      if (subnet.starts_with(bits)) take([&](const auto& one) { return one.location == location; });
    take([](const auto& one) { return one.location == "*"; });
    return found;
  }

  std::vector<ModelBranch> pick(RuleKind kind, const std::vector<ModelBranch>& pool) const {
    std::vector<ModelBranch> picked;
    if (kind == RuleKind::weighted) {
      for (const auto& one : pool)
        if (one.weight > 0) picked.push_back(one);
      return picked.empty() ? pool : picked;
    }
    const auto by = [&](auto&& rank) {
      return std::vector{
          *std::min_element(pool.begin(), pool.end(),
                            [&](const auto& a, const auto& b) { return rank(a) < rank(b); })};
    };
    if (kind == RuleKind::latency)
      return by([](const auto& one) {
        return std::pair(one.milliseconds < 0 ? 1 << 20 : one.milliseconds, one.region);
      });
    if (kind == RuleKind::geoproximity)
      return by([this](const auto& one) {
        const auto [lat, lon] = client_.point.value_or(std::pair(0.0, 0.0));
        const double distance = haversine(lat, lon, one.latitude, one.longitude);
        return one.bias >= 0 ? distance * (1 - one.bias / 100.0)
                             : distance / (1 + one.bias / 100.0);
      });
    return {pool.front()};  // failover, geolocation, IP-based: in order
  }

  const std::vector<ModelRule>& rules_;
  const ModelClient& client_;
  const TestHealth& health_;
};

bool is_one_of(const Selection& selection, const std::vector<Outcome>& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& outcome) {
    if (selection.count != outcome.count) return false;
    std::multiset<int> left(outcome.pool.begin(), outcome.pool.end());
    for (std::size_t i = 0; i < selection.count; ++i) {
      const auto found = left.find(selection.targets[i]);
      if (found == left.end()) return false;
      left.erase(found);
    }
    return true;
  });
}

TEST(PolicyTree, AgreesWithTheModelForAnyTreeClientAndHealth) {
  Random random(20241124);
  std::size_t several = 0, none = 0, deep = 0;
  for (int round = 0; round < 25'000; ++round) {
    RandomTree made(random);
    TestTree& tree = made.tree;
    const ModelClient& client = clients[random.below(static_cast<std::uint32_t>(clients.size()))];
    made.ask_from(client);
    for (int state = 0; state < 4; ++state) {
      const std::uint32_t odds = 1 + random.below(4);
      for (std::uint32_t slot = 1; slot < 10; ++slot)
        tree.health.set(slot, random.below(odds + 1) == 0);
      const auto outcomes = Model(made.model, client, tree.health).outcomes();
      const Selection selection = tree.select();
      ASSERT_TRUE(is_one_of(selection, outcomes)) << "round " << round << " state " << state;
      several += selection.count > 1;
      none += selection.count == 0;
      deep += made.model.size() > 2;
    }
  }
  // Or the trees were no test of these.
  EXPECT_GT(several, 5'000U);
  EXPECT_GT(none, 1'000U);
  EXPECT_GT(deep, 40'000U);
}

}  // namespace
}  // namespace waymark::policy
