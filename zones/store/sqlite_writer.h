// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "zones/store/sqlite.h"
#include "zones/store/sqlite_apply.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// The one thread and the one connection that write. Requests are posted to it; all that wait when
/// it looks share one transaction:
///
///   BEGIN ─ (SAVEPOINT decide apply RELEASE | ROLLBACK TO)* ─ COMMIT ─ tell ─ answer
///
/// Between groups it fills staging contents and deletes unseen ones, a slice a transaction, so that
/// a million records never keep a small commit waiting for long.
class SqliteWriter {
 public:
  using Done = std::function<void(Result<Committed>)>;  // called on the writer's thread

  SqliteWriter(std::unique_ptr<Database> database, Revision stands);
  /// Finishes what was accepted; a replacement that is still being filled fails.
  ~SqliteWriter();
  SqliteWriter(const SqliteWriter&) = delete;
  SqliteWriter& operator=(const SqliteWriter&) = delete;

  void commit(Decide decide, Done done);
  void replace(ZoneId zone, RecordSource source, Decide decide, Done done);
  void on_commit(std::function<void(Revision, Origin)> told);

  Revision applied() const noexcept {
    return {epoch_, number_.load(std::memory_order_acquire)};  // the writer's thread writes
  }
  /// Pages put into the log, ever; counts on.
  std::shared_ptr<const std::atomic<std::uint64_t>> pages_logged() const noexcept {
    return database_->pages_logged();
  }
  /// Why writing has ended for good, or empty.
  std::string fault() const {
    return faulted_.load(std::memory_order_acquire) ? fault_ : std::string();
  }

  /// Of each group that became durable.
  const Store::CommitTimes& commit_times() const noexcept { return commit_times_; }

 private:
  struct Request {
    Decide decide;
    Done done;
    std::optional<Staged> staged;
  };
  struct Replacement {
    ZoneId zone;  // empty: whichever `decide` names
    RecordSource source;
    Decide decide;
    Done done;
    Staged staged;
  };
  using Group = std::vector<Request>;
  using Answers = std::vector<Result<Committed>>;

  void enqueue(Request request);
  void write_waiting();
  Result<Answers> write(const Group& group);
  Result<Committed> write_one(const Request& request);
  Result<Commit> decide(const Request& request);
  void tell(const Answers& answers);
  Result<void> writable();

  void begin_replacement(std::shared_ptr<Replacement> replacement);
  void stage(std::shared_ptr<Replacement> replacement);
  Result<bool> stage_slice(Replacement& replacement);
  void abandon(const Staged& staged) noexcept;

  void want_sweep();
  void sweep();
  Result<bool> sweep_slice();

  void tick();
  void look_after();
  void keep_log_short(bool idle);
  void fence(const std::string& reason);

  std::unique_ptr<Database> database_;
  const std::uint64_t epoch_;
  std::atomic<std::uint64_t> number_;
  std::string fault_;  // written once, before faulted_ is set
  std::atomic<bool> faulted_{false};
  Store::CommitTimes commit_times_;

  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer timer_;
  Group waiting_;
  std::vector<std::function<void(Revision, Origin)>> told_;
  std::atomic<bool> stopping_{false};  // the destructor writes
  bool sweeping_ = false;
  bool idle_ = true;  // nothing was written since the last tick
  bool told_long_ = false;
  std::thread thread_;
};

}  // namespace waymark::zones
