// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "health/prober.h"

namespace waymark::health {

/// What the prober counts. The health thread writes; any thread reads.
class ProbeCounters {
 public:
  void attempt(HealthCheck::Type type, bool passed, Cause cause, std::chrono::microseconds took);
  void transition() noexcept { add(transitions_); }
  void not_counted() noexcept { add(not_counted_); }
  void held_back() noexcept { add(held_back_); }
  void late() noexcept { add(late_); }
  ProbeTotals read(std::uint64_t in_flight) const noexcept;

 private:
  using Counter = std::atomic<std::uint64_t>;
  struct Durations {
    std::array<Counter, ProbeTotals::bounds.size() + 1> counts{};
    Counter microseconds{0};
  };

  static void add(Counter& counter, std::uint64_t by = 1) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }

  Counter passed_{0}, failed_{0}, transitions_{0}, not_counted_{0}, held_back_{0}, late_{0};
  std::array<Counter, causes> by_cause_{};
  std::array<Durations, 4> durations_{};
};

}  // namespace waymark::health
