// SPDX-License-Identifier: Apache-2.0
#include "app/watchdog.h"

namespace waymark::app {

bool Watchdog::stands_still(pid_t process, std::uint64_t beat) noexcept {
  if (process != process_ || beat != beat_) {
    process_ = process;
    beat_ = beat;
    same_ = 0;
    return false;
  }
  if (++same_ < most_looks) return false;
  same_ = 0;
  return true;
}

}  // namespace waymark::app
