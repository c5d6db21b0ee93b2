// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace waymark::log {

/// Lines to a descriptor (file, pipe, socket or terminal) whose reader may stand still: a line that
/// does not fit now is left out, for nobody waits for the log (OBS-1). Several processes write to
/// one. Not thread-safe.
class LogOutput {
 public:
  explicit LogOutput(int descriptor) noexcept : descriptor_(descriptor) {}

  /// `line` with its line end. False when it was left out, or cut short.
  bool write(std::string_view line) noexcept;

 private:
  bool put(std::string_view octets) noexcept;

  int descriptor_;
  bool cut_ = false;  // what was written last has no line end
};

}  // namespace waymark::log
