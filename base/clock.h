// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>

namespace waymark {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::system_clock, Duration>;  // for people
using MonotonicTime =
    std::chrono::time_point<std::chrono::steady_clock, Duration>;  // for decisions

/// Where time comes from; a parameter everywhere, so that tests decide it.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;  // wall clock: shown and stored, never waited on
  virtual MonotonicTime monotonic() const noexcept = 0;  // never steps
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return std::chrono::system_clock::now(); }
  MonotonicTime monotonic() const noexcept override { return std::chrono::steady_clock::now(); }
};

/// Stands still until told. Safe to advance from another thread than the readers'.
class ManualClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return TimePoint{start_ + elapsed()}; }
  MonotonicTime monotonic() const noexcept override { return MonotonicTime{start_ + elapsed()}; }
  void advance(Duration by) noexcept { elapsed_.fetch_add(by.count(), std::memory_order_relaxed); }

 private:
  Duration elapsed() const noexcept { return Duration{elapsed_.load(std::memory_order_relaxed)}; }

  static constexpr Duration start_ = std::chrono::hours(24 * 365 * 56);  // some day in 2025
  std::atomic<Duration::rep> elapsed_{0};                                // the test's thread writes
};

}  // namespace waymark
