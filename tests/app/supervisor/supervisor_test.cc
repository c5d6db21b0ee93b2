// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/backoff.h"
#include "app/child.h"
#include "app/data_directory.h"
#include "app/generation_trial.h"
#include "app/generations.h"
#include "app/sockets.h"
#include "app/watchdog.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// The sentence of the exception that `action` ends with; empty when it ends well.
template <class Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

class DataDirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "waymark-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  std::filesystem::path root;
};

TEST(Backoff, StartsAWorkerAgainAtOnceAndThenWithinASecond) {
  Backoff backoff(0ms, 1s, Random(1));

  EXPECT_EQ(backoff.after(1ms), Duration(0));
  for (const Duration bound : {100ms, 200ms, 400ms, 800ms, 1000ms, 1000ms})
    EXPECT_LE(backoff.after(1ms), bound);
}

TEST(Backoff, SpreadsItsPausesOverAllOfTheBound) {
  std::vector<int> quarters(4);
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Backoff backoff(1000ms, 1s, Random(seed));
    const Duration wait = backoff.after(1ms);
    ++quarters[static_cast<std::size_t>(std::min<Duration::rep>(3, wait / 250ms))];
  }

  for (const int one : quarters)
    EXPECT_GT(one, 60);  // of 100
}

TEST(Watchdog, BarksOnceTenLooksInARowHaveSeenTheSameBeat) {
  Watchdog dog;
  EXPECT_FALSE(dog.stands_still(1, 7));
  for (int look = 1; look < 10; ++look)
    EXPECT_FALSE(dog.stands_still(1, 7));

  EXPECT_TRUE(dog.stands_still(1, 7));
  EXPECT_FALSE(dog.stands_still(1, 7));
}

TEST(Watchdog, BeginsAnewWithEveryBeatAndEveryProcess) {
  Watchdog dog;
  for (int look = 0; look < 10; ++look)
    EXPECT_FALSE(dog.stands_still(1, 7));
  EXPECT_FALSE(dog.stands_still(1, 8));
  for (int look = 1; look < 10; ++look)
    EXPECT_FALSE(dog.stands_still(1, 8));
  EXPECT_FALSE(dog.stands_still(2, 8));
}

TEST(Backoff, BeginsAnewAfterTenSecondsOfLife) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    Backoff backoff(100ms, 5s, Random(seed));
    for (int i = 0; i < 9; ++i)
      (void)backoff.after(1s);

    EXPECT_LE(backoff.after(10s), Duration(100ms));
  }
}

TEST_F(DataDirectoryTest, IsMadeForItsOwnerAlone) {
  const auto path = root / "state";

  const auto directory = DataDirectory::open(path.string());

  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(DataDirectoryTest, NamesTheProcessThatHoldsTheLock) {
  const auto directory = DataDirectory::open(root.string());

  EXPECT_THAT(refusal([&] { (void)DataDirectory::open(root.string()); }),
              HasSubstr("process " + std::to_string(getpid())));
}

TEST_F(DataDirectoryTest, IsOursAgainAfterItsHolderHasEnded) {
  { const auto directory = DataDirectory::open(root.string()); }

  EXPECT_EQ(refusal([&] { (void)DataDirectory::open(root.string()); }), "");
}

TEST_F(DataDirectoryTest, RefusesWhatIsNotADirectoryOfOurs) {
  std::ofstream(root / "letter.txt") << "Dear Sir";

  EXPECT_THAT(refusal([&] { (void)DataDirectory::open(root.string()); }),
              HasSubstr("not waymark's"));
  EXPECT_THAT(refusal([&] { (void)DataDirectory::open((root / "letter.txt").string()); }),
              HasSubstr("not a directory"));
}

TEST_F(DataDirectoryTest, IsNotTakenForOursForAFileCalledLock) {
  std::ofstream(root / "lock") << "precious\n";
  std::ofstream(root / "letter.txt") << "Dear Sir";

  EXPECT_THAT(refusal([&] { (void)DataDirectory::open(root.string()); }),
              HasSubstr("not waymark's"));
  std::string content;
  std::getline(std::ifstream(root / "lock"), content);
  EXPECT_EQ(content, "precious");
}

Config loopback(std::uint16_t dns_port) {
  Config config;
  config.dns = {{IpAddress::loopback_v4(), dns_port}};
  config.api = {IpAddress::loopback_v4(), 0};
  return config;
}

TEST(Sockets, ShareOneChosenPortAmongAllWorkers) {
  const Sockets sockets = Sockets::open(loopback(0), 3);

  ASSERT_EQ(sockets.dns.size(), 1U);
  EXPECT_NE(sockets.dns[0].port, 0);
  EXPECT_NE(sockets.api_address.port, 0);
  ASSERT_EQ(sockets.workers.size(), 3U);
  for (const auto& share : sockets.workers) {
    ASSERT_EQ(share.udp.size(), 1U);
    ASSERT_EQ(share.tcp.size(), 1U);
    for (const auto* socket : {&share.udp[0], &share.tcp[0]}) {
      sockaddr_storage storage{};
      socklen_t octets = sizeof storage;
      auto* address = reinterpret_cast<sockaddr*>(&storage);
      ASSERT_EQ(getsockname(socket->get(), address, &octets), 0);
      EXPECT_EQ(Endpoint::from(*address), sockets.dns[0]);
    }
  }
}

TEST(Sockets, RefuseAPortThatAnotherWaymarkHolds) {
  const Sockets first = Sockets::open(loopback(0), 1);

  EXPECT_THAT(refusal([&] { (void)Sockets::open(loopback(first.dns[0].port), 1); }),
              HasSubstr("already in use"));
}

/// A generation of parts with these ids; of them only `sent` come with it.
Result<void> add(Generations& generations, std::uint64_t number, std::vector<std::uint64_t> ids,
                 const std::vector<std::uint64_t>& sent) {
  dns::Manifest manifest;
  manifest.generation = number;
  for (const std::uint64_t id : ids)
    manifest.parts.push_back({dns::layout::PartKind::names, id, 0, {}});
  std::vector<std::pair<std::uint64_t, FileDescriptor>> parts;
  for (const std::uint64_t id : sent)
    parts.emplace_back(id, std::move(*seal("part", {})));
  return generations.add(manifest, std::move(parts));
}

TEST(Generations, SendOnlyThePartsThatAreLacking) {
  Generations generations;
  ASSERT_TRUE(add(generations, 1, {10, 11}, {10, 11}));
  ASSERT_TRUE(add(generations, 2, {12, 11}, {12}));

  EXPECT_THAT(generations.message({10, 11}).part_ids, ElementsAre(12));
  EXPECT_THAT(generations.newest_message().part_ids, ElementsAre(12, 11));
}

TEST(Generations, RefuseOneWhosePartNobodySent) {
  Generations generations;
  ASSERT_TRUE(add(generations, 1, {10}, {10}));

  EXPECT_FALSE(add(generations, 2, {11}, {}));
  EXPECT_EQ(generations.current(), 1U);
}

TEST(Generations, NeverGoBackUnasked) {  // LKG-5
  Generations generations;
  ASSERT_TRUE(add(generations, 5, {10}, {10}));

  EXPECT_FALSE(add(generations, 4, {11}, {11}));
  EXPECT_FALSE(add(generations, 5, {12}, {12}));

  EXPECT_EQ(generations.current(), 5U);
  EXPECT_THAT(generations.newest_message().part_ids, ElementsAre(10));
  EXPECT_TRUE(add(generations, 6, {10}, {}));
}

TEST(Generations, FallBackToTheOldestOfThreeAndNoFurther) {
  Generations generations;
  for (std::uint64_t number = 1; number <= 4; ++number)
    ASSERT_TRUE(add(generations, number, {number}, {number}));

  EXPECT_TRUE(generations.fall_back());
  EXPECT_TRUE(generations.fall_back());
  EXPECT_FALSE(generations.fall_back());

  EXPECT_EQ(generations.current(), 2U);
  EXPECT_EQ(generations.newest(), 4U);
  ASSERT_TRUE(add(generations, 5, {4, 5}, {5}));  // the newest's parts are still there
  EXPECT_EQ(generations.current(), 5U);
}

TEST(Generations, DoNotFallBackToOneThatWasLeft) {  // LKG-4
  Generations generations;
  ASSERT_TRUE(add(generations, 1, {1}, {1}));
  ASSERT_TRUE(add(generations, 2, {2}, {2}));
  ASSERT_TRUE(generations.fall_back());
  ASSERT_TRUE(add(generations, 3, {3}, {3}));

  EXPECT_TRUE(generations.fall_back());

  EXPECT_EQ(generations.current(), 1U);
  EXPECT_FALSE(generations.fall_back());
}

TEST(Generations, KeepTheOneThatAnswersRatherThanThoseThatWereLeft) {
  Generations generations;
  ASSERT_TRUE(add(generations, 1, {1}, {1}));
  for (std::uint64_t number = 2; number <= 6; ++number) {
    ASSERT_TRUE(add(generations, number, {number}, {number}));
    ASSERT_TRUE(generations.fall_back());
    EXPECT_EQ(generations.current(), 1U);
  }
}

TEST(Generations, TakeAnOlderOneToFallBackTo) {
  Generations generations;
  ASSERT_TRUE(add(generations, 5, {10, 11}, {10, 11}));
  dns::Manifest older;
  older.generation = 4;
  older.parts = {{dns::layout::PartKind::names, 9, 0, {}},
                 {dns::layout::PartKind::zones, 11, 0, {}}};
  std::vector<std::pair<std::uint64_t, FileDescriptor>> parts;
  parts.emplace_back(9, std::move(*seal("part", {})));

  ASSERT_TRUE(generations.add_older(older, std::move(parts)));

  EXPECT_EQ(generations.current(), 5U);
  EXPECT_FALSE(generations.fallen_back());
  EXPECT_TRUE(generations.fall_back());
  EXPECT_TRUE(generations.fallen_back());
  EXPECT_THAT(generations.message({}).part_ids, ElementsAre(9, 11));
  EXPECT_THAT(generations.newest_message().part_ids, ElementsAre(10, 11));
  EXPECT_FALSE(generations.add_older(older, {}));  // not older than itself
}

constexpr MonotonicTime start{};

TEST(GenerationTrial, Lkg3IsPassedOnceAfterAMinuteOfAnsweringWithoutACrash) {
  GenerationTrial trial;
  trial.begin(false);

  EXPECT_FALSE(trial.proven(true, start));
  EXPECT_FALSE(trial.proven(true, start + 59s));
  EXPECT_TRUE(trial.proven(true, start + 60s));
  EXPECT_FALSE(trial.proven(true, start + 200s));
}

TEST(GenerationTrial, Lkg3BeginsAnewWhenAWorkerDoesNotAnswerOrCrashes) {
  GenerationTrial trial;
  trial.begin(false);
  EXPECT_FALSE(trial.proven(true, start));
  EXPECT_FALSE(trial.proven(false, start + 30s));
  EXPECT_FALSE(trial.proven(true, start + 40s));
  EXPECT_FALSE(trial.proven(true, start + 99s));
  EXPECT_FALSE(trial.crashed(start + 99s));
  EXPECT_FALSE(trial.proven(true, start + 100s));

  EXPECT_FALSE(trial.proven(true, start + 159s));
  EXPECT_TRUE(trial.proven(true, start + 160s));
}

TEST(GenerationTrial, Lkg3OneThatCrashesItsWorkerThirtySecondsAfterEachStartFails) {
  GenerationTrial trial;
  trial.begin(false);
  for (const auto at : {30s, 61s}) {
    EXPECT_FALSE(trial.proven(true, start + at - 29s));
    EXPECT_FALSE(trial.crashed(start + at));
  }

  EXPECT_TRUE(trial.crashed(start + 92s));
}

TEST(GenerationTrial, Lkg4AKnownGoodOneFailsWithThreeCrashesInAMinuteOnly) {
  GenerationTrial trial;
  trial.begin(true);
  EXPECT_FALSE(trial.crashed(start));
  EXPECT_FALSE(trial.crashed(start + 30s));
  EXPECT_FALSE(trial.crashed(start + 61s));
  EXPECT_FALSE(trial.crashed(start + 92s));

  EXPECT_TRUE(trial.crashed(start + 100s));
}

TEST(Generations, SayGenerationZeroWhenThereIsNone) {
  const dns::Message message = Generations().newest_message();

  EXPECT_EQ(message.generation, 0U);
  ASSERT_TRUE(message.manifest);
  EXPECT_TRUE(message.part_ids.empty());
}

TEST(Child, EndsAreToldInWords) {
  EXPECT_EQ(describe_end(3 << 8), "exit status 3");
  EXPECT_EQ(describe_end(SIGSEGV), "signal 11 (Segmentation fault)");
}

}  // namespace
}  // namespace waymark::app
