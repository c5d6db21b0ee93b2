// SPDX-License-Identifier: Apache-2.0
#include "api/http/guesses.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}

class GuessesTest : public testing::Test {
 protected:
  /// How many of so many wrong ones were judged.
  int judged(const IpAddress& from, int tries) {
    int count = 0;
    for (int i = 0; i < tries; ++i) {
      const std::string guess = "Bearer wrong" + std::to_string(next_++);
      if (!guesses_.may_try(from, guess)) continue;
      guesses_.note(from, guess, false);
      ++count;
    }
    return count;
  }

  ManualClock clock_;
  Guesses guesses_{clock_};
  int next_ = 0;
};

TEST_F(GuessesTest, Api8TwentyAreJudgedAtOnceAndThenOneASecond) {
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 20);

  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 1);
  clock_.advance(std::chrono::seconds(10));
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 10);
  clock_.advance(std::chrono::minutes(5));
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 20);
}

TEST_F(GuessesTest, Api8OtherAddressesAreNotSlowed) {
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 20);

  EXPECT_EQ(judged(address("192.0.2.2"), 5), 5);
  EXPECT_EQ(judged(address("2001:db8::1"), 1000), 20);
  EXPECT_EQ(judged(address("2001:db8::2"), 1000), 0);  // the same /64
  EXPECT_EQ(judged(address("2001:db8:0:1::1"), 5), 5);
}

TEST_F(GuessesTest, Api8WhoWasRightBeforeIsAlwaysJudged) {
  guesses_.note(address("192.0.2.1"), "Bearer right", true);
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 20);

  EXPECT_TRUE(guesses_.may_try(address("192.0.2.1"), "Bearer right"));
  EXPECT_FALSE(guesses_.may_try(address("192.0.2.1"), "Bearer other"));
}

// A token that was right and is not any more is looked at each time; its address is not shut for
// it.
TEST_F(GuessesTest, Api8WhatWasLookedAtAllTheSameShutsNobodyOutForLonger) {
  for (int i = 0; i < 1000; ++i)
    guesses_.note(address("192.0.2.1"), "Bearer revoked", false);
  EXPECT_EQ(judged(address("192.0.2.1"), 1), 0);
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 1);
}

TEST_F(GuessesTest, Api8ManyAddressesDoNotMakeItForgetOne) {
  EXPECT_EQ(judged(address("192.0.2.1"), 1000), 20);
  for (std::uint32_t i = 0; i < 3 * Guesses::most_addresses; ++i)
    guesses_.note(IpAddress::v4(0x0A000000 + i), "Bearer x", false);

  EXPECT_EQ(judged(address("192.0.2.1"), 10), 0);
}

}  // namespace
}  // namespace waymark::api
