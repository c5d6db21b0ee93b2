// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite.h"

#include <utility>

#include <sqlite3.h>

namespace waymark::zones {

namespace {

constexpr int busy_milliseconds = 250;  // another process is not expected to hold a lock at all
constexpr int pages_a_step = 1024;      // of a copy, between two words about it

int flags_of(Database::Mode mode) {
  // NOMUTEX: a connection is used by one thread at a time, so it needs no lock of its own.
  switch (mode) {
    case Database::Mode::read_only:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    case Database::Mode::read_write:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    case Database::Mode::create:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  }
  return SQLITE_OPEN_READONLY;
}

Error too_much_written(const std::string& path) {
  return {ErrorCode::unavailable,
          "too much was written to " + path +
              " while it was being read; this reading was ended, try again"};
}

}  // namespace

Database::Database(sqlite3* connection, std::string path)
    : connection_(connection), path_(std::move(path)) {}

Result<std::unique_ptr<Database>> Database::open_beside(const std::string& path,
                                                        const char* schema) {
  auto database = open(path, Mode::create);
  if (!database) return database.error();
  for (const char* sql : {"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;", schema})
    if (auto done = (*database)->execute(sql); !done) return done.error();
  return database;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, Mode mode) {
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags_of(mode), nullptr);
  std::unique_ptr<Database> database(new Database(connection, path));
  if (code != SQLITE_OK) return database->failure();

  sqlite3_extended_result_codes(connection, 1);
  sqlite3_busy_timeout(connection, busy_milliseconds);
  sqlite3_wal_hook(
      connection,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->logged(pages);
        return SQLITE_OK;
      },
      database.get());
  if (mode == Mode::read_only) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  return database;
}

Database::~Database() {
  for (auto& [sql, statements] : idle_) {
    for (auto* statement : statements)
      sqlite3_finalize(statement);
  }
  // The kernel takes a flush that failed for done: folding the log would overwrite sound pages with
  // some that may stand in memory only. The next start reads the log from its checksums.
  if (broken_) sqlite3_db_config(connection_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_close_v2(connection_);
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failure();
  return {};
}

Result<std::string> Database::value(std::string_view sql) {
  Statement statement(*this, sql);
  auto row = statement.step();
  if (!row) return row.error();
  const std::string text = *row ? statement.text(0) : std::string();
  // A pragma's row may come before its commit: "wal", and then the flush fails and it is none.
  if (auto rest = statement.run(); !rest) return rest.error();
  return text;
}

Result<std::int64_t> Database::number(std::string_view sql) {
  Statement statement(*this, sql);
  auto row = statement.step();
  if (!row) return row.error();
  return *row ? statement.integer(0) : std::int64_t{0};
}

bool Database::in_transaction() const noexcept {
  return sqlite3_get_autocommit(connection_) == 0;
}
std::int64_t Database::changes() const noexcept {
  return sqlite3_changes64(connection_);
}
std::int64_t Database::last_row() const noexcept {
  return sqlite3_last_insert_rowid(connection_);
}
bool Database::read_only() const noexcept {
  return sqlite3_db_readonly(connection_, "main") != 0;
}

bool Database::moved() const noexcept {
  int moved = 0;
  return sqlite3_file_control(connection_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

/// `pages` stand in the log now: fewer than before when it was begun anew.
void Database::logged(int pages) noexcept {
  const int more = pages >= wal_pages_ ? pages - wal_pages_ : pages;
  wal_pages_ = pages;
  pages_logged_->fetch_add(static_cast<std::uint64_t>(more), std::memory_order_relaxed);
}

void Database::read_until(const std::atomic<std::uint64_t>* logged, std::uint64_t until) noexcept {
  constexpr int look_every =
      10'000;  // instructions of SQLite's machine: a fraction of a millisecond
  logged_ = logged;
  until_ = until;
  const auto look = [](void* self) {
    return static_cast<Database*>(self)->read_too_long() ? 1 : 0;
  };
  sqlite3_progress_handler(connection_, logged ? look_every : 0, logged ? +look : nullptr, this);
}

void Database::checkpoint(bool truncate) noexcept {
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  int pages = 0;
  sqlite3_busy_timeout(connection_, 0);  // a backup may read for seconds
  const int code = sqlite3_wal_checkpoint_v2(connection_, "main", mode, &pages, nullptr);
  sqlite3_busy_timeout(connection_, busy_milliseconds);
  if (code == SQLITE_OK) wal_pages_ = truncate ? 0 : pages;
  if ((code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CORRUPT) broken_ = true;
}

Result<void> Database::copy_to(Database& target, const CopyProgress& told) {
  WAYMARK_ASSERT(in_transaction());
  sqlite3_backup* copy = sqlite3_backup_init(target.connection_, "main", connection_, "main");
  if (copy == nullptr) return target.failure();
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(copy, pages_a_step);
    const auto all = static_cast<std::size_t>(sqlite3_backup_pagecount(copy));
    const auto left = static_cast<std::size_t>(sqlite3_backup_remaining(copy));
    if (told) told(all - left, all);
  }
  const int finished = sqlite3_backup_finish(copy);
  if (code == SQLITE_DONE && finished == SQLITE_OK) return {};
  if (finished == SQLITE_OK)  // it does not tell of a lock
    return Error(ErrorCode::unavailable, "copying " + path_ + ": it is locked; try again");
  const Error why = target.failure();
  return Error(why.code(), "copying " + path_ + ": " + why.detail());
}

Error Database::failure() {
  const int code = connection_ ? sqlite3_extended_errcode(connection_) & 0xff : SQLITE_NOMEM;
  const std::string subject = "the database " + path_;
  switch (code) {
    case SQLITE_FULL:
      return {ErrorCode::storage_full, "the disk of " + path_ + " is full; nothing was changed"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, subject + " is locked by another process"};
    case SQLITE_INTERRUPT:
      return too_much_written(path_);
    case SQLITE_CONSTRAINT:
      return {ErrorCode::conflict, subject + " already holds this: " + sqlite3_errmsg(connection_)};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {ErrorCode::unavailable,
              subject + " can not be opened for this: " + sqlite3_errmsg(connection_)};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
      broken_ = true;
      break;
    default:
      break;
  }
  const char* why = connection_ ? sqlite3_errmsg(connection_) : "out of memory";
  return {ErrorCode::io, subject + " failed: " + why};
}

std::vector<sqlite3_stmt*>& Database::idle_of(std::string_view sql) {
  const auto known = idle_.find(sql);
  return known != idle_.end() ? known->second : idle_[std::string(sql)];
}

Statement::Statement(Database& database, std::string_view sql)
    : database_(database), idle_(database.idle_of(sql)), statement_(nullptr) {
  if (!idle_.empty()) {
    statement_ = idle_.back();
    idle_.pop_back();
    return;
  }
  sqlite3_prepare_v3(database.connection_, sql.data(), static_cast<int>(sql.size()),
                     SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
}

Statement::~Statement() {
  if (!statement_) return;
  reset();
  idle_.push_back(statement_);
}

Result<bool> Statement::step() {
  if (!statement_) return database_.failure();
  if (database_.read_too_long()) return too_much_written(database_.path());
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return database_.failure();
  }
}

Result<void> Statement::run() {
  for (;;) {
    auto row = step();
    if (!row) return row.error();
    if (!*row) return {};
  }
}

void Statement::reset() noexcept {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const auto* octets = sqlite3_column_text(statement_, column);
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return octets ? std::string(as_text({octets, length})) : std::string();
}

ByteView Statement::blob(int column) const noexcept {
  const auto* octets = static_cast<const Octet*>(sqlite3_column_blob(statement_, column));
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return octets ? ByteView(octets, length) : ByteView();
}

bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

void Statement::put_integer(int at, std::int64_t value) {
  sqlite3_bind_int64(statement_, at, value);
}

// An empty view may have no address, which SQLite would take for NULL.
void Statement::put(int at, std::string_view text) {
  sqlite3_bind_text64(statement_, at, text.empty() ? "" : text.data(), text.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::put(int at, ByteView octets) {
  const void* data = octets.empty() ? static_cast<const void*>("") : octets.data();
  sqlite3_bind_blob64(statement_, at, data, octets.size(), SQLITE_TRANSIENT);
}

Result<Transaction> Transaction::begin(Database& database, Kind kind) {
  const char* sql = kind == Kind::read    ? "BEGIN"
                    : kind == Kind::write ? "BEGIN IMMEDIATE"
                                          : "SAVEPOINT step";
  if (auto begun = database.execute(sql); !begun) return begun.error();
  return Transaction(database, kind);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)), kind_(other.kind_) {}

Result<void> Transaction::commit() {
  auto done = database_->execute(kind_ == Kind::savepoint ? "RELEASE step" : "COMMIT");
  if (!done) return done.error();  // the destructor rolls back
  database_ = nullptr;
  return {};
}

void Transaction::rollback() noexcept {
  if (!database_) return;
  auto* database = std::exchange(database_, nullptr);
  if (!database->in_transaction()) return;  // a full disk ends the whole transaction by itself
  (void)database->execute(kind_ == Kind::savepoint ? "ROLLBACK TO step; RELEASE step" : "ROLLBACK");
}

}  // namespace waymark::zones
