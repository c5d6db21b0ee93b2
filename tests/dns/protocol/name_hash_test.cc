// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/name_hash.h"

#include <array>

#include <gtest/gtest.h>

namespace waymark::dns {
namespace {

constexpr HashKey key{0x1111222233334444, 0x9999AAAABBBBCCCD};

template <class Register>
void expect_letters_folded() {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const unsigned expected = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
    for (std::size_t place = 0; place < sizeof(Register); ++place) {
      std::array<Octet, sizeof(Register)> from{}, to{};
      from[place] = static_cast<Octet>(octet);
      hashing::fold<Register>(from.data(), to.data());
      from[place] = static_cast<Octet>(expected);
      EXPECT_EQ(to, from) << octet << " at " << place;
    }
  }
}

TEST(NameHash, FoldingTouchesAsciiLettersOnly) {
  expect_letters_folded<hashing::Octets8>();
  expect_letters_folded<hashing::Octets16>();
}

TEST(NameHash, OnePassGivesTheHashOfTheFoldedName) {
  std::array<Octet, 300> message{};
  for (std::size_t i = 0; i < message.size(); ++i)
    message[i] = static_cast<Octet>(i * 37 + 11);
  for (std::size_t octets = 1; octets <= 255; ++octets) {
    std::array<Octet, folded_name_room> folded;
    const std::uint64_t hash = fold_and_hash(&message[12], octets, key, folded.data());

    for (std::size_t i = 0; i < octets; ++i) {
      const Octet octet = message[12 + i];
      ASSERT_EQ(folded[i], octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
    }
    EXPECT_EQ(hash, hash_name(folded.data(), octets, key));
  }
}

}  // namespace
}  // namespace waymark::dns
