// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(Error, OfABatchKeepsEveryFaultAndMovesTheirPointersTogether) {
  const Error all = Error::batch(
      {Error(ErrorCode::bad_ttl, "a", "/ttl"), Error(ErrorCode::bad_name, "b", "/name")});

  const Error moved = all.at("/changes/3");

  EXPECT_EQ(moved.code(), ErrorCode::bad_batch);
  ASSERT_EQ(moved.causes().size(), 2U);
  EXPECT_EQ(moved.causes()[0].pointer(), "/changes/3/ttl");
  EXPECT_EQ(moved.causes()[1].pointer(), "/changes/3/name");
}

TEST(Error, OfABatchWithOneFaultIsThatFault) {
  EXPECT_EQ(Error::batch({Error(ErrorCode::bad_ttl, "a")}).code(), ErrorCode::bad_ttl);
}

TEST(Result, HoldsAValueOrTheReasonWhyThereIsNone) {
  const Result<int> good = 3;
  const Result<int> bad = Error(ErrorCode::not_found, "no such thing");

  EXPECT_EQ(*good, 3);
  ASSERT_FALSE(bad);
  EXPECT_EQ(to_string(bad.error().code()), "not_found");
  EXPECT_THROW((void)bad.value(), std::runtime_error);
}

}  // namespace waymark
