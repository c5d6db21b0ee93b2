// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/name_hash.h"

#include <array>

#include <gtest/gtest.h>

namespace waymark::dns {
namespace {

constexpr HashKey key{0x1111222233334444, 0x9999AAAABBBBCCCD};

TEST(NameHash, FoldingTouchesAsciiLettersOnly) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const std::uint64_t expected = octet >= 'A' && octet <= 'Z' ? octet + 32 : octet;
    for (int place = 0; place < 64; place += 8)
      EXPECT_EQ(hashing::fold(std::uint64_t{octet} << place), expected << place);
  }
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
