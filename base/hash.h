// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace waymark {

/// 128-bit content hash (XXH3): finds damage, not forgers.
struct ContentHash {
  std::uint64_t high = 0, low = 0;

  static ContentHash of(ByteView content) noexcept;
  std::string to_string() const;  // 32 hex digits

  friend auto operator<=>(const ContentHash&, const ContentHash&) = default;
};

}  // namespace waymark
