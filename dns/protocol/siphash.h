// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace waymark::dns {

/// SipHash-2-4 with a 64-bit result: the pseudorandom function of RFC 9018 §4.4. Key and result
/// are octets read as little-endian numbers.
class SipHash {
 public:
  SipHash(std::uint64_t first, std::uint64_t second) noexcept
      : v0_(first ^ 0x736f6d6570736575ULL),
        v1_(second ^ 0x646f72616e646f6dULL),
        v2_(first ^ 0x6c7967656e657261ULL),
        v3_(second ^ 0x7465646279746573ULL) {}

  std::uint64_t of(ByteView octets) noexcept {
    static_assert(std::endian::native == std::endian::little, "words are taken as they stand");
    std::uint64_t word = 0;
    const std::uint64_t total = octets.size();
    for (; octets.size() >= 8; octets = octets.subspan(8)) {
      std::memcpy(&word, octets.data(), 8);
      take(word);
    }
    word = total << 56;
    for (std::size_t i = 0; i < octets.size(); ++i)
      word |= std::uint64_t{octets[i]} << (8 * i);
    take(word);
    v2_ ^= 0xFF;
    for (int i = 0; i < 4; ++i)
      round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void take(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }
  void round() noexcept {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace waymark::dns
