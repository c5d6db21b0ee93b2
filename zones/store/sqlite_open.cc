// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite_open.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "base/bytes.h"
#include "zones/store/commit_chain.h"
#include "zones/store/schema.h"
#include "zones/store/sqlite_store.h"

namespace waymark::zones {

namespace {

namespace fs = std::filesystem;

constexpr const char* move_away = "; move it away to start with a new one";

constexpr int lock_attempts = 100;                    // a second
constexpr int first_linked = 3;                       // schema version whose log is a chain
constexpr std::uint32_t application_id = 0x57594D4B;  // "WYMK"
static_assert(std::size(schema_steps) == SqliteStore::schema_version);

Error refusal(std::string sentence) {
  return {ErrorCode::unavailable, std::move(sentence)};
}
/// Not a broken disk but the wrong file: nobody should go on.
Error mistake(std::string sentence) {
  return {ErrorCode::unsupported, std::move(sentence)};
}

std::string why() {
  return std::system_category().message(errno);
}

Result<FileDescriptor> lock(const std::string& directory) {
  FileDescriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return refusal("the directory " + directory + " can not be opened: " + why());
  // A process that was just killed, or has handed the house over, may hold it a little longer.
  bool locked = false;
  for (int i = 0; i < lock_attempts && !locked; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    locked = ::flock(descriptor.get(), LOCK_EX | LOCK_NB) == 0;
  }
  if (!locked) {
    return refusal("the store in " + directory + " is locked by another process");
  }
  return descriptor;
}

Error newer(const std::string& path, std::int64_t version) {
  return mistake(path + " has schema version " + std::to_string(version) +
                 "; this program knows versions up to " +
                 std::to_string(SqliteStore::schema_version) + "; use a newer Waymark");
}

}  // namespace

// https://sqlite.org/fileformat.html §1.3
Result<void> check_header(const std::string& path, bool create, const char* advice) {
  std::array<char, 100> text{};
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), text.size());
  if (file.gcount() == 0) {
    if (create) return {};  // made, and nothing written: as good as absent
    return refusal(path + " is empty; restore a backup");
  }
  const std::string_view whole(text.data(), text.size());  // of any octets: no end is marked
  const auto header = as_octets(whole);
  if (file.gcount() < 100 || !whole.starts_with("SQLite format 3")) {
    return refusal(path + " is not a database" + advice);
  }
  const auto application = load32(&header[68]);
  const auto pages = load32(&header[28]);
  if (application != application_id && (application != 0 || pages > 1)) {
    return mistake(path + " is a database of another program" + advice);
  }
  const auto version = load32(&header[60]);
  if (version > SqliteStore::schema_version) return newer(path, version);
  return {};
}

namespace {

/// Before anything is opened: what stands at `path`, and may it be written?
Result<void> check_file(const std::string& path, bool create) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    if (create) return {};
    return refusal("there is no database " + path + "; put it back, or restore a backup");
  }
  if (!fs::is_regular_file(path, ignored)) return refusal(path + " is not a file");
  if (::access(path.c_str(), R_OK | W_OK) != 0) {
    return refusal(path + " can not be written: " + why());
  }
  return check_header(path, create, move_away);
}

Result<void> expect(Database& database, std::string_view pragma, std::string_view wanted) {
  auto value = database.value(pragma);
  if (!value) return value.error();
  if (*value == wanted) return {};
  return refusal(database.path() + ": " + std::string(pragma) + " answers " + *value +
                 " instead of " + std::string(wanted));
}

/// Acknowledged means on the disk: FULL syncs the log at each commit. It is asked, not assumed.
Result<void> set_up(Database& database, std::uint32_t most_pages) {
  if (database.read_only()) return refusal(database.path() + " can not be written");
  if (auto wal = expect(database, "PRAGMA journal_mode = WAL", "wal"); !wal) return wal.error();
  const std::string settings =
      // No PRAGMA wal_autocheckpoint: it would take the place of the hook that counts the log.
      "PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;"
      "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -32768;";
  if (auto set = database.execute(settings.c_str()); !set) return set.error();
  if (most_pages > 0) {
    const auto limit = "PRAGMA max_page_count = " + std::to_string(most_pages);
    if (auto set = database.execute(limit.c_str()); !set) return set.error();
  }
  return expect(database, "PRAGMA synchronous", "2");
}

Result<void> migrate_one(Database& database, int to) {
  auto transaction = Transaction::begin(database, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  const auto marks = "PRAGMA application_id = " + std::to_string(application_id) +
                     "; PRAGMA user_version = " + std::to_string(to);
  if (auto done = database.execute(schema_steps[to - 1]); !done) return done.error();
  if (to == first_linked)
    if (auto done = link_old_lines(database); !done) return done.error();
  if (auto done = database.execute(marks.c_str()); !done) return done.error();
  return transaction->commit();
}

Result<void> migrate(Database& database, bool create) {
  auto version = database.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version > SqliteStore::schema_version) return newer(database.path(), *version);
  auto tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  if (*version == 0 && *tables > 0) {
    return refusal(database.path() + " is a database of another program");
  }
  if (*version == 0 && !create) {
    return refusal(database.path() + " holds nothing; restore a backup");
  }
  for (auto from = static_cast<int>(*version); from < SqliteStore::schema_version; ++from) {
    if (auto step = migrate_one(database, from + 1); !step) return step.error();
  }
  // No content, so no version: programs that do not know this index keep it all the same.
  return database.execute(
      "CREATE INDEX IF NOT EXISTS record_sets_external ON record_sets (alias_target, type)"
      " WHERE alias_health >= 2");
}

/// Nobody else may be writing; and what a crash left half staged is garbage from now on.
Result<void> claim(Database& database) {
  auto transaction = Transaction::begin(database, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  if (auto done = database.execute("UPDATE unseen SET staging = 0"); !done) return done.error();
  return transaction->commit();
}

Result<std::unique_ptr<Database>> open_database(const std::string& path, bool create,
                                                std::uint32_t most_pages) {
  auto database =
      Database::open(path, create ? Database::Mode::create : Database::Mode::read_write);
  if (!database) return database.error();
  if (auto done = set_up(**database, most_pages); !done) return done.error();
  if (auto done = migrate(**database, create); !done) return done.error();
  if (auto done = claim(**database); !done) return done.error();
  return database;
}

}  // namespace

Result<void> SqliteStore::check(const std::string& directory) {
  const auto path = (fs::path(directory) / "waymark.db").string();
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored)) return {};
  return check_header(path, true, move_away);
}

Result<void> SqliteStore::verify(const std::string& directory) {
  const auto path = (fs::path(directory) / "waymark.db").string();
  if (auto fit = check_file(path, false); !fit) return fit.error();
  auto database = Database::open(path, Database::Mode::read_only);
  if (!database) return database.error();
  return expect(**database, "PRAGMA integrity_check(1)", "ok");
}

Result<OpenedStore> open_store(const std::string& directory, bool create,
                               std::uint32_t most_pages) {
  std::error_code failed;
  if (create) fs::create_directories(directory, failed);
  if (failed) {
    return refusal("the directory " + directory + " can not be made: " + failed.message());
  }
  auto locked = lock(directory);
  if (!locked) return locked.error();

  const auto path = (fs::path(directory) / "waymark.db").string();
  if (auto fit = check_file(path, create); !fit) return fit.error();
  auto database = open_database(path, create, most_pages);
  if (!database) return refusal(database.error().detail());
  return OpenedStore{*std::move(locked), *std::move(database)};
}

}  // namespace waymark::zones
