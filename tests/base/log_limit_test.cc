// SPDX-License-Identifier: Apache-2.0
#include "base/log_limit.h"

#include <algorithm>
#include <chrono>

#include <gtest/gtest.h>

#include "base/log.h"

namespace waymark {

TEST(LogLimit, Obs1TwoHundredLinesOfAnEventInASecondAndTheRestIsCounted) {
  LogLimit limit;
  MonotonicTime now{};
  std::uint64_t left_out = 0, written = 0;
  for (int i = 0; i < 1000; ++i)
    written += limit.permits("probe_failed", now, left_out) ? 1U : 0U;
  EXPECT_EQ(written, 200U);
  EXPECT_EQ(left_out, 0U);
  EXPECT_TRUE(limit.permits("another", now, left_out));

  now += std::chrono::seconds(1);
  EXPECT_TRUE(limit.permits("probe_failed", now, left_out));
  EXPECT_EQ(left_out, 800U);
  EXPECT_TRUE(limit.permits("probe_failed", now, left_out));
  EXPECT_EQ(left_out, 0U);
}

TEST(Log, Obs1LeavesOutWhatRepeatsButNoSampledQuery) {
  log::start(log::Level::info, log::Format::text, "test");
  testing::internal::CaptureStderr();

  for (int i = 0; i < 2000; ++i)
    log::info("again", {{"number", i}});
  for (int i = 0; i < 500; ++i)
    log::info("query", {{"number", i}});

  const std::string out = testing::internal::GetCapturedStderr();
  const auto lines = std::count(out.begin(), out.end(), '\n');
  EXPECT_GE(lines, 700);
  EXPECT_LE(lines, 500 + 2 * 201);  // a second may end meanwhile
}

}  // namespace waymark
