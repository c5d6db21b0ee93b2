// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace waymark::api {

/// Which signed requests that may change something have been taken, so that none is taken twice: a
/// signature is remembered for as long as its time is one that is accepted. What a process before
/// this one took is not known, so what was signed before the start is not taken. Bounded. Main
/// thread.
class SignedWrites {
 public:
  static constexpr std::size_t usual = 1U << 18;  // 22 MiB; over 800 a second may go on for ever
  /// Equal requests that are signed within one second have one signature, and come together.
  static constexpr Duration moment = std::chrono::seconds(2);

  enum class Verdict : std::uint8_t {
    first,         // and remembered from now on
    twin,          // taken a moment ago: who signs anew, as SDKs do when they try again, is heard
    again,         // taken before
    before_start,  // it may have been
    full,          // more than can be remembered; there is room again when the oldest are too old
  };

  explicit SignedWrites(const Clock& clock, std::size_t most = usual);

  /// `at`: the time that was signed, judged at `now` to be at most max_clock_skew away.
  Verdict take(std::string_view signature, TimePoint at, TimePoint now);

 private:
  using Half = std::array<char, 32>;  // of a signature's 64 digits: 128 bits

  const Clock& clock_;
  std::size_t most_;
  TimePoint started_;  // the second of it, as signed times have no more
  MonotonicTime unknown_until_;
  std::map<std::pair<TimePoint, Half>, TimePoint> taken_;  // time and signature → when it came
};

}  // namespace waymark::api
