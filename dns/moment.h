// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace waymark::dns {

/// The time of a batch, read once by the loop: answers never ask a clock.
struct Moment {
  std::uint64_t monotonic_us = 0;
  std::uint64_t unix_us = 0;

  /// As cookies count it: modulo 2^32 (RFC 9018 §4.3).
  std::uint32_t unix_seconds() const noexcept {
    return static_cast<std::uint32_t>(unix_us / 1'000'000);
  }
};

}  // namespace waymark::dns
