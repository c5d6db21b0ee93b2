// SPDX-License-Identifier: Apache-2.0
//
// Each numbered rule of the behaviour specification, §7 and §8, that the evaluator keeps. Expected
// values are the specification's. Rules about records and JSON have theirs beside those.
#include <cmath>
#include <numeric>
#include <set>

#include <gtest/gtest.h>

#include "policy/rules/latency.h"
#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

/// Each share within three standard deviations of the binomial distribution.
void expect_shares(TestTree& tree, const std::map<int, double>& shares, int draws = 40'000) {
  const auto counts = tree.draw(draws);
  for (const auto& [target, share] : shares) {
    const auto found = counts.find(static_cast<std::uint16_t>(target));
    const double seen = found == counts.end() ? 0 : found->second;
    EXPECT_NEAR(seen, draws * share, 3 * std::sqrt(draws * share * (1 - share))) << target;
  }
  int expected = 0;
  for (const auto& [target, count] : counts)
    if (shares.contains(target)) expected += count;
  EXPECT_EQ(expected, draws);
}

BranchSpec place(std::uint16_t target, std::uint32_t slot) {
  return to_target(target, slot);
}

/// Targets 0 to 3 on slots 1 to 4.
GeolocationSpec areas(std::initializer_list<const char*> names) {
  GeolocationSpec spec;
  for (const char* name : names) {
    const std::string_view area = name;
    const auto index = static_cast<std::uint16_t>(spec.branches.size());
    spec.branches.push_back(place(index, index + 1U));
    if (area == "*")
      spec.areas.push_back(geo_everywhere);
    else if (area.size() > 2)
      spec.areas.push_back(subdivision_code(area.substr(0, 2), area.substr(3)));
    else
      spec.areas.push_back(continent_code(area) != 0 ? continent_code(area) : country_code(area));
  }
  return spec;
}

struct GeoTree : TestTree {
  GeoTree(const GeolocationSpec& spec, const char* continent, const char* country,
          const char* subdivision)
      : TestTree({spec}, static_cast<std::uint16_t>(spec.branches.size())) {
    const Location location = *make_location(continent, country, subdivision, {}, {});
    if (location != Location{}) locate({{prefix("192.0.2.0/24"), location}});
  }
};

TEST(Behaviour, Rule7_1_ABranchIsHealthyWhenItsCheckAndItsTargetAre) {
  // failover: rule 1 behind its own check (slot 1), then target 1
  const auto answer = [](bool check, bool target) {
    TestTree tree({FailoverSpec{{into_rule(1, 1), to_target(1)}}, FailoverSpec{{to_target(0, 2)}}},
                  2);
    tree.health.set(1, check);
    tree.health.set(2, target);
    return tree.select().targets[0];
  };
  EXPECT_EQ(answer(true, true), 0);
  EXPECT_EQ(answer(true, false), 1);
  EXPECT_EQ(answer(false, true), 1);
  EXPECT_EQ(answer(false, false), 1);
}

TEST(Behaviour, Rule7_2_OneHealthyMemberThatMayBeSelectedMakesAGroupHealthy) {
  TestTree tree({FailoverSpec{{into_rule(1), to_target(2)}}, weighted({5, 0})}, 3);
  tree.health.down({1});  // the zero weight counts
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({1, 2});
  EXPECT_EQ(answers(tree), (std::set{2}));
}

TEST(Behaviour, Rule7_2_OfGeolocationOnlyTheClientsChainCounts) {
  const std::vector<RuleSpec> rules{FailoverSpec{{into_rule(1), to_target(3)}},
                                    areas({"DE", "US", "*"})};
  TestTree german(rules, 4), american(rules, 4);
  german.locate({{prefix("192.0.2.0/24"), *make_location("", "DE", "", {}, {})}});
  american.locate({{prefix("192.0.2.0/24"), *make_location("", "US", "", {}, {})}});
  german.health.down({1, 3});
  american.health.down({1, 3});
  EXPECT_EQ(answers(german), (std::set{3}));  // US is healthy, and not for this client
  EXPECT_EQ(answers(american), (std::set{1}));
}

TEST(Behaviour, Rule7_2_OfIpBasedOnlyTheClientsLocationsCount) {
  TestTree tree({FailoverSpec{{into_rule(1), to_target(2)}},
                 IpBasedSpec{0, {0, 1}, {to_target(0, 1), to_target(1, 2)}}},
                3);
  tree.collect({{0, {{prefix("192.0.2.0/24"), 0}, {prefix("10.0.0.0/8"), 1}}}});
  EXPECT_EQ(answers(tree), (std::set{0}));
  tree.health.down({1});
  EXPECT_EQ(answers(tree), (std::set{2}));
}

TEST(Behaviour, Rule7_2_AGroupWithNothingForTheClientIsUnhealthy) {
  TestTree tree({FailoverSpec{{into_rule(1), to_target(1)}}, areas({"DE"})}, 2);
  EXPECT_EQ(answers(tree), (std::set{1}));
  EXPECT_FALSE(tree.select().failed_open);
}

TEST(Behaviour, Rule7_3_1_FailsOpenAtEveryLevel) {
  TestTree tree({FailoverSpec{{into_rule(1, 5)}}, weighted({1, 1})}, 2);
  tree.health.down({1, 2, 5});
  EXPECT_EQ(answers(tree), (std::set{0, 1}));
  EXPECT_TRUE(tree.select().failed_open);
}

TEST(Behaviour, Rule7_3_2_BacksOutOfABranchWhoseWholeGroupIsUnhealthy) {
  TestTree tree({FailoverSpec{{into_rule(1), into_rule(2)}}, weighted({1, 1}),
                 FailoverSpec{{to_target(2, 3)}}},
                3);
  tree.health.down({1, 2});
  EXPECT_EQ(answers(tree), (std::set{2}));
  tree.health.down({1, 2, 3});  // all: the first, and within it all
  EXPECT_EQ(answers(tree), (std::set{0, 1}));
}

TEST(Behaviour, Rule7_3_3_WithoutEvaluationABranchIsKeptAndItsGroupFailsOpen) {
  TestTree tree({FailoverSpec{{to_rule(1, 5), to_target(2)}}, weighted({1, 1})}, 3);
  tree.health.down({1});
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({1, 2});
  EXPECT_EQ(answers(tree), (std::set{0, 1}));
  tree.health.down({5});  // its own check still counts
  EXPECT_EQ(answers(tree), (std::set{2}));
}

TEST(Behaviour, Rule7_3_6_ADrawAmongTheHealthyIsOneThirdAndTwoThirds) {
  TestTree tree({weighted({10, 20, 20})}, 3);
  tree.health.down({3});
  expect_shares(tree, {{0, 1.0 / 3}, {1, 2.0 / 3}});
}

TEST(Behaviour, Rule7_3_7_FailoverFailsOpenToThePrimaryAndGeolocationToTheSmallestArea) {
  TestTree failover({FailoverSpec{{to_target(0, 1), to_target(1, 2)}}}, 2);
  failover.health.down({1, 2});
  EXPECT_EQ(answers(failover), (std::set{0}));
  GeoTree geo(areas({"*", "EU", "DE"}), "", "DE", "");
  geo.health.down({1, 2, 3});
  EXPECT_EQ(answers(geo), (std::set{2}));
}

/// §7.4 with groups that are looked into: u1, u2, a1, a2 are targets 0 to 3 on slots 1 to 4; the
/// alias us has slot 5 of its own.
struct WorkedTree : TestTree {
  explicit WorkedTree(bool evaluates = true, std::uint32_t u2 = 2)
      : TestTree(
            {LatencySpec{
                 {0, 1}, {"us", "ap"}, {evaluates ? into_rule(1, 5) : to_rule(1, 5), into_rule(2)}},
             WeightedSpec{{1, 1}, {to_target(0, 1), to_target(1, u2)}},
             WeightedSpec{{1, 1}, {to_target(2, 3), to_target(3, 4)}}},
            4) {
    measure({{prefix("192.0.2.0/24"), {10, 90}}}, 2);
  }
  std::set<int> when(std::initializer_list<std::uint32_t> down) {
    health.down(down);
    return answers(*this);
  }
};

TEST(Behaviour, Rule7_4_GivesTheTableOfTheWorkedTree) {
  WorkedTree tree;
  EXPECT_EQ(tree.when({}), (std::set{0, 1}));
  EXPECT_EQ(tree.when({1}), (std::set{1}));
  EXPECT_EQ(tree.when({1, 2}), (std::set{2, 3}));
  EXPECT_EQ(tree.when({1, 2, 3, 4}), (std::set{0, 1}));
  EXPECT_EQ(tree.when({5}), (std::set{2, 3}));
  EXPECT_EQ(WorkedTree(false).when({1, 2}), (std::set{0, 1}));
  EXPECT_EQ(WorkedTree(true, 0).when({1}), (std::set{1}));
}

TEST(Behaviour, Rule8_2_ZeroWeightsAnswerAsTheTableSays) {
  const auto answered = [](const std::vector<std::uint32_t>& weights,
                           std::initializer_list<std::uint32_t> down, std::uint32_t last = 3) {
    TestTree tree({WeightedSpec{weights, {to_target(0, 1), to_target(1, 2), to_target(2, last)}}},
                  3);
    tree.health.down(down);
    return answers(tree);
  };
  EXPECT_EQ(answered({3, 0, 1}, {1}), (std::set{2}));           // one positive is healthy
  EXPECT_EQ(answered({3, 0, 0}, {1}), (std::set{1, 2}));        // no positive one is
  EXPECT_EQ(answered({0, 0, 0}, {1}), (std::set{1, 2}));        // all are zero
  EXPECT_EQ(answered({3, 0, 1}, {1, 2, 3}), (std::set{0, 2}));  // nobody is healthy
  EXPECT_EQ(answered({0, 0, 0}, {1, 2, 3}), (std::set{0, 1, 2}));
  EXPECT_EQ(answered({3, 1, 0}, {1, 2}, 0), (std::set{2}));  // the zero one has no check
}

TEST(Behaviour, Rule8_2_WeightsGoToSixtyFiveThousand) {
  TestTree tree({weighted({65'535, 65'535, 0})}, 3);
  expect_shares(tree, {{0, 0.5}, {1, 0.5}});
}

TEST(Behaviour, Rule8_2_SharesHoldWithinThreeStandardDeviations) {
  TestTree tree({weighted({1, 2, 3, 4, 90})}, 5);
  expect_shares(tree, {{0, .01}, {1, .02}, {2, .03}, {3, .04}, {4, .9}}, 100'000);
}

TEST(Behaviour, Rule8_3_PrimaryAndSecondaryAnswerAsTheTableSays) {
  const auto answered = [](std::initializer_list<std::uint32_t> down, std::uint32_t second = 2) {
    TestTree tree({FailoverSpec{{to_target(0, 1), to_target(1, second)}}}, 2);
    tree.health.down(down);
    return answers(tree);
  };
  EXPECT_EQ(answered({}), (std::set{0}));
  EXPECT_EQ(answered({2}), (std::set{0}));
  EXPECT_EQ(answered({1}), (std::set{1}));
  EXPECT_EQ(answered({1}, 0), (std::set{1}));  // it has no check
  EXPECT_EQ(answered({1, 2}), (std::set{0}));
}

TEST(Behaviour, Rule8_3_TiersAnswerInOrder) {
  TestTree tree({FailoverSpec{{to_target(0, 1), to_target(1, 2), to_target(2, 3)}}}, 3);
  tree.health.down({1});
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({1, 2});
  EXPECT_EQ(answers(tree), (std::set{2}));
  tree.health.down({1, 2, 3});
  EXPECT_EQ(answers(tree), (std::set{0}));
}

Site site(double latitude, double longitude, double factor = 1) {
  return {Point::at(latitude, longitude), factor};
}

TEST(Behaviour, Rule8_4_EstimatesFromDistanceWhereNothingWasMeasured) {
  // Virginia, Ireland and a region that nobody knows the place of; the client is in London.
  LatencySpec spec{{0, 1, 2},
                   {"us-east-1", "eu-west-1", "nowhere"},
                   {to_target(0, 1), to_target(1, 2), to_target(2, 3)},
                   {site(38.9, -77.5), site(53.3, -6.3), Site{}}};
  TestTree tree({spec}, 3);
  tree.locate({{prefix("192.0.2.0/24"), *make_location("", "GB", "", 51.5, -0.1)}});
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({2});
  EXPECT_EQ(answers(tree), (std::set{0}));
  EXPECT_EQ(tree.select().scope_prefix, 24);

  tree.health.down({});
  tree.measure({{prefix("192.0.2.0/24"), {no_measurement, 200, no_measurement}}}, 3);
  EXPECT_EQ(answers(tree), (std::set{0}));  // measured 200 ms is worse than an estimate of 97
}

TEST(Behaviour, Rule8_4_AnEstimateIsOneMillisecondForSixtyKilometres) {
  EXPECT_EQ(Reach::estimated_milliseconds(0), 0);
  EXPECT_EQ(Reach::estimated_milliseconds(5'570), 92);
  EXPECT_EQ(Reach::estimated_milliseconds(20'015), 333);
}

TEST(Behaviour, Rule8_5_TheFirstHealthyOfTheChainAnswers) {
  GeoTree tree(areas({"*", "NA", "US", "US-WA"}), "", "US", "WA");
  EXPECT_EQ(answers(tree), (std::set{3}));
  tree.health.down({4});
  EXPECT_EQ(answers(tree), (std::set{2}));
  tree.health.down({4, 3});
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({4, 3, 2});
  EXPECT_EQ(answers(tree), (std::set{0}));
  tree.health.down({1, 2, 3, 4});
  EXPECT_EQ(answers(tree), (std::set{3}));
}

TEST(Behaviour, Rule8_5_WithoutAStateTheChainStartsAtTheCountry) {
  GeoTree tree(areas({"*", "US", "US-WA"}), "", "US", "");
  EXPECT_EQ(answers(tree), (std::set{1}));
}

TEST(Behaviour, Rule8_5_WithoutALocationOnlyTheDefaultIsLeft) {
  GeoTree with(areas({"*", "US"}), "", "", ""), without(areas({"EU", "US"}), "", "", "");
  EXPECT_EQ(answers(with), (std::set{0}));
  EXPECT_EQ(without.select().count, 0);
}

TEST(Behaviour, Rule8_5_TheDefaultIsNotAContinent) {
  GeoTree with(areas({"US", "*"}), "", "DE", ""), without(areas({"US", "NA"}), "", "DE", "");
  EXPECT_EQ(answers(with), (std::set{1}));
  EXPECT_EQ(without.select().count, 0);
  EXPECT_TRUE(without.select().used_client);
}

GeoproximitySpec two_sites(double near_bias, double far_bias) {
  // on the equator; 1° is 111.19 km
  return {{site(0, 1.0, near_bias), site(0, -1.5, far_bias)}, {to_target(0, 1), to_target(1, 2)}};
}

TEST(Behaviour, Rule8_6_TheSmallestBiasedDistanceWins) {
  const auto answer = [](int near_bias, int far_bias) {
    TestTree tree({two_sites(bias_factor(near_bias), bias_factor(far_bias))}, 2);
    tree.locate({{prefix("192.0.2.0/24"), *make_location("", "", "", 0, 0)}});
    return tree.select().targets[0];
  };
  EXPECT_EQ(answer(0, 0), 0);
  EXPECT_EQ(answer(0, 50), 1);   // 150 km count as 75, less than 100
  EXPECT_EQ(answer(-50, 0), 1);  // 100 km count as 200, more than 150
  EXPECT_EQ(answer(0, 33), 0);   // 150 → 100.5
  EXPECT_EQ(answer(0, 34), 1);   // 150 → 99
  EXPECT_DOUBLE_EQ(bias_factor(50), 0.5);
  EXPECT_DOUBLE_EQ(bias_factor(-50), 2);
}

TEST(Behaviour, Rule8_6_UnhealthyOnesAreSkippedAndTiesGoToTheFirst) {
  TestTree tree({two_sites(1, 1)}, 2);
  tree.health.down({1});
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({1, 2});
  EXPECT_EQ(answers(tree), (std::set{0}));  // from latitude 0, longitude 0: nothing is known

  TestTree tied({GeoproximitySpec{{site(0, 1), site(0, 1)}, {to_target(0), to_target(1)}}}, 2);
  EXPECT_EQ(answers(tied), (std::set{0}));
}

MultivalueSpec values(std::uint16_t count) {
  MultivalueSpec spec;
  for (std::uint16_t i = 0; i < count; ++i)
    spec.branches.push_back(to_target(i, i + 1U));
  return spec;
}

TEST(Behaviour, Rule8_7_UpToEightHealthyOnesAreInEveryAnswer) {
  TestTree tree({values(8)}, 8);
  EXPECT_EQ(tree.select().count, 8);
  tree.health.down({1, 5});
  for (int i = 0; i < 50; ++i) {
    const Selection selection = tree.select();
    ASSERT_EQ(selection.count, 6);
    const std::set<int> seen(selection.targets.begin(), selection.targets.begin() + 6);
    ASSERT_EQ(seen, (std::set{1, 2, 3, 5, 6, 7}));
  }
  tree.health.down({1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_EQ(tree.select().count, 8);
  EXPECT_TRUE(tree.select().failed_open);
}

TEST(Behaviour, Rule8_7_OfMoreThanEightEachIsAsLikelyAndAllDiffer) {
  TestTree tree({values(20)}, 20);
  tree.random = Random(8);
  std::map<int, int> seen, first;
  constexpr int rounds = 40'000;
  for (int i = 0; i < rounds; ++i) {
    const Selection selection = tree.select();
    ASSERT_EQ(selection.count, 8);
    EXPECT_EQ(std::set(selection.targets.begin(), selection.targets.end()).size(), 8U);
    for (const auto target : selection.targets)
      ++seen[target];
    ++first[selection.targets[0]];
  }
  for (int target = 0; target < 20; ++target) {
    EXPECT_NEAR(seen[target], rounds * .4, 3 * std::sqrt(rounds * .4 * .6)) << target;
    EXPECT_NEAR(first[target], rounds * .05, 3 * std::sqrt(rounds * .05 * .95)) << target;
  }
}

TEST(Behaviour, Rule8_9_OnlyRulesThatLookAtTheClientSaySo) {
  const auto used = [](const RuleSpec& rule) { return TestTree({rule}, 2).select().used_client; };
  EXPECT_FALSE(used(weighted({1, 1})));
  EXPECT_FALSE(used(FailoverSpec{{to_target(0)}}));
  EXPECT_FALSE(used(values(2)));
  EXPECT_TRUE(used(LatencySpec{{0}, {"a"}, {to_target(0)}}));
  EXPECT_TRUE(used(GeolocationSpec{{geo_everywhere}, {to_target(0)}}));
  EXPECT_TRUE(used(two_sites(1, 1)));
  EXPECT_TRUE(used(IpBasedSpec{0, {default_cidr_location}, {to_target(0)}}));
}

TEST(Behaviour, Rule8_9_ATreeUsesTheClientWhenAGroupOnTheWayDoes) {
  TestTree tree({FailoverSpec{{to_target(1, 1), to_rule(1)}}, areas({"*"})}, 2);
  EXPECT_FALSE(tree.select().used_client);
  tree.health.down({1});
  EXPECT_TRUE(tree.select().used_client);
}

}  // namespace
}  // namespace waymark::policy
