// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace waymark {

/// A small generator (xoshiro256**): good draws, a few cycles, not for secrets.
/// Not thread-safe; each worker and each service owns one. Equal seeds give equal draws.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept;
  /// Seeded from the system's entropy.
  static Random from_system();

  std::uint64_t next() noexcept {
    const std::uint64_t result = rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotl(state_[3], 45);
    return result;
  }
  /// A draw in [0, bound): a multiply instead of a division; bias under bound / 2^32. bound > 0.
  std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }

 private:
  static constexpr std::uint64_t rotl(std::uint64_t value, int by) noexcept {
    return value << by | value >> (64 - by);
  }
  std::uint64_t state_[4];
};

}  // namespace waymark
