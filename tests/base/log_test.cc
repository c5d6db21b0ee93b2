// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace waymark {

TEST(Log, WritesOneLineAnEventAndEscapesForeignOctets) {
  log::start(log::Level::info, log::Format::text, "test");
  testing::internal::CaptureStderr();

  log::info("health_changed",
            {{"check", "c1"}, {"reason", "bad \"line\nend\""}, {"count", 3}, {"up", false}});
  log::debug("not_shown");

  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find("info test event=health_changed check=c1 reason=\"bad "
                     "\\\"line\\u000aend\\\"\" count=3 up=false\n"),
            std::string::npos)
      << out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 1);
}

TEST(Log, WritesJsonThatHoldsTheSameFields) {
  log::start(log::Level::info, log::Format::json, "test");
  testing::internal::CaptureStderr();

  log::warning("port_taken", {{"port", 53}, {"why", "a b"}});

  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      out.find(R"("level":"warning","process":"test","event":"port_taken","port":53,"why":"a b"})"),
      std::string::npos)
      << out;
  log::start(log::Level::info, log::Format::text, "test");
}

TEST(Log, CutsAValueThatIsTooLong) {
  log::start(log::Level::info, log::Format::text, "test");
  testing::internal::CaptureStderr();
  log::info("long", {{"value", std::string(5000, 'x')}});
  const std::string out = testing::internal::GetCapturedStderr();
  EXPECT_NE(out.find("value=xxx"), std::string::npos) << out;
  EXPECT_LT(out.size(), 700U);
}

}  // namespace waymark
