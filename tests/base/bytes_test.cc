// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(ByteWriter, WritesNetworkOrderThatByteReaderReadsBack) {
  Bytes octets;
  ByteWriter writer(octets);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.u64(0x08090A0B0C0D0E0F);
  writer.text("hi");

  EXPECT_EQ(octets[1], 2);
  EXPECT_EQ(octets[2], 3);
  ByteReader reader(octets);
  EXPECT_EQ(reader.u8(), 1);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607U);
  EXPECT_EQ(reader.u64(), 0x08090A0B0C0D0E0FU);
  EXPECT_EQ(reader.text(), "hi");
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(ByteReader, GivesNothingPastTheEndAndSaysSoForEver) {
  const Bytes octets = {1, 2, 3};
  ByteReader reader(octets);

  EXPECT_EQ(reader.u32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
}

TEST(ByteReader, RefusesABlockWhoseLengthLies) {
  const Bytes octets = {0xFF, 0xFF, 0xFF, 0xFF, 1};
  ByteReader reader(octets);

  EXPECT_TRUE(reader.block().empty());
  EXPECT_FALSE(reader.ok());
}

}  // namespace waymark
