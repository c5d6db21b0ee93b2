// SPDX-License-Identifier: Apache-2.0
#include "health/target_rules.h"

#include <gtest/gtest.h>

namespace waymark::health {
namespace {

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}
IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}

struct Row {
  const char* address;
  const char* why;  // part of the sentence; empty: permitted
};

// Ranges of the IANA special-purpose address registries (RFC 6890), and their IPv6 disguises.
const Row rows[] = {
    {"0.0.0.0", "unspecified"},
    {"0.1.2.3", "unspecified"},
    {"127.0.0.1", "loopback"},
    {"127.255.255.254", "loopback"},
    {"169.254.0.1", "link-local"},
    {"169.254.169.254", "metadata"},
    {"100.64.0.1", "carriers"},
    {"100.100.100.200", "carriers"},
    {"192.0.0.8", "reserved"},
    {"192.0.2.1", "documentation"},
    {"192.88.99.1", "reserved"},
    {"198.18.0.1", "benchmarks"},
    {"198.19.255.255", "benchmarks"},
    {"198.51.100.7", "documentation"},
    {"203.0.113.9", "documentation"},
    {"224.0.0.1", "multicast"},
    {"239.255.255.255", "multicast"},
    {"240.0.0.1", "reserved"},
    {"255.255.255.255", "broadcast"},
    {"::", "unspecified"},
    {"::1", "loopback"},
    {"::2", "unspecified"},
    {"fe80::1", "link-local"},
    {"febf:ffff::1", "link-local"},
    {"fec0::1", "site-local"},
    {"ff02::1", "multicast"},
    {"ff0e::1", "multicast"},
    {"2001:db8::1", "documentation"},
    {"3fff::1", "documentation"},
    {"2001::1", "reserved"},
    {"2001:10::1", "reserved"},
    {"100::1", "reserved"},
    {"5f00::1", "reserved"},
    {"4000::1", "reserved"},
    {"64:ff9b:1::1", "reserved"},
    {"fd00:ec2::254", "metadata"},
    {"fd00:ec2:0:0::254", "metadata"},
    {"::ffff:127.0.0.1", "loopback"},
    {"::ffff:7f00:1", "loopback"},
    {"0:0:0:0:0:ffff:7f00:0001", "loopback"},
    {"::ffff:0.0.0.0", "unspecified"},
    {"::ffff:169.254.169.254", "metadata"},
    {"::ffff:a9fe:a9fe", "metadata"},
    {"::ffff:169.254.1.1", "link-local"},
    {"::ffff:224.0.0.1", "multicast"},
    {"::ffff:255.255.255.255", "broadcast"},
    {"::ffff:192.0.2.1", "documentation"},
    {"::127.0.0.1", "loopback"},
    {"::7f00:1", "loopback"},
    {"::169.254.169.254", "metadata"},
    {"::224.0.0.1", "multicast"},
    {"::ffff:0:127.0.0.1", "loopback"},
    {"::ffff:0:169.254.169.254", "metadata"},
    {"64:ff9b::127.0.0.1", "loopback"},
    {"64:ff9b::7f00:1", "loopback"},
    {"64:ff9b::169.254.169.254", "metadata"},
    {"64:ff9b::a9fe:a9fe", "metadata"},
    {"64:ff9b::0.0.0.0", "unspecified"},
    {"64:ff9b::224.0.0.1", "multicast"},
    {"2002:7f00:1::1", "loopback"},
    {"2002:7f00:0001:0:1:2:3:4", "loopback"},
    {"2002:a9fe:a9fe::1", "metadata"},
    {"2002:a9fe:1::", "link-local"},
    {"2002:e000:1::1", "multicast"},
    {"2002:c000:201::1", "documentation"},
    {"2002::1", "unspecified"},
    {"10.0.0.1", ""},
    {"172.16.0.1", ""},
    {"192.168.1.1", ""},
    {"8.8.8.8", ""},
    {"1.1.1.1", ""},
    {"223.255.255.255", ""},
    {"126.255.255.255", ""},
    {"128.0.0.1", ""},
    {"172.32.0.1", ""},
    {"fc00::1", ""},
    {"fd12:3456::1", ""},
    {"2606:4700::1111", ""},
    {"2a00:1450::1", ""},
    {"::ffff:10.0.0.1", ""},
    {"::ffff:8.8.8.8", ""},
    {"64:ff9b::8.8.8.8", ""},
    {"2002:808:808::1", ""},
};

TEST(TargetRules, DefaultsHoldInEverySpelling) {
  const TargetRules rules;
  for (const Row& row : rows) {
    const auto permitted = rules.permit(address(row.address), 80);
    ASSERT_EQ(permitted.has_value(), *row.why == '\0') << row.address;
    if (permitted) continue;
    EXPECT_EQ(permitted.error().code(), ErrorCode::denied);
    EXPECT_NE(permitted.error().detail().find(row.why), std::string::npos)
        << row.address << ": " << permitted.error().detail();
  }
}

// What inet_aton and friends take for 127.0.0.1 or 169.254.169.254 is no address here.
TEST(TargetRules, Prb1NoOtherSpellingIsAnAddress) {
  for (const char* text : {"127.1",
                           "127.0.1",
                           "0x7f000001",
                           "0x7f.0.0.1",
                           "0x7f.1",
                           "2130706433",
                           "017700000001",
                           "0177.0.0.1",
                           "0177.1",
                           "127.0.0.01",
                           "127.0.0.1.",
                           "127.0.0.1:80",
                           " 127.0.0.1",
                           "127.0.0.1 ",
                           "[::1]",
                           "::1%lo",
                           "::ffff:127.1",
                           "::ffff:0x7f.0.0.1",
                           "localhost",
                           "0",
                           "2852039166",
                           "0xA9FEA9FE",
                           "0251.0376.0251.0376",
                           "169.254.169.254/32",
                           "127.0.0.1\t",
                           "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(TargetRules, SayWhatWouldAllowIt) {
  EXPECT_EQ(
      TargetRules().permit(address("127.0.0.1"), 80).error().detail(),
      "address 127.0.0.1 is not allowed: loopback; --health-allow 127.0.0.0/8 would allow it");
}

TEST(TargetRules, TheOperatorMayAllowAnythingButMetadata) {
  const TargetRules rules({prefix("0.0.0.0/0"), prefix("::/0")}, {}, {});
  for (const Row& row : rows)
    EXPECT_EQ(rules.permit(address(row.address), 80).has_value(),
              row.why != std::string("metadata"))
        << row.address;
}

TEST(TargetRules, AnAllowedIPv4RangeIsAllowedInItsIPv6Forms) {
  const TargetRules rules({prefix("127.0.0.0/8")}, {}, {});
  EXPECT_TRUE(rules.permit(address("::ffff:127.0.0.1"), 80));
  EXPECT_FALSE(rules.permit(address("::1"), 80));
}

TEST(TargetRules, DenyBeatsAllowAlsoInDisguise) {
  const TargetRules rules({prefix("10.0.0.0/8")}, {prefix("10.1.0.0/16")}, {});
  EXPECT_TRUE(rules.permit(address("10.2.0.1"), 80));
  EXPECT_FALSE(rules.permit(address("10.1.0.1"), 80));
  EXPECT_FALSE(rules.permit(address("::ffff:10.1.0.1"), 80));
  EXPECT_FALSE(rules.permit(address("64:ff9b::10.1.0.1"), 80));
}

TEST(TargetRules, OwnControlAddressesAreRefusedOnTheirPortAlone) {
  const TargetRules rules({}, {}, {{address("10.0.0.1"), 5380}});
  EXPECT_FALSE(rules.permit(address("10.0.0.1"), 5380));
  EXPECT_FALSE(rules.permit(address("::ffff:10.0.0.1"), 5380));
  EXPECT_TRUE(rules.permit(address("10.0.0.1"), 80));
}

}  // namespace
}  // namespace waymark::health
