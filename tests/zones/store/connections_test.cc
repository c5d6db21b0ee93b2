// SPDX-License-Identifier: Apache-2.0
//
// Who opens and writes which file, as SQLite itself is asked: through the file system beneath it.
#include <chrono>
#include <thread>

#include "tests/zones/store/disk_world.h"

namespace waymark::zones {
namespace {

std::size_t count(const std::vector<OpenedFile>& files, std::string_view end,
                  bool OpenedFile::*what) {
  return static_cast<std::size_t>(std::count_if(
      files.begin(), files.end(),
      [&](const OpenedFile& file) { return file.path.ends_with(end) && file.*what; }));
}

/// Commits until the log was folded into the file several times.
void write_much(Store& store) {
  ASSERT_TRUE(run(store.commit(deciding(0))));
  for (std::uint64_t n = 1; n < 1000; ++n) {
    Decide big = [n](const Snapshot& state) -> Result<Commit> {
      auto commit = change_number(n, (**state.zone(example)).version);
      commit.effects.added[0].rdata = {Bytes(40'000, 1)};
      return commit;
    };
    ASSERT_TRUE(run(store.commit(big)));
  }
}

TEST(Connections, Dur8OneAloneWritesAndFoldsTheLogWhileOthersRead) {
  const TemporaryFolder folder(fast_folder());
  TestDisk disk;
  {
    auto store = *SqliteStore::open(folder.path(), true);
    std::atomic<bool> done{false};
    std::vector<std::thread> readers;
    for (int i = 0; i < 4; ++i)
      readers.emplace_back([&] {
        while (!done)
          EXPECT_TRUE(store->snapshot());
      });
    write_much(*store);
    done = true;
    for (std::thread& reader : readers)
      reader.join();
  }

  const auto files = disk.opened();
  const auto databases = std::count_if(files.begin(), files.end(), [](const OpenedFile& file) {
    return file.path.ends_with("waymark.db");
  });
  EXPECT_GT(databases, 1) << "there were readers";
  EXPECT_EQ(count(files, "waymark.db", &OpenedFile::may_write), 1U);
  EXPECT_EQ(count(files, "waymark.db", &OpenedFile::wrote), 1U) << "checkpoints";
  EXPECT_EQ(count(files, "-wal", &OpenedFile::wrote), 1U);
}

TEST(Connections, Dur9AReaderThatStaysIsCutBeforeTheLogIsTooLong) {
  const TemporaryFolder folder(fast_folder());
  auto store = *SqliteStore::open(folder.path(), true);
  ASSERT_TRUE(run(store->commit(deciding(0))));
  auto stays = *store->snapshot();
  std::uintmax_t longest = 0;
  std::optional<Error> cut;
  std::uint64_t n = 1;
  for (; n < 400 && !cut; ++n) {  // a megabyte each
    Decide big = [n](const Snapshot& state) -> Result<Commit> {
      auto commit = change_number(n, (**state.zone(example)).version);
      for (RecordSet& set : commit.effects.added)
        set.rdata.assign(6, Bytes(60'000, 1));
      return commit;
    };
    ASSERT_TRUE(run(store->commit(big)));
    longest = std::max(longest, std::filesystem::file_size(folder.file() + "-wal"));
    if (const auto zones = stays->zones(); !zones) cut = zones.error();
  }
  RecordProperty("longest_log", static_cast<int>(longest));

  ASSERT_TRUE(cut);
  EXPECT_EQ(cut->code(), ErrorCode::unavailable);
  EXPECT_NE(cut->detail().find("too much was written"), std::string::npos);
  EXPECT_GT(longest, 100U << 20);
  EXPECT_LT(longest, 256U << 20);

  stays.reset();
  EXPECT_TRUE(*(*store->snapshot())->zone(example)) << "a new reading is not cut";
  // The writer looks once a second.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::filesystem::file_size(folder.file() + "-wal") > 0 &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_EQ(std::filesystem::file_size(folder.file() + "-wal"), 0U);
  store.reset();
  EXPECT_TRUE(held_by(folder.path()).sound);
}

TEST(Connections, Dur9AStatementThatReadsOnAndOnIsCutInItsMidst) {
  const TemporaryFolder folder(fast_folder());
  auto database = *Database::open(folder.file(), Database::Mode::create);
  const std::atomic<std::uint64_t> logged{8};
  database->read_until(&logged, 7);

  const auto endless = database->execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n");

  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(database->broken());
  database->read_until(nullptr, 0);
  EXPECT_EQ(*database->number("SELECT 42"), 42);
}

}  // namespace
}  // namespace waymark::zones
