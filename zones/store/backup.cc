// SPDX-License-Identifier: Apache-2.0
#include "zones/store/backup.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include "base/shared_memory.h"
#include "base/tls_crypto.h"
#include "zones/store/commit_chain.h"
#include "zones/store/sqlite_open.h"
#include "zones/store/sqlite_snapshot.h"

namespace waymark::zones {

namespace {

namespace fs = std::filesystem;

// Behind the last page, where SQLite does not look: it goes by the count in the header.
constexpr std::string_view seal_words = "\nwaymark backup sha256 ";
constexpr std::size_t seal_octets = seal_words.size() + 64 + 1;
constexpr int first_linked = 3;  // schema version whose log is a chain

std::string database_in(const std::string& directory) {
  return (fs::path(directory) / "waymark.db").string();
}

Error system_error(const std::string& what) {
  const int number = errno;
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? ErrorCode::storage_full : ErrorCode::io,
          what + ": " + std::generic_category().message(number)};
}

Result<Mapping> map(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return system_error("open " + path);
  return Mapping::map(file, Mapping::Access::read);
}

std::string seal_of(ByteView content) {
  const std::array<ByteView, 1> pieces{content};
  return std::string(seal_words) + hex(sha256(pieces)) + "\n";
}

/// False: it was made by another program, and has no hash. Fails with `io` when the hash is of
/// other octets.
Result<bool> check_seal(const std::string& path) {
  const auto file = map(path);
  if (!file) return file.error();
  if (file->octets() < seal_octets) return false;
  const ByteView content = file->view().first(file->octets() - seal_octets);
  const std::string_view seal = as_text(file->view().last(seal_octets));
  if (!seal.starts_with(seal_words)) return false;
  if (seal == seal_of(content)) return true;
  return Error(ErrorCode::io, path + " is damaged: it is not what was written, says its hash");
}

Result<void> flush(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file || ::fsync(file.get()) != 0) return system_error("flush " + path);
  return {};
}

Result<void> write_seal(const std::string& path) {
  const auto content = map(path);
  if (!content) return content.error();
  const std::string seal = seal_of(content->view());
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!file || ::write(file.get(), seal.data(), seal.size()) != static_cast<ssize_t>(seal.size()))
    return system_error("write " + path);
  return {};
}

/// Gives the file its name unless that is taken, so that it stays, power cut or not.
Result<void> name_it(const std::string& temporary, const std::string& file) {
  if (auto flushed = flush(temporary); !flushed) return flushed;
  if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, file.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return Error(ErrorCode::conflict, file + " is there; name another file");
    if (errno != EINVAL) return system_error("rename " + temporary);  // EINVAL: a simpler disk
    if (::rename(temporary.c_str(), file.c_str()) != 0) return system_error("rename " + temporary);
  }
  const std::string folder = fs::absolute(file).parent_path().string();
  return flush(folder);
}

/// A file beside `file` that goes away unless it was given its name.
class Temporary {
 public:
  explicit Temporary(const std::string& file) : path_(file + ".XXXXXX") {
    const FileDescriptor made(::mkostemp(path_.data(), O_CLOEXEC));  // mode 0600
    made_ = static_cast<bool>(made);
  }
  ~Temporary() {
    for (const char* ending : {"", "-journal", "-wal", "-shm"})
      if (made_) (void)::unlink((path_ + ending).c_str());
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  bool made() const noexcept { return made_; }
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  bool made_;
};

Result<void> expect(Database& database, std::string_view pragma, std::string_view wanted,
                    const std::string& path) {
  auto value = database.value(pragma);
  if (!value) return value.error();
  if (*value == wanted) return {};
  std::ranges::replace(*value, '\n', ' ');
  return Error(ErrorCode::io, path + " is damaged: " + value->substr(0, 200));
}

/// Of fewer pages than its header says. https://sqlite.org/fileformat.html §1.3
bool is_cut_short(const std::string& path) {
  std::array<char, 32> text{};
  std::ifstream(path, std::ios::binary).read(text.data(), text.size());
  const auto header = as_octets({text.data(), text.size()});
  const std::uint64_t page = header[16] == 0 && header[17] == 1
                                 ? 65536U
                                 : static_cast<std::uint64_t>(header[16]) << 8 | header[17];
  std::error_code ignored;
  return fs::file_size(path, ignored) < page * load32(&header[28]);
}

Result<Backup> describe(Database& database) {
  const auto revision = read_revision(database);
  if (!revision) return revision.error();
  const auto zones = database.number("SELECT count(*) FROM zones WHERE content IS NOT NULL");
  if (!zones) return zones.error();
  const auto sets =
      database.number("SELECT coalesce(sum(record_sets), 0) FROM zones WHERE content IS NOT NULL");
  if (!sets) return sets.error();
  std::error_code ignored;
  return Backup{*revision, static_cast<std::uint64_t>(*zones), static_cast<std::uint64_t>(*sets),
                fs::file_size(database.path(), ignored), false};
}

/// All that `source` holds now, in one file without a log, whose structure was checked.
Result<Backup> copy(Database& source, const std::string& path, const Database::CopyProgress& told) {
  const auto reading = Transaction::begin(source, Transaction::Kind::read);
  if (!reading) return reading.error();
  if (const auto pinned = read_revision(source); !pinned) return pinned.error();
  const auto target = Database::open(path, Database::Mode::create);
  if (!target) return target.error();
  if (auto copied = source.copy_to(**target, told); !copied) return copied.error();
  // The pages say that there is a log: once that was read, it can be done without.
  if (const auto read = (*target)->number("SELECT count(*) FROM sqlite_schema"); !read)
    return read.error();
  if (auto alone = expect(**target, "PRAGMA journal_mode = DELETE", "delete", path); !alone)
    return alone.error();
  if (auto whole = expect(**target, "PRAGMA integrity_check(1)", "ok", source.path()); !whole)
    return whole.error();
  return describe(**target);
}

/// The lines of a log from before there was a chain are linked when the store is opened.
Result<void> check_log(Database& database, const std::string& file) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*version == 0) return Error(ErrorCode::unavailable, file + " holds nothing");
  if (*version < first_linked) return {};
  const auto verdict = verify_log(database, std::nullopt);
  if (!verdict) return verdict.error();
  if (verdict->fault.empty()) return {};
  return Error(ErrorCode::io, file + ": line " + std::to_string(verdict->fault_at) +
                                  " of its audit log: " + verdict->fault);
}

/// As schema.sql makes one, and greater than the one before, whatever the clock says.
constexpr const char* next_epoch =
    "UPDATE cursor SET epoch = max(CAST(strftime('%s', 'now') AS INTEGER), epoch / 2147483648 + 1)"
    " * 2147483648 + (random() & 2147483647)";

}  // namespace

Result<Backup> back_up(const std::string& directory, const std::string& file,
                       const Database::CopyProgress& told) {
  const std::string path = database_in(directory);
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(file, ignored)))
    return Error(ErrorCode::conflict, file + " is there; name another file");
  if (!fs::exists(path, ignored))
    return Error(ErrorCode::not_found,
                 "there is no database " + path + "; name the directory with --data-dir");
  if (::access(path.c_str(), R_OK) != 0) return system_error("read " + path);
  if (auto fit = check_header(path, false, ""); !fit) return fit.error();
  const Temporary temporary(file);
  if (!temporary.made()) return system_error("make " + temporary.path());
  const auto source = Database::open(path, Database::Mode::read_only);
  if (!source) return source.error();
  auto copied = copy(**source, temporary.path(), told);
  if (!copied) return copied;
  if (auto sealed = write_seal(temporary.path()); !sealed) return sealed.error();
  if (auto named = name_it(temporary.path(), file); !named) return named.error();
  copied->sealed = true;
  return copied;
}

Result<Backup> take_backup(const std::string& file, const std::string& directory,
                           const Database::CopyProgress& told) {
  std::error_code ignored;
  if (!fs::is_regular_file(file, ignored))
    return Error(ErrorCode::not_found, "there is no file " + file);
  if (::access(file.c_str(), R_OK) != 0) return system_error("read " + file);
  if (auto fit = check_header(file, false, ""); !fit) return fit.error();
  if (is_cut_short(file)) return Error(ErrorCode::io, file + " is damaged: it is cut short");
  const auto sealed = check_seal(file);
  if (!sealed) return sealed.error();
  const auto source = Database::open(file, Database::Mode::read_only);
  if (!source) return source.error();
  auto copied = copy(**source, database_in(directory), told);
  if (!copied) return copied;
  const auto database = Database::open(database_in(directory), Database::Mode::read_write);
  if (!database) return database.error();
  if (auto sound = check_log(**database, file); !sound) return sound.error();
  if (auto begun = (*database)->execute(next_epoch); !begun) return begun.error();
  copied->sealed = *sealed;
  return copied;
}

Result<std::vector<ZoneMark>> zone_marks(const std::string& directory) {
  std::vector<ZoneMark> marks;
  std::error_code ignored;
  if (!fs::exists(database_in(directory), ignored)) return marks;
  const auto database = Database::open(database_in(directory), Database::Mode::read_only);
  if (!database) return database.error();
  Statement sql(**database, "SELECT id, version, serial FROM zones");
  for (;;) {
    const auto row = sql.step();
    if (!row) return row.error();
    if (!*row) return marks;
    marks.push_back({sql.text(0), static_cast<std::uint64_t>(sql.integer(1)),
                     static_cast<std::uint32_t>(sql.integer(2))});
  }
}

Result<void> raise_versions(const std::string& directory, const std::vector<ZoneMark>& marks) {
  const auto database = Database::open(database_in(directory), Database::Mode::read_write);
  if (!database) return database.error();
  auto transaction = Transaction::begin(**database, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  {
    Statement sql(**database, "UPDATE zones SET version = ? WHERE id = ? AND version < ?");
    for (const ZoneMark& mark : marks)
      if (auto done = sql.bind(mark.version, mark.id, mark.version).run(); !done) return done;
  }
  return transaction->commit();
}

bool fold_log(const std::string& directory) {
  const std::string path = database_in(directory);
  std::error_code ignored;
  if (const auto database = Database::open(path, Database::Mode::read_write);
      database && (*database)->number("SELECT count(*) FROM sqlite_schema"))
    (*database)->checkpoint(true);
  return !fs::exists(path + "-wal", ignored) || fs::file_size(path + "-wal", ignored) == 0;
}

}  // namespace waymark::zones
