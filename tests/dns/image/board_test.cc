// SPDX-License-Identifier: Apache-2.0
#include "dns/board.h"

#include <gtest/gtest.h>

#include "dns/protocol/rr_type.h"

namespace waymark::dns {
namespace {

TEST(Board, BeginsHealthyAndIsSeenByEveryHolder) {
  auto board = Board::create();
  ASSERT_TRUE(board);
  auto other = Board::attach(board->descriptor().duplicate());
  ASSERT_TRUE(other);
  const health::HealthSlot slot{Board::health_slots - 1};
  EXPECT_TRUE(other->health().healthy(slot));

  board->health().set(slot, false);
  board->raise_generation(42);
  board->set_workers(3);
  board->worker(2).dropped_send.add();

  EXPECT_FALSE(other->health().healthy(slot));
  EXPECT_EQ(other->generation(), 42U);
  EXPECT_EQ(other->workers(), 3U);
  EXPECT_EQ(other->worker(2).dropped_send.value(), 1U);
}

TEST(Board, NoTwoWorkersWriteIntoOneCacheLine) {
  const auto board = Board::create();
  ASSERT_TRUE(board);
  const auto line = [](const void* at) { return reinterpret_cast<std::uintptr_t>(at) / 64; };
  for (std::uint32_t i = 0; i < Board::max_workers; ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&board->worker(i)) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&board->query_log(i)) % 64, 0U);
    if (i == 0) continue;
    EXPECT_LT(line(&board->worker(i - 1) + 1) - 1, line(&board->worker(i)));
    EXPECT_LT(line(&board->query_log(i - 1) + 1) - 1, line(&board->query_log(i)));
  }
  EXPECT_LT(line(&board->worker(Board::max_workers - 1) + 1) - 1, line(&board->query_log(0)));
}

TEST(Durations, StandInTheSmallestBucketThatHoldsThem) {
  for (std::size_t bucket = 0; bucket + 1 < Durations::buckets; ++bucket) {
    EXPECT_EQ(Durations::bucket_of(Durations::limit_ns(bucket)), bucket);
    EXPECT_EQ(Durations::bucket_of(Durations::limit_ns(bucket) + 1), bucket + 1);
  }
  EXPECT_EQ(Durations::bucket_of(0), 0U);
  EXPECT_EQ(Durations::bucket_of(~std::uint64_t{0}), Durations::buckets - 1);

  Durations took;
  took.add(7'000, 3);
  EXPECT_EQ(took.count(1), 3U);
  EXPECT_EQ(took.total_ns(), 21'000U);
}

TEST(Board, RefusesMemoryThatIsNoBoard) {
  for (const std::size_t octets : {std::size_t{4096}, std::size_t{4096 + 131072 + 64 * 4096}}) {
    auto segment = make_shared_segment("other", octets);
    ASSERT_TRUE(segment);
    const auto board = Board::attach(std::move(*segment));
    ASSERT_FALSE(board);
    EXPECT_EQ(board.error().code(), ErrorCode::bad_image);
  }
}

TEST(Board, EveryCountedTypeHasABucketOfItsOwn) {
  EXPECT_STREQ(type_bucket_name(type_bucket(28)), "AAAA");
  EXPECT_STREQ(type_bucket_name(type_bucket(65280)), "other");
  for (std::size_t i = 0; i + 1 < counted_types; ++i)
    EXPECT_EQ(type_bucket(static_cast<std::uint16_t>(*parse_rr_type(type_bucket_name(i)))), i);
  EXPECT_STREQ(rcode_bucket_name(3), "NXDOMAIN");
}

}  // namespace
}  // namespace waymark::dns
