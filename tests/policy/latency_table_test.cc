// SPDX-License-Identifier: Apache-2.0
#include "policy/latency_writer.h"

#include <gtest/gtest.h>

#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

struct Table {
  Bytes bytes;
  LatencyTable table;
  explicit Table(const std::vector<LatencyRow>& rows)
      : bytes(write_latency_table(rows, 1)), table(*LatencyTable::open(bytes)) {}
  LatencyTable::Row find(const char* address) const {
    return table.find(*IpAddress::parse(address));
  }
};

TEST(LatencyTable, TheLongestPrefixWinsAndOfEqualOnesTheLast) {
  const Table table({{prefix("10.0.0.0/8"), {1}},
                     {prefix("10.1.0.0/16"), {2}},
                     {prefix("10.1.2.0/24"), {3}},
                     {prefix("10.1.0.0/16"), {4}}});
  EXPECT_EQ(table.find("10.0.0.1").at(0), 1);
  EXPECT_EQ(table.find("10.1.0.1").at(0), 4);
  EXPECT_EQ(table.find("10.1.2.255").at(0), 3);
  EXPECT_EQ(table.find("10.1.3.0").at(0), 4);
  EXPECT_EQ(table.find("10.255.255.255").at(0), 1);
  EXPECT_EQ(table.find("11.0.0.0").at(0), no_measurement);
  EXPECT_EQ(table.find("9.255.255.255").at(0), no_measurement);
}

TEST(LatencyTable, ScopeIsTheLargestBlockWithTheSameRow) {
  const Table table({{prefix("10.0.0.0/8"), {1}}, {prefix("10.1.0.0/16"), {2}}});
  EXPECT_EQ(table.find("10.1.2.3").scope, 16);
  EXPECT_EQ(table.find("10.0.2.3").scope, 16);   // 10.0.0.0/16: its neighbour differs
  EXPECT_EQ(table.find("10.2.0.1").scope, 15);   // 10.2.0.0/15
  EXPECT_EQ(table.find("10.128.0.1").scope, 9);  // 10.128.0.0/9
  EXPECT_EQ(table.find("192.0.2.1").scope, 1);   // 128.0.0.0/1 has no entry at all
  EXPECT_EQ(table.find("11.0.0.1").scope, 8);
}

TEST(LatencyTable, ScopeIsZeroWhenTheWholeSpaceIsOneRow) {
  const Table table({{prefix("0.0.0.0/0"), {5}}, {prefix("::/0"), {6}}});
  EXPECT_EQ(table.find("255.255.255.255").scope, 0);
  EXPECT_EQ(table.find("255.255.255.255").at(0), 5);
  EXPECT_EQ(table.find("2001:db8::1").scope, 0);
  EXPECT_EQ(table.find("2001:db8::1").at(0), 6);
  EXPECT_EQ(LatencyTable().find(*IpAddress::parse("192.0.2.1")).scope, 0);
}

TEST(LatencyTable, EdgesOfTheSpaceAreFoundInFull) {
  const Table table({{prefix("0.0.0.0/32"), {1}}, {prefix("255.255.255.255/32"), {2}}});
  EXPECT_EQ(table.find("0.0.0.0").at(0), 1);
  EXPECT_EQ(table.find("0.0.0.0").scope, 32);
  EXPECT_EQ(table.find("255.255.255.255").at(0), 2);
  EXPECT_EQ(table.find("255.255.255.255").scope, 32);
  EXPECT_EQ(table.find("255.255.255.254").scope, 32);
}

TEST(LatencyTable, SixIsAsFour) {
  const Table table({{prefix("2001:db8::/32"), {1}},
                     {prefix("2001:db8:0:1::/64"), {2}},
                     {prefix("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"), {3}}});
  EXPECT_EQ(table.find("2001:db8::1").at(0), 1);
  EXPECT_EQ(table.find("2001:db8::1").scope, 64);
  EXPECT_EQ(table.find("2001:db8:0:1:ffff::").at(0), 2);
  EXPECT_EQ(table.find("2001:db8:0:1:ffff::").scope, 64);
  EXPECT_EQ(table.find("2001:db8:8000::").scope, 33);
  EXPECT_EQ(table.find("2001:db9::").at(0), no_measurement);
  EXPECT_EQ(table.find("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").at(0), 3);
  EXPECT_EQ(table.find("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").scope, 128);
}

TEST(LatencyTable, AgreesWithALinearSearchAndItsScopeHoldsForTheWholeBlock) {
  Random random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<LatencyRow> rows;
    for (std::uint32_t i = 0; i < 1 + random.below(20); ++i) {
      const auto length = static_cast<std::uint8_t>(random.below(33));
      rows.push_back(
          {IpPrefix::of(IpAddress::v4(random.below(16) << 28 | random.below(1U << 12)), length),
           {static_cast<std::uint16_t>(random.below(4))}});
    }
    const Table table(rows);
    const auto slow = [&](const IpAddress& address) {
      int best = -1;
      std::uint16_t value = no_measurement;
      for (const LatencyRow& row : rows)
        if (row.prefix.contains(address) && row.prefix.length >= best)
          best = row.prefix.length, value = row.milliseconds[0];
      return value;
    };
    for (int i = 0; i < 100; ++i) {
      const IpAddress client = IpAddress::v4(random.below(16) << 28 | random.below(1U << 13));
      const auto found = table.table.find(client);
      ASSERT_EQ(found.at(0), slow(client));
      const auto free = static_cast<std::uint32_t>((1ULL << (32 - found.scope)) - 1);
      const IpPrefix block = IpPrefix::of(client, found.scope);
      ASSERT_EQ(slow(block.address), found.at(0));
      ASSERT_EQ(slow(IpAddress::v4(block.address.v4_value() | free)), found.at(0));
    }
  }
}

TEST(LatencyTable, OpenRefusesDamageOrItIsHarmless) {
  const Table good({{prefix("10.0.0.0/8"), {1}}, {prefix("2001:db8::/32"), {2}}});
  Random random(5);
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = good.bytes;
    bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] ^=
        static_cast<Octet>(1U << random.below(8));
    if (random.below(8) == 0) bytes.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
    const auto table = LatencyTable::open(bytes);
    if (!table) {
      EXPECT_EQ(table.error().code(), ErrorCode::bad_image);
      continue;
    }
    for (const char* client : {"10.1.1.1", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::"})
      (void)table->find(*IpAddress::parse(client)).at(0);
  }
}

}  // namespace
}  // namespace waymark::policy
