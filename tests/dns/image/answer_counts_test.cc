// SPDX-License-Identifier: Apache-2.0
#include "dns/answer_counts.h"

#include <memory>

#include <gtest/gtest.h>

namespace waymark::dns {
namespace {

TEST(AnswerCounts, CountUnderTheirTagAndBeginAnewUnderAnother) {
  const auto counts = std::make_unique<AnswerCounts>();
  counts->add(7, 3);
  counts->add(7, 3);
  counts->add(8, 3);
  EXPECT_EQ(counts->count(7, 3), 2U);
  EXPECT_EQ(counts->count(8, 3), 1U);
  EXPECT_EQ(counts->count(7, 4), 0U);
  counts->add(7, 4);  // the number has changed hands
  EXPECT_EQ(counts->count(7, 4), 1U);
  EXPECT_EQ(counts->count(7, 3), 0U);
  counts->add(policy::counter_numbers - 1, 0);
  EXPECT_EQ(counts->count(policy::counter_numbers - 1, 0), 1U);
}

TEST(AnswerCounts, CountTheQuestionsOfEachZoneUpToTheLast) {
  const auto counts = std::make_unique<AnswerCounts>();
  constexpr std::uint32_t last = AnswerCounts::counted_zones - 1;
  counts->add_question(1);
  counts->add_question(1);
  counts->add_question(last);
  counts->add_question(last + 1);  // of no consequence

  EXPECT_EQ(counts->questions(1), 2U);
  EXPECT_EQ(counts->questions(2), 0U);
  EXPECT_EQ(counts->questions(last), 1U);
}

TEST(AnswerCounts, CountSinceTheirTagBegan) {
  const auto since = std::make_unique<CountedSince>();
  EXPECT_FALSE(since->since(7, 3));
  since->begin(7, 3, 1000);
  since->begin(7, 3, 2000);  // after a restart of the control process
  EXPECT_EQ(since->since(7, 3), 1000U);
  EXPECT_FALSE(since->since(7, 4));
  since->begin(7, 4, 3000);
  EXPECT_EQ(since->since(7, 4), 3000U);
  since->end(7);
  EXPECT_FALSE(since->tag(7));
}

}  // namespace
}  // namespace waymark::dns
