// SPDX-License-Identifier: Apache-2.0
//
// From each schema to the newest, ended or failing anywhere: the one or the other, never between.
#include <csignal>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "tests/zones/store/disk_world.h"
#include "zones/store/schema.h"

namespace waymark::zones {
namespace {

constexpr const char* common_columns =
    "INSERT INTO zones (number, id, name_key, comment, created, version, serial, record_sets, "
    "content) SELECT number, id, name_key, comment, created, version, serial, record_sets, content "
    "FROM now.zones;"
    "INSERT INTO record_sets SELECT * FROM now.record_sets;"
    "INSERT INTO objects SELECT * FROM now.objects;"
    "INSERT INTO commits (number, epoch, id, scope, version, body) SELECT number, epoch, id, "
    "scope, "
    "version, body FROM now.commits;"
    "UPDATE cursor SET (epoch, revision, last_content) = (SELECT * FROM now.cursor);";

/// A database of that version, made by the steps that made it then, with a zone and five commits.
void make_version(const std::string& directory, int version) {
  const TemporaryFolder now(fast_folder());
  {
    auto store = *SqliteStore::open(now.path(), true);
    for (std::uint64_t n = 0; n < 5; ++n)
      ASSERT_TRUE(run(store->commit(deciding(n))));
  }
  auto database = *Database::open(directory + "/waymark.db", Database::Mode::create);
  ASSERT_EQ(*database->value("PRAGMA journal_mode = WAL"), "wal");
  for (int step = 0; step < version; ++step)
    ASSERT_TRUE(database->execute(schema_steps[step]));
  ASSERT_TRUE(database->execute(("ATTACH '" + now.file() + "' AS now").c_str()));
  auto copied = database->execute(common_columns);
  ASSERT_TRUE(copied) << copied.error().detail();
  ASSERT_TRUE(database->execute(("DETACH now; PRAGMA application_id = 0x57594D4B; PRAGMA "
                                 "user_version = " +
                                 std::to_string(version))
                                    .c_str()));
}

/// All that the schema says, but for the index that belongs to no version.
std::string schema_of(Database& database) {
  std::string all;
  Statement row(database,
                "SELECT type, name, coalesce(sql, '') FROM sqlite_schema WHERE name <> "
                "'record_sets_external' ORDER BY type, name");
  while (*row.step())
    all += row.text(0) + ' ' + row.text(1) + ' ' + row.text(2) + '\n';
  return all;
}

/// What a database of that version looks like that was never anything else.
std::string schema_of_version(int version) {
  const TemporaryFolder folder(fast_folder());
  auto database = *Database::open(folder.file(), Database::Mode::create);
  for (int step = 0; step < version; ++step)
    EXPECT_TRUE(database->execute(schema_steps[step]));
  return schema_of(*database);
}

class Migration : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    make_version(origin.path(), GetParam());
    for (int version = GetParam(); version <= SqliteStore::schema_version; ++version)
      schemas.push_back(schema_of_version(version));
  }

  void copy_to(const TemporaryFolder& folder) const {
    std::filesystem::copy(origin.path(), folder.path(),
                          std::filesystem::copy_options::recursive |
                              std::filesystem::copy_options::overwrite_existing);
  }

  /// It is of one version, whole; and a start without a fault makes the newest of it, with all that
  /// was in it. Gives that version.
  std::int64_t judge(const std::string& directory, std::size_t at) {
    std::int64_t version = 0;
    {
      auto database = *Database::open(directory + "/waymark.db", Database::Mode::read_write);
      version = *database->number("PRAGMA user_version");
      const auto from = static_cast<std::size_t>(GetParam());
      const auto place = static_cast<std::size_t>(version) - from;
      EXPECT_EQ(schema_of(*database), place < schemas.size() ? schemas[place] : "") << at;
      EXPECT_EQ(*database->number("SELECT count(*) FROM commits"), 5) << at;
      const char* unlinked =
          version == 3 ? "SELECT count(*) FROM commits WHERE chain IS NULL" : "SELECT 0";
      EXPECT_EQ(*database->number(unlinked), 0) << at;
    }
    const Held held = held_by(directory);
    EXPECT_TRUE(held.sound) << at << ": " << held.why;
    EXPECT_FALSE(held.in_part) << at;
    EXPECT_EQ(held.changes.size(), 5U) << at;
    auto store = *SqliteStore::open(directory, false);
    const auto log = (*store->snapshot())->verify_log(std::nullopt);
    EXPECT_TRUE(log && log->fault.empty() && log->head.number == 5) << at;
    EXPECT_TRUE(run(store->commit(deciding(5)))) << at;
    return version;
  }

  const TemporaryFolder origin{fast_folder()};
  std::vector<std::string> schemas;  // of the first version and each after it
};

int statements_left = 0;

/// Every connection from now on is killed before a statement of its own.
void die_before_statement(int number) {
  statements_left = number;
  const auto hook = +[](sqlite3* connection, char**, const sqlite3_api_routines*) {
    return sqlite3_trace_v2(
        connection, SQLITE_TRACE_STMT,
        [](unsigned, void*, void*, void*) {
          if (statements_left-- == 0) (void)kill(getpid(), SIGKILL);
          return 0;
        },
        nullptr);
  };
  (void)sqlite3_auto_extension(reinterpret_cast<void (*)()>(hook));
}

TEST_P(Migration, Dur12KilledBeforeEachStatementItIsOfOneVersionAndGoesOnFromThere) {
  std::set<std::int64_t> met;
  int kills = 0;
  for (bool killed = true; killed; ++kills) {
    const TemporaryFolder folder(fast_folder());
    copy_to(folder);
    const pid_t child = fork();
    if (child == 0) {
      die_before_statement(kills);
      _exit(SqliteStore::open(folder.path(), false) ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    killed = WIFSIGNALED(status);
    ASSERT_TRUE(killed || WEXITSTATUS(status) == 0) << kills;
    met.insert(judge(folder.path(), static_cast<std::size_t>(kills)));
    if (HasFailure()) return;
  }
  RecordProperty("kills", kills - 1);
  EXPECT_GT(kills, 20);
  EXPECT_EQ(met.size(), schemas.size()) << "each version was met";
}

TEST_P(Migration, Dur12FailingAtEachCallOfTheDiskItIsOfOneVersionAndGoesOnFromThere) {
  for (const auto how : {TestDisk::Failure::io, TestDisk::Failure::full}) {
    std::size_t failed = 0;
    for (bool reached = true; reached; ++failed) {
      const TemporaryFolder folder(fast_folder());
      copy_to(folder);
      {
        TestDisk disk;
        disk.fail(failed, how, true);
        (void)SqliteStore::open(folder.path(), false);
        reached = disk.has_failed();
      }
      (void)judge(folder.path(), failed);
      if (HasFailure()) return;
    }
    EXPECT_GT(failed, 30U);
  }
}

TEST_P(Migration, Dur12AfterAPowerCutAtAnyMomentItIsOfOneVersionAndGoesOnFromThere) {
  Random random(12);
  const TemporaryFolder folder(fast_folder());
  copy_to(folder);
  std::ifstream first(folder.file(), std::ios::binary);
  const Bytes whole{std::istreambuf_iterator<char>(first), {}};
  std::vector<DiskEvent> events{{DiskEvent::Kind::write, folder.file(), 0, whole},
                                {DiskEvent::Kind::flush, folder.file()}};
  {
    TestDisk disk;
    ASSERT_TRUE(SqliteStore::open(folder.path(), false));
    const auto told = disk.events();
    events.insert(events.end(), told.begin(), told.end());
  }
  for (std::size_t until = 2; until <= events.size(); ++until) {
    const TemporaryFolder left(fast_folder());
    lay_out(after_power_cut(events, until, random), left.path());
    (void)judge(left.path(), until);
    if (HasFailure()) return;
  }
  RecordProperty("cuts", static_cast<int>(events.size()));
}

INSTANTIATE_TEST_SUITE_P(From, Migration, testing::Values(1, 2), [](const auto& version) {
  return "Version" + std::to_string(version.param);
});

}  // namespace
}  // namespace waymark::zones
