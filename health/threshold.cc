// SPDX-License-Identifier: Apache-2.0
#include "health/threshold.h"

namespace waymark::health {

Threshold::Crossing Threshold::crossing_of(bool passed) const noexcept {
  if (passed == up_) return Crossing::none;
  const auto needed = up_ ? failures_to_fall_ : successes_to_rise_;
  if (streak_ + 1 < needed) return Crossing::none;
  return passed ? Crossing::up : Crossing::down;
}

Threshold::Crossing Threshold::record(bool passed) noexcept {
  const Crossing crossing = crossing_of(passed);
  streak_ = passed == up_ || crossing != Crossing::none ? std::uint8_t{0}
                                                        : static_cast<std::uint8_t>(streak_ + 1);
  up_ = crossing == Crossing::none ? up_ : passed;
  return crossing;
}

}  // namespace waymark::health
