// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <sys/types.h>

namespace waymark::app {

/// Tells that a worker's loop stands still: its beat has been the same for ten looks in a row.
/// Looks are counted, not time: when this process or the whole machine was halted, nobody looked.
class Watchdog {
 public:
  static constexpr std::chrono::milliseconds look_every{500};

  /// `beat` is the worker's last one. Told once; then it counts anew.
  bool stands_still(pid_t process, std::uint64_t beat) noexcept;

 private:
  static constexpr int most_looks = 10;  // five seconds

  pid_t process_ = -1;
  std::uint64_t beat_ = 0;
  int same_ = 0;
};

}  // namespace waymark::app
