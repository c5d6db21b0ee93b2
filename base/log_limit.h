// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace waymark {

/// How many lines of one event may be written: so many in a second, then the others are counted
/// (OBS-1), so that one that repeats buries nothing and fills no disk. Not thread-safe.
class LogLimit {
 public:
  static constexpr std::uint32_t in_a_second = 200;
  static constexpr std::size_t most_events = 1024;  // names are our own: there are far fewer

  /// Whether this line may be written. `left_out` is then how many of its event were not, since the
  /// last that was.
  bool permits(std::string_view event, MonotonicTime now, std::uint64_t& left_out);

 private:
  struct Count {
    MonotonicTime begun;
    std::uint32_t written = 0;
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Count, std::less<>> counts_;
};

}  // namespace waymark
