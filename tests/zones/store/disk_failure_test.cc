// SPDX-License-Identifier: Apache-2.0
#include <sqlite3.h>

#include "tests/zones/store/disk_world.h"

namespace waymark::zones {
namespace {

using Failure = TestDisk::Failure;

/// A new database, changes, its end, which folds the log into the file; and once more.
void two_lives(const std::string& directory, TestDisk& disk, std::set<std::uint64_t>& told) {
  change_all(directory, disk, 0, 4, told);
  change_all(directory, disk, 4, 7, told);
}

struct Faults {
  Failure how;
  bool from_then_on;
  const char* name;
};

class FailingDisk : public testing::TestWithParam<Faults> {};

TEST_P(FailingDisk, Dur4AtWhicheverCallNothingAcknowledgedIsMissingAndNothingHalf) {
  std::size_t failed = 0, refused = 0;
  for (std::size_t n = 0;; ++n) {
    const TemporaryFolder folder(fast_folder());
    std::set<std::uint64_t> told;
    bool reached = false;
    {
      TestDisk disk;
      disk.fail(n, GetParam().how, GetParam().from_then_on);
      two_lives(folder.path(), disk, told);
      reached = disk.has_failed();
    }

    const Held held = held_by(folder.path());
    ASSERT_TRUE(held.sound) << n << ": " << held.why;
    ASSERT_FALSE(held.in_part) << n;
    ASSERT_TRUE(holds_all(held, told)) << n;
    if (!reached) {
      ASSERT_EQ(told.size(), 7U);
      break;
    }
    ++failed;
    refused += told.size() < 7 ? 1U : 0U;
  }
  RecordProperty("calls", static_cast<int>(failed));
  EXPECT_GT(failed, 100U);
  EXPECT_GT(refused, 20U);
}

INSTANTIATE_TEST_SUITE_P(Of, FailingDisk,
                         testing::Values(Faults{Failure::io, false, "OneErrorOfTheDevice"},
                                         Faults{Failure::io, true, "ADeviceThatIsGone"},
                                         Faults{Failure::full, false, "OneRefusalForLackOfRoom"},
                                         Faults{Failure::full, true, "AFullDisk"},
                                         Faults{Failure::cut_short, false, "OneWriteCutShort"},
                                         Faults{Failure::cut_short, true, "WritesCutShort"}),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(Opening, Dur1IsRefusedWhereSqliteKeepsNoLog) {
  const TemporaryFolder folder(fast_folder());
  const TestDisk disk(false);

  const auto store = SqliteStore::open(folder.path(), true);

  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail().find("instead of wal"), std::string::npos)
      << store.error().detail();
}

TEST(Opening, Dur1IsRefusedWhenTheFlushThatMakesTheLogFails) {
  for (std::size_t n = 0;; ++n) {
    const TemporaryFolder folder(fast_folder());
    TestDisk disk;
    disk.fail_flush(n);
    const auto store = SqliteStore::open(folder.path(), true);
    if (store) {
      EXPECT_GE(n, 3U);  // the journal twice, then the file: the switch to WAL
      break;
    }
  }
}

/// A SQLite whose connections start with synchronous=NORMAL and take no other setting.
class RelaxedSqlite {
 public:
  RelaxedSqlite() { (void)sqlite3_auto_extension(entry()); }
  ~RelaxedSqlite() { (void)sqlite3_cancel_auto_extension(entry()); }
  RelaxedSqlite(const RelaxedSqlite&) = delete;
  RelaxedSqlite& operator=(const RelaxedSqlite&) = delete;

 private:
  using Entry = void (*)();
  static int relax(sqlite3* connection, char**, const sqlite3_api_routines*) {
    const int code =
        sqlite3_exec(connection, "PRAGMA synchronous = NORMAL", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return code;
    return sqlite3_set_authorizer(
        connection,
        [](void*, int action, const char* name, const char* value, const char*, const char*) {
          const bool sets = action == SQLITE_PRAGMA && value != nullptr &&
                            std::string_view(name) == "synchronous";
          return sets ? SQLITE_IGNORE : SQLITE_OK;
        },
        nullptr);
  }
  static Entry entry() { return reinterpret_cast<Entry>(&relax); }
};

TEST(Opening, Dur1IsRefusedWhereSqliteAnswersOtherwiseThanFull) {
  const TemporaryFolder folder(fast_folder());
  ASSERT_TRUE(SqliteStore::open(folder.path(), true));
  {
    const RelaxedSqlite relaxed;
    const auto store = SqliteStore::open(folder.path(), true);

    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code(), ErrorCode::unavailable);
    EXPECT_NE(store.error().detail().find("synchronous answers 1 instead of 2"), std::string::npos)
        << store.error().detail();
  }
  EXPECT_TRUE(SqliteStore::open(folder.path(), true));
}

TEST(FailedFlush, Dur5IsNotTriedAgainAndWhatFollowsIsRefused) {
  const TemporaryFolder folder(fast_folder());
  TestDisk disk;
  auto store = *SqliteStore::open(folder.path(), true);
  ASSERT_TRUE(run(store->commit(deciding(0))));
  ASSERT_EQ(content(*store).size(), 3U);  // a reader is open from now on
  EXPECT_FALSE(store->fenced());

  disk.fail_flush(0);
  const auto refused = run(store->commit(deciding(1)));
  const std::size_t before = disk.events().size();
  const auto later = run(store->commit(deciding(1)));
  const auto replaced = run(
      store->replace(example, source_of({a_record("example.com.")}), always(replacement(1, 1))));

  ASSERT_FALSE(refused);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), ErrorCode::unavailable);
  ASSERT_FALSE(replaced);
  EXPECT_TRUE(store->fenced());
  EXPECT_NE(store->fault(), "");
  EXPECT_EQ(content(*store).size(), 3U);  // reading goes on
  store.reset();
  for (std::size_t i = before; i < disk.events().size(); ++i)
    EXPECT_NE(disk.events()[i].kind, DiskEvent::Kind::flush) << "the end must not fold the log";
  EXPECT_TRUE(held_by(folder.path()).sound);
}

/// What the kernel does after a failed flush: it forgets that the pages are not on the disk.
TEST(FailedFlush, Dur5AtAnyMomentAndThenAPowerCutLosesNothingAcknowledged) {
  Random random(5);
  std::size_t failed = 0;
  for (std::size_t n = 0;; ++n) {
    const TemporaryFolder folder(fast_folder());
    std::vector<DiskEvent> events;
    bool reached = false;
    {
      TestDisk disk;
      disk.fail_flush(n);
      std::set<std::uint64_t> ignored;
      change_all(folder.path(), disk, 0, 6, ignored);
      reached = disk.has_failed();
      events = disk.events();
    }
    if (!reached) break;
    ++failed;
    const auto at = std::find_if(events.begin(), events.end(), [](const DiskEvent& event) {
      return event.kind == DiskEvent::Kind::failed_flush;
    });
    const auto first = static_cast<std::size_t>(at - events.begin()) + 1;
    for (std::size_t until = first; until <= events.size(); ++until) {
      const TemporaryFolder left(fast_folder());
      lay_out(after_power_cut(events, until, random), left.path());
      const Held held = held_by(left.path());
      const auto told = told_before(events, until);
      // One that never got onto the disk may be no database; it is refused, and says so.
      if (!held.sound && told.empty()) continue;
      ASSERT_TRUE(held.sound) << n << ", " << until << ": " << held.why;
      ASSERT_FALSE(held.in_part) << n << ", " << until;
      ASSERT_TRUE(holds_all(held, told)) << n << ", " << until;
    }
  }
  EXPECT_GT(failed, 10U);
}

}  // namespace
}  // namespace waymark::zones
