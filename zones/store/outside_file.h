// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "base/async.h"
#include "base/result.h"
#include "policy/latency_learner.h"
#include "zones/external_answers.h"
#include "zones/store/sqlite.h"

namespace waymark::zones {

/// What was found out about the world outside, in DATA_DIR/outside.db: the last good answers of
/// external targets, and learned latencies. A file of its own: it is no change of a zone, moves no
/// serial and is in no history (decisions/0019). Written in the background, a transaction for each
/// save(), without waiting for the disk: a power cut may cost the last ones. Without the file
/// (full disk, damage) nothing is kept, which is counted and told once.
class OutsideFile {
 public:
  using Latencies =
      std::vector<std::pair<policy::LatencyLearner::Key, policy::LatencyLearner::Entry>>;

  /// Never fails: without the file it is empty and saving does nothing.
  explicit OutsideFile(const std::string& directory);
  /// Writes what was saved.
  ~OutsideFile();
  OutsideFile(const OutsideFile&) = delete;
  OutsideFile& operator=(const OutsideFile&) = delete;

  /// Before the first save().
  ExternalAnswers answers();
  Latencies latencies();  // oldest first

  /// Any thread; return at once.
  void save(ExternalChanges answers);
  void save(policy::LatencyLearner::Changes latencies);
  /// Saves that could not be written.
  std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }

 private:
  Result<void> write(const ExternalChanges& answers);
  Result<void> write(const policy::LatencyLearner::Changes& latencies);
  template <class Changes>
  void post(Changes changes);

  std::unique_ptr<Database> database_;  // none: it could not be opened
  std::atomic<std::uint64_t> lost_{0};  // the file's thread writes
  bool told_ = false;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace waymark::zones
