// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include "base/clock.h"

namespace waymark::app {

/// Whether the generation that is served proves itself. It does when all workers answer from it for
/// a minute and none crashes. It fails with the third crash: of a known good one within a minute;
/// of another one, however slowly they come, as long as it has not proved itself in between.
class GenerationTrial {
 public:
  static constexpr auto minute = std::chrono::seconds(60);
  static constexpr std::size_t most_crashes = 3;

  /// Another generation is served from now on.
  void begin(bool known_good) noexcept;
  /// Looked at now and then. True when it has just proved itself; told once.
  bool proven(bool all_answer, MonotonicTime now);
  /// A worker crashed on it. True when it has failed.
  bool crashed(MonotonicTime now);

 private:
  bool known_good_ = false;
  std::optional<MonotonicTime> since_;  // all have answered from it, and none crashed
  std::deque<MonotonicTime> crashes_;
};

}  // namespace waymark::app
