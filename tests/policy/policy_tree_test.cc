// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_tree.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "policy/policy_walk.h"
#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

constexpr int draws = 60'000;

/// Pearson's statistic of counts against weights.
double chi_square(const std::map<std::uint16_t, int>& counts,
                  const std::map<int, double>& weights) {
  double sum = 0;
  double total = 0;
  for (const auto& [target, weight] : weights)
    total += weight;
  for (const auto& [target, weight] : weights) {
    const double expected = draws * weight / total;
    const auto found = counts.find(static_cast<std::uint16_t>(target));
    const double seen = found == counts.end() ? 0 : found->second;
    sum += (seen - expected) * (seen - expected) / expected;
  }
  return sum;
}

/// Only the targets of `weights`, in these proportions: the 0.999 quantile of up to 5 degrees.
void expect_shares(TestTree& tree, const std::map<int, double>& weights) {
  const auto counts = tree.draw(draws);
  for (const auto& [target, count] : counts)
    EXPECT_TRUE(weights.contains(target)) << target;
  EXPECT_LT(chi_square(counts, weights), 20.5);
}

TEST(Weighted, DrawsInProportionToTheWeights) {
  TestTree tree({weighted({10, 20, 70, 0, 155})}, 5);
  expect_shares(tree, {{0, 10}, {1, 20}, {2, 70}, {4, 155}});
  EXPECT_FALSE(tree.select().failed_open);
}

TEST(Weighted, SharesAmongTheHealthyStayInProportion) {
  TestTree tree({weighted({10, 20, 20})}, 3);
  tree.health.down({3});
  expect_shares(tree, {{0, 1}, {1, 2}});
}

TEST(Weighted, ZeroWeightNeverAnswersWhileAPositiveOneIsHealthy) {
  TestTree tree({weighted({0, 1, 5})}, 3);
  tree.health.down({3});
  expect_shares(tree, {{1, 1}});
}

TEST(Weighted, HealthyZeroWeightsShareEquallyWhenEveryPositiveOneIsDown) {
  TestTree tree({weighted({0, 9, 0, 0})}, 4);
  tree.health.down({2, 4});
  expect_shares(tree, {{0, 1}, {2, 1}});
  EXPECT_FALSE(tree.select().failed_open);
}

TEST(Weighted, HealthyOnesShareEquallyWhenAllWeightsAreZero) {
  TestTree tree({weighted({0, 0, 0})}, 3);
  tree.health.down({1});
  expect_shares(tree, {{1, 1}, {2, 1}});
}

TEST(Weighted, FailsOpenToThePositiveWeightsWhenNobodyIsHealthy) {
  TestTree tree({weighted({1, 0, 3})}, 3);
  tree.health.down({1, 2, 3});
  expect_shares(tree, {{0, 1}, {2, 3}});
  EXPECT_TRUE(tree.select().failed_open);
}

TEST(Weighted, FailsOpenEquallyWhenAllWeightsAreZero) {
  TestTree tree({weighted({0, 0, 0})}, 3);
  tree.health.down({1, 2, 3});
  expect_shares(tree, {{0, 1}, {1, 1}, {2, 1}});
  EXPECT_TRUE(tree.select().failed_open);
}

TEST(Weighted, ZeroWeightWithoutAHealthCheckAnswersWhenThePositiveOnesAreDown) {
  TestTree tree({WeightedSpec{{4, 0}, {to_target(0, 1), to_target(1)}}}, 2);
  tree.health.down({1});
  expect_shares(tree, {{1, 1}});
}

TEST(Weighted, WhatIsDrawnAtOnceIsWhatTheWholeWalkChooses) {
  TestTree tree({weighted({10, 0, 20, 30, 0})}, 5);
  tree.health.down({3});
  int at_once = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    Random drawing(seed), walking(seed), untouched(seed);
    const Branch* drawn = PolicyTree(tree.bytes).draw_at_once(tree.health.table, drawing);
    tree.random = walking;
    const Selection selection = tree.select();

    if (drawn != nullptr) {
      ++at_once;
      EXPECT_EQ(drawn->index, selection.targets[0]);
      EXPECT_EQ(drawing.next(), tree.random.next());
    } else {
      EXPECT_EQ(drawing.next(), untouched.next());
    }
  }
  EXPECT_NEAR(at_once, 667, 67);  // of 60, 20 belong to the one that is down
}

TEST(Weighted, IsNotDrawnAtOnceWhenTheBranchLeadsOn) {
  TestTree tree({WeightedSpec{{1}, {to_rule(1)}}, weighted({1})}, 1);

  EXPECT_EQ(PolicyTree(tree.bytes).draw_at_once(tree.health.table, tree.random), nullptr);
  EXPECT_EQ(tree.select().count, 1);
}

TEST(Weighted, TakesTheLargestSumThatFits) {
  TestTree tree({weighted({0xFFFFFFFE, 1})}, 2);
  EXPECT_EQ(tree.draw(100).size(), 1U);
}

TEST(Failover, FollowsTheTableOfPrimaryAndSecondary) {
  TestTree tree({FailoverSpec{{to_target(0, 1), to_target(1, 2)}}}, 2);
  const auto answer = [&](std::initializer_list<std::uint32_t> down) {
    tree.health.down(down);
    return tree.select();
  };
  EXPECT_EQ(answer({}).targets[0], 0);
  EXPECT_EQ(answer({2}).targets[0], 0);
  EXPECT_EQ(answer({1}).targets[0], 1);
  EXPECT_FALSE(answer({1}).failed_open);
  EXPECT_EQ(answer({1, 2}).targets[0], 0);
  EXPECT_TRUE(answer({1, 2}).failed_open);
}

TEST(Failover, SecondaryWithoutAHealthCheckAnswersForADownPrimary) {
  TestTree tree({FailoverSpec{{to_target(0, 1), to_target(1)}}}, 2);
  tree.health.down({1});
  EXPECT_EQ(tree.select().targets[0], 1);
}

TEST(Failover, ALoneTierAlwaysAnswers) {
  TestTree tree({FailoverSpec{{to_target(0, 1)}}}, 1);
  EXPECT_EQ(tree.select().targets[0], 0);
  tree.health.down({1});
  EXPECT_EQ(tree.select().targets[0], 0);
}

/// Regions 0 "us-east-1", 1 "eu-west-1", 2 "ap-south-1" as targets 0, 1, 2.
LatencySpec three_regions() {
  return {{0, 1, 2},
          {"us-east-1", "eu-west-1", "ap-south-1"},
          {to_target(0, 1), to_target(1, 2), to_target(2, 3)}};
}

TEST(Latency, TakesTheNearestHealthyThenTheNextAndFailsOpenToTheNearest) {
  TestTree tree({three_regions()}, 3);
  tree.measure({{prefix("192.0.2.0/24"), {80, 20, 150}}}, 3);
  EXPECT_EQ(tree.select().targets[0], 1);
  tree.health.down({2});
  EXPECT_EQ(tree.select().targets[0], 0);
  tree.health.down({1, 2});
  EXPECT_EQ(tree.select().targets[0], 2);
  EXPECT_FALSE(tree.select().failed_open);
  tree.health.down({1, 2, 3});
  EXPECT_EQ(tree.select().targets[0], 1);
  EXPECT_TRUE(tree.select().failed_open);
}

TEST(Latency, TiesGoToTheFirstRegionByName) {
  TestTree tree({three_regions()}, 3);
  tree.measure({{prefix("192.0.2.0/24"), {20, 20, 30}}}, 3);
  EXPECT_EQ(tree.select().targets[0], 1);  // eu-west-1 before us-east-1
}

TEST(Latency, AnUnknownMeasurementIsWorseThanAnyOther) {
  TestTree tree({three_regions()}, 3);
  tree.measure({{prefix("192.0.2.0/24"), {0xFFFE, no_measurement, no_measurement}}}, 3);
  EXPECT_EQ(tree.select().targets[0], 0);
  tree.health.down({1});
  EXPECT_EQ(tree.select().targets[0], 2);  // ap-south-1 before eu-west-1
}

TEST(Latency, WithoutDataTheFirstByNameAnswers) {
  TestTree tree({three_regions()}, 3);
  EXPECT_EQ(tree.select().targets[0], 2);
  tree.health.down({3});
  EXPECT_EQ(tree.select().targets[0], 1);
}

TEST(Latency, ReportsTheBitsOfTheClientThatDecided) {
  TestTree tree({three_regions()}, 3);
  tree.measure({{prefix("192.0.2.0/24"), {80, 20, 150}}}, 3);
  EXPECT_TRUE(tree.select().used_client);
  EXPECT_EQ(tree.select().scope_prefix, 24);
}

TEST(PolicyTree, SaysNothingOfTheClientWhenNoRuleLookedAtIt) {
  TestTree tree({weighted({1})}, 1);
  tree.measure({{prefix("192.0.2.0/24"), {1}}}, 1);
  EXPECT_FALSE(tree.select().used_client);
  EXPECT_EQ(tree.select().scope_prefix, 0);
}

/// Spec §7.4: www latency → us weighted {u1, u2}, ap weighted {a1, a2}. Slots 1 to 4 are the
/// members', 5 and 6 what the aliases us and ap hang on.
struct WorkedTree : TestTree {
  explicit WorkedTree(std::uint32_t us_slot = 5, std::uint32_t u2_slot = 2)
      : TestTree({LatencySpec{{0, 1}, {"us", "ap"}, {to_rule(1, us_slot), to_rule(2, 6)}},
                  WeightedSpec{{1, 1}, {to_target(0, 1), to_target(1, u2_slot)}},
                  WeightedSpec{{1, 1}, {to_target(2, 3), to_target(3, 4)}}},
                 4) {
    measure({{prefix("192.0.2.0/24"), {10, 90}}}, 2);
  }
  std::set<int> answers() {
    std::set<int> seen;
    for (const auto& [target, count] : draw(200))
      seen.insert(target);
    return seen;
  }
};

TEST(PolicyTree, WalksTheWorkedTree) {
  WorkedTree tree;
  EXPECT_EQ(tree.answers(), (std::set{0, 1}));
  tree.health.down({1});
  EXPECT_EQ(tree.answers(), (std::set{1}));
  tree.health.down({1, 2, 5});
  EXPECT_EQ(tree.answers(), (std::set{2, 3}));
  tree.health.down({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(tree.answers(), (std::set{0, 1}));
  EXPECT_TRUE(tree.select().failed_open);
  tree.health.down({5});  // the check on the alias itself
  EXPECT_EQ(tree.answers(), (std::set{2, 3}));
}

TEST(PolicyTree, NeverLeavesABranchThatDoesNotEvaluateItsTarget) {
  WorkedTree tree(0);
  tree.health.down({1, 2});
  EXPECT_EQ(tree.answers(), (std::set{0, 1}));
}

TEST(PolicyTree, AMemberWithoutAHealthCheckCarriesTheGroup) {
  WorkedTree tree(5, 0);
  tree.health.down({1});
  EXPECT_EQ(tree.answers(), (std::set{1}));
}

TEST(PolicyTree, FailsOpenWhereItStandsAfterSixtyFourRules) {
  const auto chain = [](std::uint16_t rules) {
    std::vector<RuleSpec> specs;
    for (std::uint16_t i = 0; i + 1 < rules; ++i)
      specs.push_back(FailoverSpec{{to_rule(static_cast<std::uint16_t>(i + 1))}});
    specs.push_back(FailoverSpec{{to_target(0, 1), to_target(1)}});
    return specs;
  };
  TestTree longest(chain(64), 2);
  longest.health.down({1});
  EXPECT_EQ(longest.select().targets[0], 1);
  EXPECT_FALSE(longest.select().failed_open);

  TestTree too_long(chain(65), 2);
  too_long.health.down({1});
  EXPECT_EQ(too_long.select().targets[0], 0);
  EXPECT_TRUE(too_long.select().failed_open);
}

/// Notes what a walk tells.
struct Notes {
  std::vector<std::pair<std::uint32_t, bool>> candidates;
  std::vector<std::uint16_t> chosen_indices;
  int draws_told = 0, rules_told = 0, failed_open = 0;

  void rule(RuleKind, std::uint16_t) { ++rules_told; }
  void candidate(const Branch&, std::uint32_t value, bool healthy, bool) {
    candidates.emplace_back(value, healthy);
  }
  void draw(std::uint32_t, std::uint32_t) { ++draws_told; }
  void fail_open() { ++failed_open; }
  void chosen(const Branch& branch) { chosen_indices.push_back(branch.index); }
  void nobody() {}
};

TEST(PolicyTree, TellsWhatItDoesAndChoosesTheSame) {
  WorkedTree silent;
  WorkedTree told;
  told.health.down({1});
  silent.health.down({1});
  Notes notes;
  const auto selection = PolicyTree(told.bytes)
                             .select_telling({told.client, told.tables, told.health.table},
                                             told.random, notes, NothingBeyond());
  EXPECT_EQ(selection.targets[0], silent.select().targets[0]);
  EXPECT_EQ(notes.rules_told, 2);
  EXPECT_EQ(notes.candidates, (std::vector<std::pair<std::uint32_t, bool>>{
                                  {90, true}, {10, true}, {1, false}, {1, true}}));
  EXPECT_EQ(notes.chosen_indices, (std::vector<std::uint16_t>{1, 1}));
  EXPECT_EQ(notes.draws_told, 1);
  EXPECT_EQ(notes.failed_open, 0);
}

TEST(PolicyTree, CheckRefusesEveryTruncation) {
  const WorkedTree tree;
  for (std::size_t octets = 0; octets < tree.bytes.size(); ++octets) {
    const Bytes cut(tree.bytes.begin(), tree.bytes.begin() + static_cast<std::ptrdiff_t>(octets));
    EXPECT_FALSE(PolicyTree::check(cut, 4)) << octets;
  }
  EXPECT_FALSE(PolicyTree::check(tree.bytes, 3));
}

TEST(PolicyTree, CheckRefusesDamageOrItIsHarmless) {
  Random random(11);
  WorkedTree tree;
  const Bytes good = tree.bytes;
  for (int round = 0; round < 20'000; ++round) {
    tree.bytes = good;
    for (std::uint32_t flips = 1 + random.below(3); flips > 0; --flips)
      tree.bytes[random.below(static_cast<std::uint32_t>(good.size()))] ^=
          static_cast<Octet>(1U << random.below(8));
    if (PolicyTree::check(tree.bytes, 4)) {
      ASSERT_LT(tree.select().targets[0], 4);
    }
  }
}

}  // namespace
}  // namespace waymark::policy
