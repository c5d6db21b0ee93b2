// SPDX-License-Identifier: Apache-2.0
#include "zones/store/backup.h"

#include <fstream>
#include <iterator>
#include <sys/stat.h>

#include <gmock/gmock.h>

#include "tests/zones/store/world.h"

namespace waymark::zones {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_all(const std::string& path, const std::string& octets) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << octets;
}

class BackupTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store = SqliteStore::open(house.path(), true).value();
    ASSERT_TRUE(run(store->commit(always(creation({a_record("example.com.")})))));
  }
  void another() {
    auto commit = addition(version, a_record("h" + std::to_string(version) + ".example.com."));
    ASSERT_TRUE(run(store->commit(always(std::move(commit)))));
    ++version;
  }
  /// Takes `octets` for a backup, into a folder of its own.
  Result<Backup> take(const std::string& octets) {
    const TemporaryFolder elsewhere;
    const std::string copy = elsewhere.path() + "/copy";
    write_all(copy, octets);
    return take_backup(copy, elsewhere.path(), {});
  }
  Result<void> change(const std::string& path, const char* sql) {
    return Database::open(path, Database::Mode::read_write).value()->execute(sql);
  }

  TemporaryFolder house, outside;
  std::unique_ptr<Store> store;
  const std::string file = outside.path() + "/backup";
  std::uint64_t version = 1;
};

TEST_F(BackupTest, Dur11IsWhatStandsInOneFileForItsOwnerAlone) {
  another();

  const auto made = back_up(house.path(), file, {});

  ASSERT_TRUE(made) << made.error().detail();
  EXPECT_EQ(made->revision, store->applied());
  EXPECT_EQ(made->zones, 1U);
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(std::distance(fs::directory_iterator(outside.path()), {}), 1);
  EXPECT_EQ(read_all(file).substr(18, 2),
            "\1\1");  // no write-ahead log, sqlite.org/fileformat.html
}

TEST_F(BackupTest, Dur11IsTakenBackWithAllThatWasCommittedWhenItWasMade) {
  another();
  const auto made = back_up(house.path(), file, {});
  ASSERT_TRUE(made);
  const auto before = content(*store);
  another();  // after it
  const TemporaryFolder elsewhere;

  const auto taken = take_backup(file, elsewhere.path(), {});

  ASSERT_TRUE(taken) << taken.error().detail();
  EXPECT_TRUE(taken->sealed);
  const auto restored = SqliteStore::open(elsewhere.path(), false);
  ASSERT_TRUE(restored);
  EXPECT_EQ(content(**restored), before);
  EXPECT_EQ((*restored)->applied().number, made->revision.number);
}

TEST_F(BackupTest, BeginsAnotherEpochGreaterThanTheOneBefore) {
  ASSERT_TRUE(change(house.file(), "UPDATE cursor SET epoch = 4000000000 * 2147483648"));  // 2096
  const auto made = back_up(house.path(), file, {});
  const TemporaryFolder elsewhere;

  ASSERT_TRUE(take_backup(file, elsewhere.path(), {}));

  EXPECT_GT(SqliteStore::open(elsewhere.path(), false).value()->applied().epoch,
            made->revision.epoch);
}

TEST_F(BackupTest, SaysHowFarItIsToTheEnd) {
  std::size_t last = 0, all = 0;

  ASSERT_TRUE(back_up(house.path(), file, [&](std::size_t done, std::size_t of) {
    EXPECT_GE(done, last);
    last = done, all = of;
  }));

  EXPECT_GT(all, 0U);
  EXPECT_EQ(last, all);
}

TEST_F(BackupTest, WritesOverNothing) {
  write_all(file, "precious");

  const auto refused = back_up(house.path(), file, {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
  EXPECT_EQ(read_all(file), "precious");
}

TEST_F(BackupTest, OfADamagedDatabaseIsNotMade) {
  for (int i = 0; i < 300; ++i)
    another();
  store.reset();
  std::string octets = read_all(house.file());
  for (std::size_t page = 4; page < octets.size() / 4096; ++page)
    octets.replace(page * 4096, 64, std::string(64, '\xEE'));
  write_all(house.file(), octets);

  const auto refused = back_up(house.path(), file, {});

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail(), HasSubstr("waymark.db"));
  EXPECT_TRUE(fs::is_empty(outside.path()));
}

TEST_F(BackupTest, OfNoDatabaseSaysWhichDirectoryHasNone) {
  const TemporaryFolder empty;

  const auto refused = back_up(empty.path(), file, {});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::not_found);
  EXPECT_THAT(refused.error().detail(), HasSubstr(empty.file()));
}

TEST_F(BackupTest, Dur11IsRefusedWhereverOneBitDiffers) {
  ASSERT_TRUE(back_up(house.path(), file, {}));
  const std::string whole = read_all(file);
  ASSERT_TRUE(take(whole));

  // The words that announce the hash aside: without them it is a backup that has none.
  for (std::size_t at = 0; at < whole.size() - 88; at += 397) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    EXPECT_FALSE(take(damaged)) << "octet " << at;
  }
}

TEST_F(BackupTest, Dur11IsRefusedWhenItIsCutShort) {
  ASSERT_TRUE(back_up(house.path(), file, {}));
  const std::string whole = read_all(file);

  for (const std::size_t length : {std::size_t{0}, std::size_t{50}, std::size_t{4096},
                                   whole.size() / 2, whole.size() - 4096}) {
    const auto refused = take(whole.substr(0, length));
    ASSERT_FALSE(refused) << length;
    EXPECT_THAT(refused.error().detail(), HasSubstr("/copy "));
  }
}

TEST_F(BackupTest, MayBeMadeByAnotherProgramAndThenHasNoHash) {
  store.reset();  // folds the log

  const auto taken = take(read_all(house.file()));

  ASSERT_TRUE(taken) << taken.error().detail();
  EXPECT_FALSE(taken->sealed);
}

TEST_F(BackupTest, OfANewerSchemaOrAnotherProgramOrNoneIsRefusedWithItsName) {
  store.reset();
  ASSERT_TRUE(change(house.file(), "PRAGMA user_version = 99"));
  const auto newer = take(read_all(house.file()));
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(newer.error().detail(), HasSubstr("schema version 99"));

  ASSERT_TRUE(change(house.file(), "PRAGMA user_version = 1; PRAGMA application_id = 7"));
  const auto foreign = take(read_all(house.file()));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().code(), ErrorCode::unsupported);
  EXPECT_THAT(foreign.error().detail(), HasSubstr("another program"));

  const auto letter = take(std::string(5000, 'x'));
  ASSERT_FALSE(letter);
  EXPECT_THAT(letter.error().detail(), HasSubstr("is not a database"));
}

TEST_F(BackupTest, WhoseLogWasAlteredIsRefusedWithTheLine) {
  another();
  store.reset();
  ASSERT_TRUE(change(house.file(), "UPDATE commits SET chain = zeroblob(32) WHERE number = 2"));

  const auto refused = take(read_all(house.file()));

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail(), HasSubstr("line 2"));
}

TEST_F(BackupTest, VersionsOfZonesGoOnFromThoseThatWereUsed) {
  ASSERT_TRUE(back_up(house.path(), file, {}));
  another();
  another();
  const TemporaryFolder elsewhere;
  ASSERT_TRUE(take_backup(file, elsewhere.path(), {}));

  ASSERT_TRUE(raise_versions(elsewhere.path(), zone_marks(house.path()).value()));

  const auto marks = zone_marks(elsewhere.path());
  ASSERT_TRUE(marks);
  ASSERT_EQ(marks->size(), 1U);
  EXPECT_EQ(marks->front().version, 3U);
}

}  // namespace
}  // namespace waymark::zones
