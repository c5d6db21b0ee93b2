// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <thread>

#include "tests/zones/store/world.h"
#include "zones/store/sqlite.h"

namespace waymark::zones {

namespace {

std::string octets_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::unique_ptr<Store> opened(const TemporaryFolder& folder, std::uint32_t most_pages = 0) {
  auto store = SqliteStore::open(folder.path(), true, most_pages);
  EXPECT_TRUE(store) << store.error().detail();
  return *std::move(store);
}

/// The sentence that refuses the folder; its file must not change.
std::string refusal(const TemporaryFolder& folder) {
  const auto before = octets_of(folder.file());
  auto store = SqliteStore::open(folder.path(), true);
  EXPECT_FALSE(store);
  EXPECT_EQ(octets_of(folder.file()), before);
  return store ? "" : store.error().detail();
}

void run_sql(const TemporaryFolder& folder, const char* sql) {
  auto database = Database::open(folder.file(), Database::Mode::create);
  ASSERT_TRUE(database);
  auto done = (*database)->execute(sql);
  ASSERT_TRUE(done) << done.error().detail();
}

}  // namespace

TEST(SqliteStore, RefusesANewerSchemaAndNamesBothVersions) {
  TemporaryFolder folder;
  opened(folder).reset();
  run_sql(folder, "PRAGMA user_version = 7; PRAGMA wal_checkpoint(TRUNCATE)");

  const auto sentence = refusal(folder);
  EXPECT_NE(sentence.find("schema version 7"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("up to 3"), std::string::npos) << sentence;
}

TEST(SqliteStore, TakesUpADatabaseFromBeforePrivateZones) {
  TemporaryFolder folder;
  const auto there = [&](Store& store) {
    const auto zone = (*store.snapshot())->zone_named(name("example.com."));
    return zone && *zone && !(*zone)->is_private() && (*zone)->record_sets > 0;
  };
  {
    auto store = opened(folder);
    ASSERT_TRUE(run(store->commit(always(creation({a_record("www.example.com.")})))));
  }
  run_sql(folder,
          "DROP INDEX zones_by_name; DROP INDEX all_zones_by_name; ALTER TABLE zones DROP COLUMN "
          "vpcs; CREATE UNIQUE INDEX zones_by_name ON zones (name_key) WHERE content IS NOT NULL; "
          "ALTER TABLE commits DROP COLUMN chain; DROP TABLE requests; "
          "PRAGMA user_version = 1; PRAGMA wal_checkpoint(TRUNCATE)");

  auto store = opened(folder);
  EXPECT_TRUE(there(*store));
}

TEST(SqliteStore, LinksTheLogOfADatabaseFromBeforeTheChainAndGoesOnFromThere) {
  TemporaryFolder folder;
  {
    auto store = opened(folder);
    ASSERT_TRUE(run(store->commit(always(creation()))));
    for (std::uint64_t version = 1; version < 4; ++version)
      ASSERT_TRUE(run(store->commit(
          always(addition(version, a_record("n" + std::to_string(version) + ".example.com."))))));
  }
  run_sql(folder,
          "ALTER TABLE commits DROP COLUMN chain; DROP TABLE requests; PRAGMA user_version = 2; "
          "PRAGMA wal_checkpoint(TRUNCATE)");

  auto store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(addition(4, a_record("n4.example.com."))))));
  const auto verdict = (*store->snapshot())->verify_log(std::nullopt);
  ASSERT_TRUE(verdict);
  EXPECT_EQ(verdict->fault, "");
  EXPECT_EQ(verdict->head.number, 5U);
  store.reset();

  run_sql(folder, "UPDATE commits SET body = body || x'00' WHERE number = 2");  // from before it
  const auto altered = (*opened(folder)->snapshot())->verify_log(std::nullopt);
  ASSERT_TRUE(altered);
  EXPECT_EQ(altered->fault_at, 2U);
}

TEST(SqliteStore, RefusesTheDatabaseOfAnotherProgram) {
  TemporaryFolder folder;
  run_sql(folder, "CREATE TABLE bookmarks (url TEXT)");
  EXPECT_NE(refusal(folder).find("another program"), std::string::npos);

  TemporaryFolder marked;
  run_sql(marked, "PRAGMA application_id = 42");
  EXPECT_NE(refusal(marked).find("another program"), std::string::npos);
}

TEST(SqliteStore, RefusesAFileThatIsNoDatabase) {
  TemporaryFolder folder;
  std::ofstream(folder.file()) << "this is a letter to my aunt";

  EXPECT_NE(refusal(folder).find("not a database"), std::string::npos);
}

TEST(SqliteStore, RefusesADatabaseThatIsInUse) {
  TemporaryFolder folder;
  const auto store = opened(folder);

  auto second = SqliteStore::open(folder.path(), true);

  ASSERT_FALSE(second);
  EXPECT_NE(second.error().detail().find("locked by another process"), std::string::npos);
}

TEST(SqliteStore, RefusesADatabaseThatAnotherConnectionLocks) {
  TemporaryFolder folder;
  opened(folder).reset();
  auto other = Database::open(folder.file(), Database::Mode::read_write);
  ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE"));

  auto store = SqliteStore::open(folder.path(), true);

  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail().find("locked by another process"), std::string::npos);
}

TEST(SqliteStore, MakesNothingUnlessAsked) {
  TemporaryFolder folder;

  auto store = SqliteStore::open(folder.path(), false);

  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code(), ErrorCode::unavailable);
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
}

TEST(SqliteStore, TakesNoEmptyFileForADatabaseUnlessAsked) {
  TemporaryFolder folder;
  std::ofstream(folder.file()).flush();

  const auto store = SqliteStore::open(folder.path(), false);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().detail().find("restore a backup"), std::string::npos);
  EXPECT_TRUE(SqliteStore::open(folder.path(), true));
}

TEST(SqliteStore, FoldsTheLogIntoItsFileWhileItRuns) {  // DUR-9
  TemporaryFolder folder;
  auto store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(creation({a_record("example.com.")})))));
  const auto before = std::filesystem::file_size(folder.file());
  RecordSet set = a_record("big.example.com.");
  set.type = dns::RrType::TXT;
  set.rdata = {Bytes(40'000, 7)};

  for (std::uint64_t base = 1; base <= 600; ++base) {  // more than most_log_pages
    set.owner = name("big" + std::to_string(base) + ".example.com.");
    ASSERT_TRUE(run(store->commit(always(addition(base, set)))));
  }

  // The writer looks once a second.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::filesystem::file_size(folder.file()) < before + 1'000'000 &&
         std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  EXPECT_GT(std::filesystem::file_size(folder.file()), before + 1'000'000);
}

TEST(SqliteStore, LeavesNoLogBehindWhenItEnds) {
  TemporaryFolder folder;
  {
    const auto store = opened(folder);
    ASSERT_TRUE(run(store->commit(always(creation({a_record("example.com.")})))));
    ASSERT_TRUE(store->snapshot());  // a reader stays open in its pool
  }

  EXPECT_FALSE(std::filesystem::exists(folder.file() + "-wal"));
  EXPECT_TRUE(SqliteStore::verify(folder.path()));
}

TEST(SqliteStore, VerifyFindsADamagedPage) {  // DUR-5
  TemporaryFolder folder;
  {
    const auto store = opened(folder);
    std::vector<RecordSet> sets;
    for (int i = 0; i < 2000; ++i)
      sets.push_back(a_record("h" + std::to_string(10'000 + i) + ".example.com."));
    ASSERT_TRUE(run(store->commit(always(creation(std::move(sets))))));
  }
  ASSERT_TRUE(SqliteStore::verify(folder.path()));
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(5 * 4096);
  file << std::string(4096, 'x');
  file.close();

  EXPECT_FALSE(SqliteStore::verify(folder.path()));
}

TEST(SqliteStore, NoticesThatItsFileWasMovedAway) {
  TemporaryFolder folder;
  const auto store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(creation()))));
  std::filesystem::rename(folder.file(), folder.path() + "/elsewhere.db");

  auto answer = run(store->commit(always(addition(1, a_record("a.example.com.")))));

  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::unavailable);
  EXPECT_NE(store->fault().find("moved away"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
}

TEST(SqliteStore, AFullDiskRefusesWritesAndHarmsNothing) {
  TemporaryFolder folder;
  const auto store = opened(folder, 64);
  ASSERT_TRUE(run(store->commit(always(creation({a_record("a.example.com.")})))));
  auto big = addition(1, a_record("big.example.com."));
  for (int i = 0; i < 50; ++i)
    big.effects.added[0].rdata.push_back(Bytes(10'000, 7));

  auto refused = run(store->commit(always(big)));
  auto small = run(store->commit(always(addition(1, a_record("b.example.com.")))));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::storage_full);
  EXPECT_TRUE(small) << small.error().detail();
  EXPECT_EQ(store->fault(), "");
  EXPECT_EQ(content(*store).size(), 2U);
}

TEST(SqliteStore, ADiskThatFailedOnceIsNotTrustedAgain) {
  TemporaryFolder folder;
  auto store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(creation()))));
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &usual), 0);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = usual;
  tight.rlim_cur = 4096;  // every write past here fails with EFBIG
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);

  auto refused = run(store->commit(always(addition(1, a_record("a.example.com.")))));
  ::setrlimit(RLIMIT_FSIZE, &usual);
  std::signal(SIGXFSZ, old_action);
  auto later = run(store->commit(always(addition(1, a_record("b.example.com.")))));

  EXPECT_FALSE(refused);
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code(), ErrorCode::unavailable);
  EXPECT_NE(store->fault(), "");
  store.reset();
  store = opened(folder);
  EXPECT_TRUE(content(*store).empty());
  EXPECT_TRUE(run(store->commit(always(addition(1, a_record("b.example.com."))))));
}

TEST(SqliteStore, SweepsWhatACrashLeftHalfStaged) {
  TemporaryFolder folder;
  auto store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(creation({a_record("a.example.com.")})))));
  store.reset();
  run_sql(folder,
          "INSERT INTO unseen VALUES (77, 1);"
          "INSERT INTO record_sets (content, owner, type, set_id, ttl, rdata) "
          "SELECT 77, owner, type, set_id, ttl, rdata FROM record_sets");

  store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(addition(1, a_record("b.example.com."))))));
  store.reset();  // what was posted before is done

  auto database = *Database::open(folder.file(), Database::Mode::read_write);
  EXPECT_EQ(*database->number("SELECT count(*) FROM unseen"), 0);
  EXPECT_EQ(*database->number("SELECT count(*) FROM record_sets"), 2);
}

TEST(SqliteStore, KeepsSimpleAddressesSmall) {
  TemporaryFolder folder;
  auto store = opened(folder);
  ASSERT_TRUE(run(store->commit(always(creation()))));
  constexpr int many = 200'000;
  RecordSource source = [at = 0]() mutable -> Result<std::optional<RecordSet>> {
    if (at == many) return std::optional<RecordSet>();
    const auto number = std::to_string(1'000'000 + at++);
    return std::optional(a_record("n" + number + ".example.com."));
  };
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(run(store->replace(example, std::move(source), always(replacement(1, many)))));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  RecordProperty("rows_per_second", static_cast<int>(many / took.count()));
  store.reset();

  EXPECT_LE(std::filesystem::file_size(folder.file()) / many, 70U);
}

TEST(AbsentStore, RefusesEverythingWithItsReason) {
  const auto store = make_absent_store("there is no database");

  EXPECT_EQ(store->fault(), "there is no database");
  EXPECT_EQ(store->snapshot().error().code(), ErrorCode::unavailable);
  EXPECT_EQ(run(store->commit(always(creation()))).error().detail(), "there is no database");
}

}  // namespace waymark::zones
