// SPDX-License-Identifier: Apache-2.0
#include "dns/query_log.h"

#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "dns/board.h"

namespace waymark::dns {
namespace {

bool write(QueryRing& ring, std::uint64_t number) {
  LoggedQuery* query = ring.claim();
  if (query == nullptr) return false;
  *query = {};
  query->unix_us = number;
  query->name_octets = 255;
  query->name.fill(static_cast<Octet>(number));
  ring.commit();
  return true;
}

TEST(QueryRing, GivesQueriesInOrderAndTakesNoMoreThanItHolds) {
  const auto ring = std::make_unique<QueryRing>();
  LoggedQuery query{};
  EXPECT_FALSE(ring->take(query));
  for (std::uint64_t i = 0; i < QueryRing::capacity; ++i)
    EXPECT_TRUE(write(*ring, i));
  EXPECT_FALSE(write(*ring, 0));

  for (std::uint64_t i = 0; i < QueryRing::capacity; ++i) {
    ASSERT_TRUE(ring->take(query));
    EXPECT_EQ(query.unix_us, i);
  }
  EXPECT_FALSE(ring->take(query));
  EXPECT_TRUE(write(*ring, 7));
}

TEST(QueryRing, CarriesWholeQueriesBetweenThreads) {
  const auto ring = std::make_unique<QueryRing>();
  constexpr std::uint64_t last = 100'000;
  std::thread worker([&] {
    for (std::uint64_t i = 1; i <= last;)
      if (write(*ring, i)) ++i;
  });
  LoggedQuery query{};
  for (std::uint64_t expected = 1; expected <= last;) {
    if (!ring->take(query)) continue;
    ASSERT_EQ(query.unix_us, expected);
    for (const Octet octet : query.name)
      ASSERT_EQ(octet, static_cast<Octet>(expected));
    ++expected;
  }
  worker.join();
}

TEST(Board, KeepsCookieSecretsForEveryProcess) {
  Board board = std::move(*Board::create());
  EXPECT_EQ(board.cookie_version(), 0U);
  EXPECT_FALSE(board.cookie_secrets());
  CookieSecrets secrets;
  secrets.add({1, 2});
  secrets.add({3, 4});

  board.set_cookie_secrets(secrets);
  Board same = std::move(*Board::attach(board.descriptor().duplicate()));

  EXPECT_EQ(same.cookie_secrets(), secrets);
  const std::uint64_t version = same.cookie_version();
  board.set_cookie_secrets(secrets);
  EXPECT_GT(same.cookie_version(), version);
}

TEST(Board, CountsAnswersBySize) {
  EXPECT_EQ(size_bucket(0), 0U);
  EXPECT_EQ(size_bucket(64), 0U);
  EXPECT_EQ(size_bucket(65), 1U);
  EXPECT_EQ(size_bucket(4096), 6U);
  EXPECT_EQ(size_bucket(4097), 7U);
  EXPECT_EQ(size_bucket(65535), 7U);
  EXPECT_EQ(size_bucket_limit(6), 4096U);
}

}  // namespace
}  // namespace waymark::dns
