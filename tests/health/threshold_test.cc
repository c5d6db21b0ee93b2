// SPDX-License-Identifier: Apache-2.0
#include "health/threshold.h"

#include <gtest/gtest.h>

namespace waymark::health {
namespace {

using Crossing = Threshold::Crossing;

TEST(Threshold, FallsOnTheThirdFailureInARow) {
  Threshold threshold(3, 2);
  threshold.record(false);
  threshold.record(true);  // a success in between starts the count again
  threshold.record(false);
  threshold.record(false);
  EXPECT_TRUE(threshold.up());

  EXPECT_EQ(threshold.record(false), Crossing::down);
  EXPECT_FALSE(threshold.up());
}

TEST(Threshold, RisesOnTheSecondSuccessInARow) {
  Threshold threshold(3, 2, false);
  EXPECT_EQ(threshold.record(true), Crossing::none);
  EXPECT_EQ(threshold.record(false), Crossing::none);
  EXPECT_EQ(threshold.record(true), Crossing::none);
  EXPECT_EQ(threshold.record(true), Crossing::up);
}

TEST(Threshold, ReportsACrossingOnce) {
  Threshold threshold(1, 1);
  EXPECT_EQ(threshold.record(false), Crossing::down);
  EXPECT_EQ(threshold.record(false), Crossing::none);
}

}  // namespace
}  // namespace waymark::health
