// SPDX-License-Identifier: Apache-2.0
#include "health/check_state.h"

#include <gtest/gtest.h>

#include "base/clock.h"

namespace waymark::health {
namespace {

using Forced = HealthCheck::Forced;
using std::chrono::seconds;

class CheckStateTest : public testing::Test {
 protected:
  CheckStateTest() {
    check.id = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    check.fall = 3;
    check.rise = 2;
  }
  std::optional<Transition> result(CheckState& state, bool passed) {
    clock.advance(seconds(1));
    return state.record(
        {check.id, passed, {}, passed ? "HTTP 200" : "connection refused", clock.now()});
  }
  /// As the prober does it: made from the board's bit, then settled.
  CheckState start(bool bit) {
    CheckState state(check, bit, clock.now());
    first = state.refresh(clock.now());
    return state;
  }

  ManualClock clock;
  HealthCheck check;
  std::optional<Transition> first;
};

TEST_F(CheckStateTest, ThirdFailureMakesItUnhealthyForThatReason) {
  CheckState state = start(true);
  EXPECT_FALSE(result(state, false));
  EXPECT_FALSE(result(state, false));

  const auto transition = result(state, false);
  ASSERT_TRUE(transition);
  EXPECT_FALSE(transition->healthy);
  EXPECT_EQ(transition->reason, "connection refused");
  EXPECT_EQ(state.status().since, clock.now());
}

TEST_F(CheckStateTest, StartsAsTheBoardShowsAndARestartChangesNothing) {
  for (const bool inverted : {false, true}) {
    for (const bool bit : {false, true}) {
      check.inverted = inverted;
      CheckState state = start(bit);
      EXPECT_FALSE(first);
      EXPECT_EQ(state.healthy(), bit);
      EXPECT_EQ(state.status().up, bit != inverted);
    }
  }
}

TEST_F(CheckStateTest, InversionTurnsTheVerdictRound) {
  check.inverted = true;
  CheckState state = start(false);
  result(state, false);
  result(state, false);

  const auto transition = result(state, false);
  ASSERT_TRUE(transition);
  EXPECT_TRUE(transition->healthy);
  EXPECT_FALSE(state.status().up);
}

TEST_F(CheckStateTest, DisabledIsHealthyAndDisabledInvertedIsNot) {
  check.disabled = true;
  EXPECT_TRUE(start(false).healthy());
  ASSERT_TRUE(first);
  EXPECT_EQ(first->reason, "disabled");

  check.inverted = true;
  EXPECT_FALSE(start(true).healthy());
}

TEST_F(CheckStateTest, ForceWinsOverInversionAndDisabled) {
  for (const bool inverted : {false, true}) {
    for (const bool disabled : {false, true}) {
      check.inverted = inverted;
      check.disabled = disabled;
      check.forced = Forced::up;
      EXPECT_TRUE(start(false).healthy());
      check.forced = Forced::down;
      EXPECT_FALSE(start(true).healthy());
    }
  }
}

TEST_F(CheckStateTest, ForceEndsAtItsTime) {
  CheckState state = start(true);
  check.forced = Forced::down;
  check.forced_until = TimePoint(seconds(1'767'225'600));  // 2026-01-01T00:00:00Z
  const auto forced = state.use(check, *check.forced_until - seconds(60));
  ASSERT_TRUE(forced);
  EXPECT_EQ(forced->reason, "forced down until 2026-01-01T00:00:00Z");
  EXPECT_EQ(state.force_ends(), check.forced_until);
  EXPECT_FALSE(state.refresh(*check.forced_until - seconds(1)));

  const auto ended = state.refresh(*check.forced_until);
  ASSERT_TRUE(ended);
  EXPECT_TRUE(ended->healthy);
  EXPECT_EQ(ended->reason, "no longer forced");
  EXPECT_EQ(state.status().forced, Forced::automatic);
  EXPECT_FALSE(state.force_ends());
}

TEST_F(CheckStateTest, ProbesCountOnUnderAForce) {
  CheckState state = start(true);
  check.forced = Forced::up;
  state.use(check, clock.now());
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(result(state, false));
  EXPECT_TRUE(state.healthy());

  check.forced = Forced::automatic;
  const auto released = state.use(check, clock.now());
  ASSERT_TRUE(released);
  EXPECT_FALSE(released->healthy);
}

TEST_F(CheckStateTest, ANewTargetKeepsTheVerdictButNotTheCount) {
  CheckState state = start(true);
  result(state, false);
  result(state, false);
  check.port = 8080;
  EXPECT_FALSE(state.use(check, clock.now()));

  EXPECT_FALSE(result(state, false));
  EXPECT_FALSE(result(state, false));
  EXPECT_TRUE(result(state, false));
}

TEST_F(CheckStateTest, ANewIntervalKeepsTheCount) {
  CheckState state = start(true);
  result(state, false);
  result(state, false);
  check.interval = seconds(30);
  state.use(check, clock.now());

  EXPECT_TRUE(result(state, false));
}

TEST_F(CheckStateTest, KeepsTheLastTenResultsNewestFirst) {
  CheckState state = start(true);
  for (int i = 0; i < 12; ++i) {
    ProbeResult result{check.id, true, {}, std::to_string(i), clock.now()};
    state.record(result);
  }
  const auto last = state.last();

  ASSERT_EQ(last.size(), 10U);
  EXPECT_EQ(last.front().reason, "11");
  EXPECT_EQ(last.back().reason, "2");
}

TEST_F(CheckStateTest, WhatDoesNotCountIsShownOnly) {
  check.fall = 1;
  CheckState state = start(true);
  state.note({check.id, false, {}, "Too many open files", clock.now()});

  EXPECT_TRUE(state.healthy());
  EXPECT_EQ(state.last().size(), 1U);
}

}  // namespace
}  // namespace waymark::health
