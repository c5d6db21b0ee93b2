// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace waymark::app {

/// How long to wait before a process that has ended is started again: doubles up to a ceiling,
/// and begins anew after a life long enough to call it well.
class Backoff {
 public:
  constexpr Backoff(Duration first, Duration ceiling) noexcept
      : first_(first), ceiling_(ceiling), next_(first) {}

  Duration after(Duration lived) noexcept {
    if (lived >= long_life) next_ = first_;
    const Duration wait = next_;
    next_ = std::min(ceiling_, std::max(least_step, 2 * next_));
    return wait;
  }

 private:
  static constexpr Duration long_life = std::chrono::seconds(10);
  static constexpr Duration least_step = std::chrono::milliseconds(100);

  Duration first_, ceiling_, next_;
};

}  // namespace waymark::app
