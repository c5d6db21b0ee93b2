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

/// Whose names are meant: the public zones' (zero), or one private zone's, which stand in a space
/// of their own. Kept as what it does to the hash of a name.
struct Space {
  std::uint64_t mark;

  /// `private_zone` is its ZoneNumber; 0: the public zones. One to one, so that a name has another
  /// hash in every space (the finalizer of MurmurHash3, whose every step can be undone).
  static constexpr Space of(std::uint32_t private_zone) noexcept {
    std::uint64_t mark = private_zone;
    mark = (mark ^ mark >> 33) * 0xFF51AFD7ED558CCDULL;
    mark = (mark ^ mark >> 33) * 0xC4CEB9FE1A85EC53ULL;
    return {mark ^ mark >> 33};
  }
  constexpr bool is_public() const noexcept { return mark == 0; }
  friend constexpr bool operator==(const Space&, const Space&) = default;
};

/// What one client sees of a name: zero, only the public zones.
struct Sight {
  Space space;        // of the name
  std::uint32_t vpc;  // of the client, in the image's views; 0: none
};

namespace hashing {

/// Multiply and fold 128 bits to 64.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
constexpr std::uint64_t last_step = 0x9E3779B97F4A7C15ULL;

inline std::uint64_t load(const Octet* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// For names whose hashes are equal: it nearly always reads to the end; without a call for it.
inline bool same_octets(const Octet* a, const Octet* b, std::size_t octets) noexcept {
  if (octets < 8) return std::memcmp(a, b, octets) == 0;
  for (std::size_t at = 0; at + 8 < octets; at += 8)
    if (load(a + at) != load(b + at)) return false;
  return load(a + octets - 8) == load(b + octets - 8);
}

// One register each, with SSE2 as without.
using Octets8 [[gnu::vector_size(8)]] = Octet;
using Octets16 [[gnu::vector_size(16)]] = Octet;

/// The ASCII letters of one register in lower case. Length octets are at most 63, below 'A'.
template <class Register>
Register fold(Register octets) noexcept {
  const auto is_upper = static_cast<Register>(octets - Octet{'A'} <= Octet{'Z' - 'A'});
  return octets | (is_upper & Octet{0x20});
}
template <class Register>
void fold(const Octet* from, Octet* to) noexcept {
  Register octets;
  std::memcpy(&octets, from, sizeof octets);
  octets = fold(octets);
  std::memcpy(to, &octets, sizeof octets);
}

}  // namespace hashing

/// Keyed hash of a folded wire name, the key of the name table. Eight octets a step
/// (multiply and fold, as wyhash does), so a usual name costs three or four multiplies.
inline std::uint64_t hash_name(const Octet* name, std::size_t octets, const HashKey& key) noexcept {
  static_assert(std::endian::native == std::endian::little, "the tail is taken by a shift");
  std::uint64_t hash = key.first ^ octets;
  std::uint64_t word = 0;
  const std::size_t tail = octets % 8;
  const Octet* const end = name + (octets - tail);
  if (octets >= 8) {
    for (; name != end; name += 8)
      hash = hashing::mix(hash ^ hashing::load(name), key.second);
    // The tail is the end of the last eight octets; in two shifts, for no tail at all.
    word = hashing::load(end + tail - 8) >> 8 >> (56 - 8 * tail);
  } else {
    for (std::size_t i = 0; i < tail; ++i)
      word |= std::uint64_t{name[i]} << (8 * i);
  }
  return hashing::mix(hash ^ word, key.second ^ hashing::last_step);
}
inline std::uint64_t hash_name(ByteView name, const HashKey& key) noexcept {
  return hash_name(name.data(), name.size(), key);
}
inline std::uint64_t hash_name(ByteView name, const HashKey& key, Space space) noexcept {
  return hash_name(name, key) ^ space.mark;
}

/// Room that fold_and_hash() asks for: the longest name and a word.
constexpr std::size_t folded_name_room = 264;

/// Folds a wire name into `folded` and hashes it. The eight octets before the name's end must be
/// readable (in a message they are: a header stands before every name), and none behind it.
inline std::uint64_t fold_and_hash(const Octet* name, std::size_t octets, const HashKey& key,
                                   Octet* folded) noexcept {
  if (octets >= 16) {
    for (std::size_t at = 0; at + 16 < octets; at += 16)
      hashing::fold<hashing::Octets16>(name + at, folded + at);
    const std::size_t last = octets - 16;  // overlaps the one before: folding twice is folding
    hashing::fold<hashing::Octets16>(name + last, folded + last);
  } else if (octets >= 8) {
    hashing::fold<hashing::Octets8>(name, folded);
    hashing::fold<hashing::Octets8>(name + octets - 8, folded + octets - 8);
  } else {
    const std::uint64_t word = hashing::load(name + octets - 8) >> 8 >> (56 - 8 * octets);
    std::memcpy(folded, &word, 8);
    hashing::fold<hashing::Octets8>(folded, folded);
  }
  return hash_name(folded, octets, key);
}

}  // namespace waymark::dns
