// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "health/health_check.h"

namespace waymark::health {

/// When each check's attempts start: at a fixed phase of its interval, which its id and the seed
/// decide. So probes spread evenly, also after a restart (PRB-10), and run start to start.
/// Knows no timers; the caller says what time it is.
class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) noexcept : seed_(seed) {}

  /// Adds it, or changes its interval; its first start lies within one interval from `now`.
  void add(const CheckId& id, std::chrono::milliseconds interval, MonotonicTime now);
  void remove(const CheckId& id);

  /// The earliest start.
  std::optional<MonotonicTime> next() const;
  struct Due {
    CheckId id;
    Duration late{};  // behind its time
    Duration interval{};
  };
  /// Those that are due, earliest first; each is put at its next start. Missed starts are skipped.
  std::vector<Due> take_due(MonotonicTime now);

 private:
  struct Entry {
    Duration interval, phase;
    MonotonicTime at;
  };

  std::uint64_t seed_;
  std::unordered_map<CheckId, Entry> entries_;
  std::set<std::pair<MonotonicTime, CheckId>> starts_;
};

}  // namespace waymark::health
