// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "base/async.h"
#include "base/clock.h"
#include "health/health_graph.h"
#include "health/prober.h"

namespace waymark::app {

/// The health thread of the control process: graph and prober, and the posted messages by which the
/// other threads reach them.
class HealthService {
 public:
  using Told = std::function<void(const health::Transition&)>;

  /// `told` hears of every change of a verdict, on the health thread; it must return at once.
  HealthService(health::HealthTable table, const Clock& clock, health::ProberSettings settings,
                Told told);
  ~HealthService();

  /// Sets gates and checks, and returns when the bits are set: before a generation names them.
  /// Compiler thread.
  void define(std::vector<health::Gate> gates);
  void use(std::vector<health::SlottedCheck> checks);

  /// Asked on the health thread, resumed on the caller's executor.
  Awaitable<std::optional<health::CheckStatus>> status(health::CheckId id);
  Awaitable<std::vector<health::CheckStatus>> statuses();
  Awaitable<health::TrustStatus> trust();
  Awaitable<Result<void>> heartbeat(health::CheckId id, bool passed, std::string reason);
  health::ProbeTotals totals() const noexcept { return prober_->totals(); }

  /// Ends probing. Nothing may be asked afterwards.
  void stop();

 private:
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  health::HealthGraph graph_;
  std::unique_ptr<health::Prober> prober_;
  std::vector<health::HealthSlot> gate_slots_;  // health thread
  std::thread thread_;
};

}  // namespace waymark::app
