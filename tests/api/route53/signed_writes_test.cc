// SPDX-License-Identifier: Apache-2.0
#include "api/route53/signed_writes.h"

#include <string>

#include <gtest/gtest.h>

#include "api/route53/sigv4.h"

namespace waymark::api {
namespace {

using Verdict = SignedWrites::Verdict;
using namespace std::chrono_literals;

class SignedWritesTest : public testing::Test {
 protected:
  Verdict take(const std::string& signature, TimePoint at) {
    return writes_.take(signature, at, clock_.now());
  }
  static std::string signature(int number) {
    std::string digits = std::to_string(number);
    return std::string(32 - digits.size(), '0') + digits + std::string(32, 'f');
  }

  ManualClock clock_;
  SignedWrites writes_{clock_, 3};
};

TEST_F(SignedWritesTest, Api6NoneIsTakenTwiceForAsLongAsItsTimeIsAccepted) {
  const TimePoint at = clock_.now() + max_clock_skew;  // the latest that is accepted now
  EXPECT_EQ(take(signature(1), at), Verdict::first);
  clock_.advance(SignedWrites::moment);
  for (int minute = 0; minute < 10; ++minute) {
    EXPECT_EQ(take(signature(1), at), Verdict::again) << minute;
    clock_.advance(minute < 9 ? Duration(1min) : Duration(0));
  }
  clock_.advance(1min - SignedWrites::moment);  // the last moment at which it is accepted
  EXPECT_EQ(clock_.now() - at, max_clock_skew);
  EXPECT_EQ(take(signature(1), at), Verdict::again);
  EXPECT_EQ(take(signature(2), at), Verdict::first);
}

TEST_F(SignedWritesTest, EqualRequestsOfOneSecondHearThatTheyComeTooFast) {
  const TimePoint at = clock_.now();
  EXPECT_EQ(take(signature(1), at), Verdict::first);
  EXPECT_EQ(take(signature(1), at), Verdict::twin);
  clock_.advance(1s);
  EXPECT_EQ(take(signature(1), at), Verdict::twin);
  EXPECT_EQ(take(signature(2), at + 1s), Verdict::first);  // the same, signed anew
  clock_.advance(1s);
  EXPECT_EQ(take(signature(1), at), Verdict::again);
}

TEST_F(SignedWritesTest, WhenItIsFullNothingIsTakenAndNothingForgotten) {
  for (int i = 1; i <= 3; ++i)
    EXPECT_EQ(take(signature(i), clock_.now()), Verdict::first);
  EXPECT_EQ(take(signature(4), clock_.now()), Verdict::full);
  const TimePoint before = clock_.now();
  clock_.advance(max_clock_skew);
  EXPECT_EQ(take(signature(4), clock_.now()), Verdict::full);
  EXPECT_EQ(take(signature(3), before), Verdict::again);
  clock_.advance(1s);
  EXPECT_EQ(take(signature(4), clock_.now()), Verdict::first);
}

TEST_F(SignedWritesTest, NothingIsTakenThatWasSignedBeforeTheStart) {
  const TimePoint start = clock_.now();
  clock_.advance(4min);
  EXPECT_EQ(take(signature(1), start - 1s), Verdict::before_start);
  EXPECT_EQ(take(signature(1), start), Verdict::first);
}

// A start with a clock that was far ahead must not shut the door until that time.
TEST_F(SignedWritesTest, AClockThatIsSetBackLaterMakesNothingOld) {
  const TimePoint start = clock_.now();
  clock_.advance(2 * max_clock_skew - 1ns);
  EXPECT_EQ(writes_.take(signature(1), start - 24h, start - 24h), Verdict::before_start);
  clock_.advance(1ns);
  EXPECT_EQ(writes_.take(signature(1), start - 24h, start - 24h), Verdict::first);
}

}  // namespace
}  // namespace waymark::api
