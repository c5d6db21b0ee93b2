// SPDX-License-Identifier: Apache-2.0
#include "zones/store/verdict_history.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace waymark::zones {
namespace {

class VerdictHistoryTest : public testing::Test {
 protected:
  VerdictHistoryTest() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  ~VerdictHistoryTest() override { std::filesystem::remove_all(directory); }
  static Verdict verdict(const std::string& check, int number) {
    return {0, check, number % 2 == 0, "reason " + std::to_string(number),
            TimePoint{std::chrono::seconds(1'800'000'000 + number)}};
  }
  static Result<std::vector<Verdict>> ask(VerdictHistory& history, const std::string& check,
                                          std::optional<std::uint64_t> before = {},
                                          std::size_t limit = 100) {
    asio::io_context io;
    Result<std::vector<Verdict>> out = std::vector<Verdict>{};
    auto question = [&]() -> Awaitable<void> { out = co_await history.of(check, before, limit); };
    spawn(io, question());
    io.run();
    return out;
  }

  const std::string directory = testing::TempDir() + "/verdicts-" + std::to_string(getpid());
};

TEST_F(VerdictHistoryTest, TellsTheNewestFirstWithReasons) {
  VerdictHistory history(directory);
  for (int i = 0; i < 5; ++i)
    history.add(verdict("a", i));
  history.add(verdict("b", 9));
  const auto told = ask(history, "a");
  ASSERT_TRUE(told);
  ASSERT_EQ(told->size(), 5U);
  EXPECT_EQ(told->front().reason, "reason 4");
  EXPECT_TRUE(told->front().healthy);
  EXPECT_EQ(told->front().at, TimePoint{std::chrono::seconds(1'800'000'004)});
  const auto older = ask(history, "a", (*told)[1].number, 2);
  ASSERT_EQ(older->size(), 2U);
  EXPECT_EQ(older->front().reason, "reason 2");
}

TEST_F(VerdictHistoryTest, IsKeptOverARestart) {
  { VerdictHistory(directory).add(verdict("a", 1)); }
  VerdictHistory history(directory);
  EXPECT_EQ(ask(history, "a")->size(), 1U);
}

TEST_F(VerdictHistoryTest, IsBounded) {
  VerdictHistory history(directory, 10, 15);
  for (int i = 0; i < 100; ++i)
    history.add(verdict(i < 50 ? "a" : "b", i));
  ASSERT_TRUE(ask(history, "a"));  // writes
  for (int i = 100; i < 120; ++i)
    history.add(verdict("b", i));
  EXPECT_EQ(ask(history, "b")->size(), 10U);
  EXPECT_EQ(ask(history, "b")->front().reason, "reason 119");
  EXPECT_EQ(ask(history, "a")->size(), 5U);
}

TEST_F(VerdictHistoryTest, WithoutAFileItDropsAndSaysSo) {
  std::ofstream(directory + "/history.db") << "this is not a database, whatever its name says";
  VerdictHistory history(directory);
  history.add(verdict("a", 1));
  EXPECT_EQ(history.dropped(), 1U);
  EXPECT_EQ(ask(history, "a").error().code(), ErrorCode::unavailable);
}

}  // namespace
}  // namespace waymark::zones
