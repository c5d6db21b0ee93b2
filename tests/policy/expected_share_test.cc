// SPDX-License-Identifier: Apache-2.0
#include "policy/expected_share.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "tests/policy/random_trees.h"

namespace waymark::policy {
namespace {

std::vector<ExpectedChoice> expected(const TestTree& tree) {
  return expected_choices(PolicyTree(tree.bytes), {tree.client, tree.tables, tree.health.table},
                          NothingBeyond());
}
ExpectedChoice share(std::uint16_t target, double of, bool failed_open = false) {
  return {false, target, failed_open, of};
}
using Choices = std::vector<ExpectedChoice>;

TEST(ExpectedShare, IsTheWeightAmongTheHealthy) {
  TestTree tree({weighted({1, 3, 4})}, 3);
  EXPECT_EQ(expected(tree), (Choices{share(0, 0.125), share(1, 0.375), share(2, 0.5)}));
  tree.health.down({3});
  EXPECT_EQ(expected(tree), (Choices{share(0, 0.25), share(1, 0.75)}));
}

TEST(ExpectedShare, OfWeightZeroIsNothingWhileAPositiveOneIsHealthy) {
  TestTree tree({weighted({0, 5, 0})}, 3);
  EXPECT_EQ(expected(tree), Choices{share(1, 1)});
  tree.health.down({2});
  EXPECT_EQ(expected(tree), (Choices{share(0, 0.5), share(2, 0.5)}));
  tree.health.down({1, 2, 3});
  EXPECT_EQ(expected(tree), Choices{share(1, 1, true)});  // as if all were healthy
}

TEST(ExpectedShare, OfSeveralAtOnceIsAnEqualPart) {
  MultivalueSpec spec;
  for (std::uint16_t i = 0; i < 10; ++i)
    spec.branches.push_back(to_target(i, i + 1U));
  TestTree tree({spec}, 10);
  EXPECT_EQ(expected(tree).size(), 10U);
  for (const ExpectedChoice& one : expected(tree))
    EXPECT_DOUBLE_EQ(one.share, 0.1);
  tree.health.down({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(expected(tree).size(), 4U);
  EXPECT_DOUBLE_EQ(expected(tree).front().share, 0.25);
}

TEST(ExpectedShare, GoesThroughRulesBelowRules) {
  WeightedSpec below = weighted({1, 1});
  WeightedSpec root{{3, 1}, {to_rule(1), to_target(1)}};
  TestTree tree({root, below}, 2);
  EXPECT_EQ(expected(tree), (Choices{share(0, 0.375), share(1, 0.625)}));
}

TEST(ExpectedShare, TellsThatNobodyIsForTheClient) {
  TestTree tree({GeolocationSpec{{country_code("DE")}, {to_target(0)}}}, 1);
  EXPECT_EQ(expected(tree), (Choices{{true, 0, false, 1}}));
}

/// How often select() gives each target its part of an answer; the last is for empty answers.
std::map<std::uint16_t, double> drawn(TestTree& tree, int times) {
  std::map<std::uint16_t, double> seen;
  for (int i = 0; i < times; ++i) {
    const Selection selection = tree.select();
    for (std::size_t at = 0; at < selection.count; ++at)
      seen[selection.targets[at]] += 1.0 / selection.count / times;
    if (selection.count == 0) seen[12] += 1.0 / times;
  }
  return seen;
}

TEST(ExpectedShare, IsWhatSelectGivesOutForAnyTreeClientAndHealth) {
  Random random(20261125);
  constexpr int draws = 2'000;
  int uncertain = 0, outside = 0;
  for (int round = 0; round < 1'500; ++round) {
    RandomTree made(random);
    made.ask_from(clients[random.below(static_cast<std::uint32_t>(clients.size()))]);
    const std::uint32_t odds = 1 + random.below(4);
    for (std::uint32_t slot = 1; slot < 10; ++slot)
      made.tree.health.set(slot, random.below(odds + 1) != 0);
    std::map<std::uint16_t, double> wanted;
    double sum = 0;
    for (const ExpectedChoice& one : expected(made.tree)) {
      wanted[one.nobody ? std::uint16_t{12} : one.target] += one.share;
      sum += one.share;
    }
    ASSERT_NEAR(sum, 1, 1e-9);
    auto seen = drawn(made.tree, draws);
    for (const auto& [target, unused] : seen)
      ASSERT_TRUE(wanted.contains(target)) << "round " << round << ": target " << target;
    for (const auto& [target, p] : wanted) {
      // What stands in several branches at once comes out at most as unevenly as single draws do.
      const double sigma = std::sqrt(p * (1 - p) / draws);
      const double off = std::abs(seen[target] - p);
      if (p < 1 - 1e-9) {
        ++uncertain;
        outside += off > 3 * sigma;
      }
      ASSERT_LE(off, 6 * sigma + 1e-9) << "round " << round << ": target " << target;
    }
  }
  EXPECT_GT(uncertain, 1'000);
  EXPECT_LE(outside, uncertain / 100);  // of a normal draw 0.27 % are beyond 3 sigma
}

}  // namespace
}  // namespace waymark::policy
