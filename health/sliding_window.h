// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>

#include "base/clock.h"

namespace waymark::health {

/// Counts events of the last while.
class SlidingWindow {
 public:
  explicit SlidingWindow(Duration length) noexcept : length_(length) {}

  void add(MonotonicTime now) { events_.push_back(now); }
  std::size_t count(MonotonicTime now) {
    while (!events_.empty() && events_.front() + length_ <= now)
      events_.pop_front();
    return events_.size();
  }
  bool empty() const noexcept { return events_.empty(); }

 private:
  Duration length_;
  std::deque<MonotonicTime> events_;
};

}  // namespace waymark::health
