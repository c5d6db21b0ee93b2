// SPDX-License-Identifier: Apache-2.0
#include "policy/policy_builder.h"

#include <gtest/gtest.h>

#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

void expect_refused(const std::vector<RuleSpec>& rules, std::uint16_t targets, const char* detail) {
  const auto built = build_policy(rules, targets);
  ASSERT_FALSE(built);
  EXPECT_EQ(built.error().code(), ErrorCode::bad_value);
  EXPECT_NE(built.error().detail().find(detail), std::string::npos) << built.error().detail();
}

TEST(PolicyBuilder, RefusesRulesThatLeadNowhere) {
  expect_refused({}, 1, "needs a rule");
  expect_refused({FailoverSpec{}}, 1, "has no branch");
  expect_refused({FailoverSpec{{to_target(1)}}}, 1, "leads to target 1");
  expect_refused({FailoverSpec{{to_rule(1)}}}, 1, "leads to rule 1");
}

TEST(PolicyBuilder, RefusesCyclesAndRulesThatNothingLeadsTo) {
  expect_refused({FailoverSpec{{to_rule(0)}}}, 1, "cycle");
  expect_refused({FailoverSpec{{to_target(0), to_rule(1)}}, FailoverSpec{{to_rule(2)}},
                  FailoverSpec{{to_rule(1)}}},
                 1, "cycle");
  expect_refused({FailoverSpec{{to_target(0)}}, FailoverSpec{{to_target(0)}}}, 1, "is not led to");
}

TEST(PolicyBuilder, RefusesListsOfUnequalLengthAndTooLargeSums) {
  expect_refused({WeightedSpec{{1, 2}, {to_target(0)}}}, 1, "one weight");
  expect_refused({LatencySpec{{0}, {}, {to_target(0)}}}, 1, "one region");
  expect_refused({weighted({0xFFFFFFFF, 1})}, 2, "sum of weights");
}

TEST(PolicyBuilder, OrdersSharedRulesBehindAllThatLeadToThem) {
  // 0 → 1 and 2; 1 and 2 → 3, which is written before its parents' numbers are known.
  TestTree tree({FailoverSpec{{to_rule(3, 1), to_rule(2)}}, FailoverSpec{{to_target(0)}},
                 FailoverSpec{{to_rule(1)}}, FailoverSpec{{to_rule(1)}}},
                1);
  EXPECT_EQ(tree.select().targets[0], 0);
}

}  // namespace
}  // namespace waymark::policy
