// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/rr_type.h"

#include <gtest/gtest.h>

namespace waymark::dns {
namespace {

TEST(RrType, EveryNumberComesBackFromItsText) {
  for (unsigned number = 0; number <= 0xFFFF; ++number) {
    const RrType type{static_cast<std::uint16_t>(number)};
    ASSERT_EQ(parse_rr_type(to_string(type)), type) << number;
  }
}

TEST(RrType, IsReadInAnyCaseAndAsNumber) {
  EXPECT_EQ(parse_rr_type("aaaa"), RrType::AAAA);
  EXPECT_EQ(parse_rr_type("type1"), RrType::A);
  EXPECT_EQ(to_string(RrType{65280}), "TYPE65280");
  for (const char* bad : {"", "AAA", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "A "})
    EXPECT_FALSE(parse_rr_type(bad)) << bad;
}

TEST(RrType, MetaTypesAreNeverStored) {
  for (const RrType type : {RrType::OPT, RrType::TSIG, RrType::AXFR, RrType::ANY, RrType{0}})
    EXPECT_TRUE(is_meta(type));
  EXPECT_FALSE(is_meta(RrType::CAA));
}

}  // namespace
}  // namespace waymark::dns
