// SPDX-License-Identifier: Apache-2.0
#include "health/threshold.h"

namespace waymark::health {

Threshold::Crossing Threshold::record(bool passed) noexcept {
  if (passed == up_) {
    streak_ = 0;
    return Crossing::none;
  }
  const auto needed = up_ ? failures_to_fall_ : successes_to_rise_;
  if (++streak_ < needed) return Crossing::none;

  streak_ = 0;
  up_ = passed;
  return up_ ? Crossing::up : Crossing::down;
}

}  // namespace waymark::health
