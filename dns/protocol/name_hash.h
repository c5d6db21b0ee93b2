// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"

namespace waymark::dns {

/// Secret of one set of images: without it nobody can choose names that collide.
struct HashKey {
  std::uint64_t first = 0, second = 0;
  friend bool operator==(const HashKey&, const HashKey&) = default;
};

namespace hashing {

/// Multiply and fold 128 bits to 64.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
constexpr std::uint64_t last_step = 0x9E3779B97F4A7C15ULL;

/// The ASCII letters among eight octets in lower case. Length octets are at most 63, below 'A'.
inline std::uint64_t fold(std::uint64_t word) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101ULL;
  const std::uint64_t low = word & (each * 0x7F);
  const std::uint64_t from_a = low + each * (0x80 - 'A');
  const std::uint64_t behind_z = low + each * (0x7F - 'Z');
  return word | ((~word & (from_a ^ behind_z) & (each * 0x80)) >> 2);
}

}  // namespace hashing

/// Keyed hash of a folded wire name, the key of the name table. Eight octets a step
/// (multiply and fold, as wyhash does), so a usual name costs three or four multiplies.
inline std::uint64_t hash_name(const Octet* name, std::size_t octets, const HashKey& key) noexcept {
  std::uint64_t hash = key.first ^ octets;
  std::uint64_t word = 0;
  for (; octets >= 8; octets -= 8, name += 8) {
    std::memcpy(&word, name, 8);
    hash = hashing::mix(hash ^ word, key.second);
  }
  word = 0;
  for (std::size_t i = 0; i < octets; ++i)
    word |= std::uint64_t{name[i]} << (8 * i);
  return hashing::mix(hash ^ word, key.second ^ hashing::last_step);
}
inline std::uint64_t hash_name(ByteView name, const HashKey& key) noexcept {
  return hash_name(name.data(), name.size(), key);
}

/// Room that fold_and_hash() asks for: the longest name and a word.
constexpr std::size_t folded_name_room = 264;

/// Folds a wire name into `folded` and hashes it in the same pass. The eight octets before the
/// name's end must be readable (in a message they are: a header stands before every name).
inline std::uint64_t fold_and_hash(const Octet* name, std::size_t octets, const HashKey& key,
                                   Octet* folded) noexcept {
  static_assert(std::endian::native == std::endian::little, "the tail is taken by a shift");
  std::uint64_t hash = key.first ^ octets;
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; octets - at >= 8; at += 8) {
    std::memcpy(&word, name + at, 8);
    word = hashing::fold(word);
    std::memcpy(folded + at, &word, 8);
    hash = hashing::mix(hash ^ word, key.second);
  }
  word = 0;
  if (octets != at) {
    std::memcpy(&word, name + octets - 8, 8);
    word = hashing::fold(word >> (8 * (8 - (octets - at))));
    std::memcpy(folded + at, &word, 8);
  }
  return hashing::mix(hash ^ word, key.second ^ hashing::last_step);
}

}  // namespace waymark::dns
