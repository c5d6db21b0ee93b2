// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace waymark::zones {

/// One SQLite connection. Used by one thread at a time. Failures are `storage_full`, `unavailable`
/// (locked, not writable), `conflict` (a constraint) or `io`, with the file's name in the sentence.
class Database {
 public:
  enum class Mode : std::uint8_t { read_only, read_write, create };
  static Result<std::unique_ptr<Database>> open(const std::string& path, Mode mode);
  /// A file beside the store, for what may be lost with a machine's power: made when absent, and
  /// given this schema.
  static Result<std::unique_ptr<Database>> open_beside(const std::string& path, const char* schema);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const noexcept { return path_; }
  /// Statements without parameters; rows are ignored.
  Result<void> execute(const char* sql);
  /// The first column of the first row, as text; empty when there is none.
  Result<std::string> value(std::string_view sql);
  Result<std::int64_t> number(std::string_view sql);

  bool in_transaction() const noexcept;
  /// Rows changed by the last statement.
  std::int64_t changes() const noexcept;
  std::int64_t last_row() const noexcept;
  /// The disk or the file has failed: nothing written from now on can be trusted.
  bool broken() const noexcept { return broken_; }
  /// The file was renamed or deleted under us.
  bool moved() const noexcept;
  bool read_only() const noexcept;
  /// Pages in the write-ahead log after the last commit of this connection.
  int wal_pages() const noexcept { return wal_pages_; }
  /// Pages that this connection's commits have put into the log since it was opened.
  const std::shared_ptr<std::atomic<std::uint64_t>>& pages_logged() const noexcept {
    return pages_logged_;
  }
  /// Whatever is read from now on fails with `unavailable` once `logged` (of the writer) is beyond
  /// `until`; none: without an end. A statement that is under way is cut.
  void read_until(const std::atomic<std::uint64_t>* logged, std::uint64_t until) noexcept;
  /// Copies the log into the file as far as readers allow, and waits for none. `truncate` empties
  /// it when nobody reads.
  void checkpoint(bool truncate) noexcept;
  /// How far a copy is: pages done, of all.
  using CopyProgress = std::function<void(std::size_t done, std::size_t all)>;
  /// All of it, page by page, over what `target` holds. Begin a transaction and read something in
  /// it first: what is copied is what it sees, whatever others write meanwhile.
  Result<void> copy_to(Database& target, const CopyProgress& told);
  Error failure();

 private:
  friend class Statement;
  Database(sqlite3* connection, std::string path);
  std::vector<sqlite3_stmt*>& idle_of(std::string_view sql);
  void logged(int pages) noexcept;
  bool read_too_long() const noexcept {
    return logged_ != nullptr && logged_->load(std::memory_order_relaxed) > until_;  // writer's
  }

  sqlite3* connection_;
  std::string path_;
  std::map<std::string, std::vector<sqlite3_stmt*>, std::less<>> idle_;  // by their text
  int wal_pages_ = 0;
  std::shared_ptr<std::atomic<std::uint64_t>> pages_logged_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  const std::atomic<std::uint64_t>* logged_ = nullptr;
  std::uint64_t until_ = 0;
  bool broken_ = false;
};

/// A prepared statement, lent by its connection and given back clean. A failure to prepare is told
/// by the first step().
class Statement {
 public:
  /// The connection keeps it under its text: have few texts, and bind what differs.
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Starts over with these parameters.
  template <class... Parameters>
  Statement& bind(const Parameters&... parameters) {
    reset();
    int at = 0;
    (put(++at, parameters), ...);
    return *this;
  }
  /// True: there is a row.
  Result<bool> step();
  /// Steps to the end.
  Result<void> run();
  void reset() noexcept;

  std::int64_t integer(int column) const noexcept;
  std::string text(int column) const;
  ByteView blob(int column) const noexcept;  // until the next step
  bool is_null(int column) const noexcept;

 private:
  template <std::integral Integer>
  void put(int at, Integer value) {
    put_integer(at, static_cast<std::int64_t>(value));
  }
  template <class T>
  void put(int at, const std::optional<T>& value) {
    if (value) put(at, *value);
  }
  void put(int at, std::string_view text);
  void put(int at, const std::string& text) { put(at, std::string_view(text)); }
  void put(int at, const char* text) { put(at, std::string_view(text)); }
  void put(int at, ByteView octets);
  void put(int at, const Bytes& octets) { put(at, ByteView(octets)); }
  void put_integer(int at, std::int64_t value);

  Database& database_;
  std::vector<sqlite3_stmt*>& idle_;  // where it goes back to
  sqlite3_stmt* statement_;
};

/// A transaction, or a savepoint inside one. Rolls back unless committed.
class Transaction {
 public:
  enum class Kind : std::uint8_t { read, write, savepoint };
  static Result<Transaction> begin(Database& database, Kind kind);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(); }

  Result<void> commit();
  void rollback() noexcept;

 private:
  Transaction(Database& database, Kind kind) : database_(&database), kind_(kind) {}

  Database* database_;  // none: over
  Kind kind_;
};

}  // namespace waymark::zones
