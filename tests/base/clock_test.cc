// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(ManualClock, StandsStillUntilToldAndMovesBothTimes) {
  using namespace std::chrono_literals;
  ManualClock clock;
  const auto wall = clock.now();
  const auto monotonic = clock.monotonic();
  EXPECT_EQ(clock.now(), wall);

  clock.advance(5s);

  EXPECT_EQ(clock.now() - wall, 5s);
  EXPECT_EQ(clock.monotonic() - monotonic, 5s);
}

}  // namespace waymark
