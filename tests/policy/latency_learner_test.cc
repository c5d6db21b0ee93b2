// SPDX-License-Identifier: Apache-2.0
#include "policy/latency_learner.h"

#include <gtest/gtest.h>

namespace waymark::policy {
namespace {

using namespace std::chrono_literals;

LatencySample sample(double milliseconds, const char* prefix = "203.0.113.0/24",
                     const char* region = "eu-west-1") {
  return {IpPrefix::parse(prefix).value(), region, milliseconds};
}

class LatencyLearnerTest : public testing::Test {
 protected:
  void add(LatencyLearner& learner, double milliseconds, int times = 1) {
    for (int i = 0; i < times; ++i)
      learner.add(sample(milliseconds), clock.now());
  }
  std::uint16_t figure(const LatencyLearner& learner) const {
    const auto figures = learner.figures();
    return figures.empty() ? std::uint16_t{0} : figures.front().milliseconds;
  }

  ManualClock clock;
};

TEST_F(LatencyLearnerTest, KnowsHowManyPrefixesThereAre) {
  LatencyLearner learner({24h, 1, 3});
  learner.add(sample(20, "192.0.2.0/24", "a"), clock.now());
  learner.add(sample(20, "192.0.2.0/24", "b"), clock.now());
  learner.add(sample(20, "198.51.100.0/24", "a"), clock.now());
  EXPECT_EQ(learner.prefixes(), 2U);
  EXPECT_TRUE(learner.knows(IpPrefix::parse("192.0.2.0/24").value()));
  EXPECT_FALSE(learner.knows(IpPrefix::parse("192.0.0.0/16").value()));
  learner.add(sample(20, "203.0.113.0/24", "a"), clock.now());  // the oldest entry leaves
  EXPECT_EQ(learner.prefixes(), 3U);
  learner.add(sample(20, "203.0.113.0/24", "b"), clock.now());  // and the other of its prefix
  EXPECT_EQ(learner.prefixes(), 2U);
  EXPECT_FALSE(learner.knows(IpPrefix::parse("192.0.2.0/24").value()));
}

TEST_F(LatencyLearnerTest, CountsFromTheLeastNumberOfSamplesOn) {
  LatencyLearner learner({24h, 3, 100});
  add(learner, 20, 2);
  EXPECT_FALSE(learner.settle(clock.now()));
  EXPECT_TRUE(learner.figures().empty());

  add(learner, 23);
  EXPECT_TRUE(learner.settle(clock.now()));
  EXPECT_EQ(figure(learner), 21);  // (20 + 20 + 23) / 3
}

TEST_F(LatencyLearnerTest, ASampleCountsHalfAfterAHalfLife) {
  LatencyLearner learner({24h, 1, 100});
  add(learner, 100, 2);
  clock.advance(24h);
  add(learner, 40);  // two halves of 100 and one 40
  learner.settle(clock.now());
  EXPECT_EQ(figure(learner), 70);
}

TEST_F(LatencyLearnerTest, AClockThatIsPutBackMakesNothingHeavier) {
  LatencyLearner learner({24h, 1, 100});
  const TimePoint now = clock.now();
  learner.add(sample(100), now + 48h);
  learner.add(sample(50), now);
  learner.settle(now);
  EXPECT_EQ(figure(learner), 75);
}

TEST_F(LatencyLearnerTest, AFigureMovesOnlyByATenthAndTwoMilliseconds) {
  LatencyLearner learner({24h, 1, 100});
  add(learner, 100);
  ASSERT_TRUE(learner.settle(clock.now()));
  add(learner, 118);  // 109: less than a tenth away
  EXPECT_FALSE(learner.settle(clock.now()));
  EXPECT_EQ(figure(learner), 100);
  add(learner, 112);  // 110
  EXPECT_TRUE(learner.settle(clock.now()));
  EXPECT_EQ(figure(learner), 110);

  LatencyLearner near({24h, 1, 100});
  add(near, 4);
  ASSERT_TRUE(near.settle(clock.now()));
  add(near, 6);  // 5: a quarter more, and 1 ms
  EXPECT_FALSE(near.settle(clock.now()));
}

TEST_F(LatencyLearnerTest, ForgetsWhatNobodyMeasuredForSevenHalfLives) {
  LatencyLearner learner({1h, 1, 100});
  add(learner, 100);
  ASSERT_TRUE(learner.settle(clock.now()));
  clock.advance(7h);
  EXPECT_FALSE(learner.settle(clock.now()));
  clock.advance(1s);
  EXPECT_TRUE(learner.settle(clock.now()));
  EXPECT_EQ(learner.entries(), 0U);
}

TEST_F(LatencyLearnerTest, TheEntryMeasuredLongestAgoLeavesFirst) {
  LatencyLearner learner({24h, 1, 2});
  learner.add(sample(10, "10.0.0.0/8"), clock.now());
  learner.add(sample(20, "10.1.0.0/16"), clock.now());
  learner.add(sample(10, "10.0.0.0/8"), clock.now());
  learner.add(sample(30, "10.2.0.0/16"), clock.now());
  learner.settle(clock.now());
  const std::vector<LearnedLatency> kept{{IpPrefix::parse("10.0.0.0/8").value(), "eu-west-1", 10},
                                         {IpPrefix::parse("10.2.0.0/16").value(), "eu-west-1", 30}};
  EXPECT_EQ(learner.figures(), kept);
}

TEST_F(LatencyLearnerTest, GoesOnFromWhatWasKept) {
  LatencyLearner learner({24h, 3, 100});
  add(learner, 20, 2);
  LatencyLearner again({24h, 3, 100});
  for (const auto& [key, entry] : learner.take_changes().put)
    again.restore(key, entry);
  EXPECT_TRUE(learner.take_changes().put.empty());

  add(again, 23);
  EXPECT_TRUE(again.settle(clock.now()));
  EXPECT_EQ(figure(again), 21);
  ASSERT_EQ(again.take_changes().put.size(), 1U);
}

TEST_F(LatencyLearnerTest, TellsWhatWent) {
  LatencyLearner learner({1h, 1, 100});
  add(learner, 100);
  (void)learner.take_changes();
  clock.advance(8h);
  learner.settle(clock.now());
  const auto changes = learner.take_changes();
  EXPECT_TRUE(changes.put.empty());
  EXPECT_EQ(changes.gone.size(), 1U);
}

}  // namespace
}  // namespace waymark::policy
