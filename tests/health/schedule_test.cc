// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"

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

TEST(Schedule, Prb10TenRestartsOfTenThousandChecksMakeNoHerd) {
  Random random(10);
  MonotonicTime now = boot;
  std::map<std::int64_t, std::size_t> starts;  // by second
  std::map<CheckId, MonotonicTime> last;
  for (int life = 0; life < 10; ++life) {
    Schedule schedule(7);  // of the same seed: it is kept, or no seed is set
    for (int i = 0; i < 10'000; ++i)
      schedule.add(std::to_string(i), seconds(10), now);
    const MonotonicTime end = now + seconds(11) + milliseconds(random.below(20'000));
    for (; now < end; now += milliseconds(50)) {
      for (const auto& due : schedule.take_due(now)) {
        ++starts[std::chrono::duration_cast<seconds>((now - due.late).time_since_epoch()).count()];
        const auto [before, is_new] = last.try_emplace(due.id, now);
        if (!is_new) {
          // Neither twice in an interval nor passed over, but for what was due in the pause.
          EXPECT_GT(now - before->second, seconds(9));
          EXPECT_LT(now - before->second, seconds(21));
        }
        before->second = now;
      }
    }
    now += milliseconds(random.below(3'000));  // the pause of the restart
  }

  std::size_t most = 0;
  for (const auto& [second, count] : starts)
    most = std::max(most, count);
  RecordProperty("most_in_a_second", static_cast<int>(most));
  EXPECT_EQ(last.size(), 10'000U);
  EXPECT_LE(most, 1'200U);  // of 1,000
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
