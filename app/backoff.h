// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/random.h"

namespace waymark::app {

/// How long to wait before a process that has ended is started again: any time up to a bound (full
/// jitter) that doubles up to a ceiling, and begins anew after a life long enough to call it well.
class Backoff {
 public:
  Backoff(Duration first, Duration ceiling, Random random) noexcept
      : first_(first), ceiling_(ceiling), next_(first), random_(random) {}

  Duration after(Duration lived) noexcept {
    if (lived >= long_life) next_ = first_;
    const auto bound = std::chrono::duration_cast<std::chrono::milliseconds>(next_).count();
    const std::chrono::milliseconds wait(random_.below(static_cast<std::uint32_t>(bound) + 1));
    next_ = std::min(ceiling_, std::max(least_step, 2 * next_));
    return wait;
  }

 private:
  static constexpr Duration long_life = std::chrono::seconds(10);
  static constexpr Duration least_step = std::chrono::milliseconds(100);

  Duration first_, ceiling_, next_;
  Random random_;
};

}  // namespace waymark::app
