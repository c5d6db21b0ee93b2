// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.h"

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>

namespace waymark::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonotonicTime boot{std::chrono::hours(1)};

TEST(Schedule, StartsWithinTheFirstInterval) {
  for (int i = 0; i < 1'000; ++i) {
    Schedule schedule(7);
    schedule.add(std::to_string(i), seconds(10), boot);

    EXPECT_GT(*schedule.next(), boot);
    EXPECT_LE(*schedule.next(), boot + seconds(10));
  }
}

TEST(Schedule, RepeatsStartToStart) {
  Schedule schedule(7);
  schedule.add("a", seconds(10), boot);
  MonotonicTime at = *schedule.next();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(schedule.take_due(at - milliseconds(1)).empty());
    const auto due = schedule.take_due(at + milliseconds(300));
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].id, "a");
    EXPECT_EQ(due[0].late, milliseconds(300));
    at += seconds(10);
    EXPECT_EQ(schedule.next(), at);
  }
}

TEST(Schedule, SkipsWhatWasMissed) {
  Schedule schedule(7);
  schedule.add("a", seconds(10), boot);
  const MonotonicTime at = *schedule.next();

  EXPECT_EQ(schedule.take_due(at + seconds(35)).size(), 1U);
  EXPECT_EQ(schedule.next(), at + seconds(40));
}

TEST(Schedule, KeepsItsPhasesOverARestart) {
  Schedule before(7), after(7);
  before.add("a", seconds(10), boot);
  after.add("a", seconds(10), boot + seconds(123'000));

  EXPECT_EQ((*after.next() - *before.next()) % seconds(10), Duration::zero());
}

TEST(Schedule, SpreadsTenThousandChecksOverTheInterval) {
  Schedule schedule(7);
  for (int i = 0; i < 10'000; ++i)
    schedule.add(std::to_string(i), seconds(10), boot);

  std::array<std::size_t, 10> starts{};
  for (std::size_t second = 0; second < starts.size(); ++second)
    starts[second] = schedule.take_due(boot + seconds(second + 1)).size();
  // PRB-10: at most 1.2 times the steady rate
  EXPECT_LE(*std::max_element(starts.begin(), starts.end()), 1'200U);
}

TEST(Schedule, AddingAgainMovesNothingUnlessTheIntervalChanges) {
  Schedule schedule(7);
  schedule.add("a", seconds(10), boot);
  const auto at = schedule.next();
  schedule.add("a", seconds(10), boot + seconds(60));
  EXPECT_EQ(schedule.next(), at);

  schedule.add("a", seconds(1), boot);
  EXPECT_LE(*schedule.next(), boot + seconds(1));
  EXPECT_EQ(schedule.take_due(boot + seconds(1)).size(), 1U);
}

TEST(Schedule, ForgetsWhatIsRemoved) {
  Schedule schedule(7);
  schedule.add("a", seconds(10), boot);
  schedule.remove("a");
  schedule.remove("b");

  EXPECT_FALSE(schedule.next());
}

}  // namespace
}  // namespace waymark::health
