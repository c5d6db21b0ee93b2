// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "health/attempts.h"
#include "health/check_state.h"
#include "health/health_check.h"
#include "health/health_graph.h"
#include "health/trust.h"

namespace waymark::health {

/// A check and the bit it sets.
struct SlottedCheck {
  HealthCheck check;
  HealthSlot slot{};
  bool never_probed = false;  // no verdict stands on the board: the bit says nothing yet
};

/// Totals for metrics; any thread may read them.
struct ProbeTotals {
  /// Upper bounds of the duration buckets, in seconds.
  static constexpr std::array<double, 9> bounds{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 4, 10};
  struct Durations {
    std::array<std::uint64_t, bounds.size() + 1> counts{};  // the last: longer than all bounds
    double seconds = 0;
  };

  std::uint64_t passed = 0, failed = 0, transitions = 0, in_flight = 0;
  std::uint64_t not_counted = 0;  // our own trouble
  std::uint64_t held_back = 0;    // changes of a verdict that had to wait, each told once
  std::uint64_t late = 0;         // begun later than a tenth of their interval
  std::array<std::uint64_t, causes> by_cause{};
  std::array<Durations, 4> durations{};  // http, https, tcp, dns
};

struct ProberSettings {
  AttemptSettings attempts;
  TrustSettings trust;
  std::uint64_t seed = 0;
};

/// Schedules attempts: start to start, each check at a fixed phase of its interval so that probes
/// spread (PRB-10); applies Trust, Threshold, force and inversion; sets the graph, whose gates the
/// calculated checks are. Everything runs on `io`'s one thread; other threads post.
class Prober {
 public:
  /// `io` is the health thread's.
  Prober(asio::io_context& io, HealthGraph& graph, const Clock& clock, ProberSettings settings);
  ~Prober();

  /// The checks there are now. Known ones keep their state; others start as their bit stands
  /// on the board, or where nobody ever probed as healthy before inversion; removed ones stop, and
  /// their bit becomes healthy.
  void use(std::vector<SlottedCheck> checks);
  /// `told` posts what it wants of the prober; it does not call use().
  void on_transition(std::function<void(const Transition&)> told);
  /// A push check says how it is. Fails with `not_found`, or `conflict` for another type of check.
  Result<void> heartbeat(const CheckId& id, bool passed, const std::string& reason);

  std::optional<CheckStatus> status(const CheckId& id) const;
  std::vector<CheckStatus> statuses() const;  // without what grows: `last` to `regions`
  TrustStatus trust();
  ProbeTotals totals() const noexcept;  // any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::health
