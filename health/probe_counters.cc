// SPDX-License-Identifier: Apache-2.0
#include "health/probe_counters.h"

#include <algorithm>

namespace waymark::health {

void ProbeCounters::attempt(HealthCheck::Type type, bool passed, Cause cause,
                            std::chrono::microseconds took) {
  add(passed ? passed_ : failed_);
  add(by_cause_[static_cast<std::size_t>(cause)]);
  const auto kind = static_cast<std::size_t>(type);
  if (kind >= durations_.size()) return;  // push: nothing took time
  const double seconds = std::chrono::duration<double>(took).count();
  const auto& bounds = ProbeTotals::bounds;
  const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
  add(durations_[kind].counts[static_cast<std::size_t>(bucket)]);
  add(durations_[kind].microseconds,
      static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
}

ProbeTotals ProbeCounters::read(std::uint64_t in_flight) const noexcept {
  const auto value = [](const Counter& counter) { return counter.load(std::memory_order_relaxed); };
  ProbeTotals totals;
  totals.passed = value(passed_);
  totals.failed = value(failed_);
  totals.transitions = value(transitions_);
  totals.in_flight = in_flight;
  totals.not_counted = value(not_counted_);
  totals.held_back = value(held_back_);
  totals.late = value(late_);
  for (std::size_t i = 0; i < causes; ++i)
    totals.by_cause[i] = value(by_cause_[i]);
  for (std::size_t i = 0; i < durations_.size(); ++i) {
    for (std::size_t j = 0; j < durations_[i].counts.size(); ++j)
      totals.durations[i].counts[j] = value(durations_[i].counts[j]);
    totals.durations[i].seconds = static_cast<double>(value(durations_[i].microseconds)) / 1e6;
  }
  return totals;
}

}  // namespace waymark::health
