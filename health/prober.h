// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "health/check_state.h"
#include "health/health_check.h"
#include "health/health_graph.h"
#include "health/target_rules.h"

namespace waymark::health {

/// A check and the bit it sets.
struct SlottedCheck {
  HealthCheck check;
  HealthSlot slot{};
};

/// Totals for metrics; any thread may read them.
struct ProbeTotals {
  std::uint64_t passed = 0, failed = 0, transitions = 0, in_flight = 0;
};

/// Schedules attempts: start to start, each check at a fixed phase of its interval so that probes
/// spread (PRB-10); limits concurrency; applies Threshold, force and inversion; sets the graph.
/// Everything runs on `io`'s one thread; other threads post.
class Prober {
 public:
  /// `io` is the health thread's. The address rules are asked on every connect (PRB-1).
  Prober(asio::io_context& io, HealthGraph& graph, const Clock& clock, TargetRules rules,
         std::uint64_t seed);
  ~Prober();

  /// The checks there are now. Known ones keep their state; new ones start as their bit stands on
  /// the board; removed ones stop, and their bit becomes healthy.
  void use(std::vector<SlottedCheck> checks);
  /// `told` posts what it wants of the prober; it does not call use().
  void on_transition(std::function<void(const Transition&)> told);
  std::optional<CheckStatus> status(const CheckId& id) const;
  std::vector<CheckStatus> statuses() const;  // without `last`
  ProbeTotals totals() const noexcept;        // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::health
