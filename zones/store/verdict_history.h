// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/async.h"
#include "base/clock.h"
#include "base/result.h"
#include "zones/store/sqlite.h"

namespace waymark::zones {

/// One change of a health check's verdict.
struct Verdict {
  std::uint64_t number = 0;  // ascending; given when it is written
  std::string check;
  bool healthy = true;
  std::string reason;
  TimePoint at{};
};

/// The verdicts of the past, in DATA_DIR/history.db: a file of its own, so that a storm of changes
/// never waits for, or holds up, a commit (decisions/0016). Bounded: the newest 1,000 of a check
/// and 100,000 of all. Written in groups on a thread of its own, without waiting for the disk: a
/// power cut may cost the last ones. Without the file (full disk, damage) verdicts are dropped,
/// counted and told once.
class VerdictHistory {
 public:
  static constexpr std::size_t most_per_check = 1'000, most_of_all = 100'000;

  /// Never fails: what is wrong is told by fault(), and adding does nothing then.
  explicit VerdictHistory(const std::string& directory, std::size_t per_check = most_per_check,
                          std::size_t of_all = most_of_all);
  /// Writes what was added.
  ~VerdictHistory();
  VerdictHistory(const VerdictHistory&) = delete;
  VerdictHistory& operator=(const VerdictHistory&) = delete;

  /// Any thread; returns at once.
  void add(Verdict verdict);
  /// Newest first, older than `before` when given. Resumes on the caller's executor.
  Awaitable<Result<std::vector<Verdict>>> of(std::string check, std::optional<std::uint64_t> before,
                                             std::size_t limit);
  std::uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  void write_soon();
  void write();
  Result<void> write_group();
  Result<void> prune();
  Result<std::vector<Verdict>> read(const std::string& check, std::optional<std::uint64_t> before,
                                    std::size_t limit);

  const std::size_t per_check_, of_all_;
  std::unique_ptr<Database> database_;  // none: it could not be opened
  std::string fault_;
  std::vector<Verdict> waiting_;        // the history's thread
  std::atomic<std::size_t> queued_{0};  // bounded, so that a dead disk fills no memory
  std::atomic<std::uint64_t> dropped_{0};
  std::size_t since_prune_ = 0;
  bool writing_soon_ = false, told_ = false;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer timer_;
  std::thread thread_;
};

}  // namespace waymark::zones
