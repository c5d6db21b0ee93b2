// SPDX-License-Identifier: Apache-2.0
#include "base/ip.h"

#include <gtest/gtest.h>

namespace waymark {

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text :
       {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1:0:0:1"}) {
    const auto address = IpAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(IpAddress, RefusesEverythingElse) {
  for (const char* text : {"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "0x7f.1.1.1",
                           "::1%lo", "[::1]", "1:2", "a"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

TEST(IpPrefix, ContainsTheAddressesThatShareItsBits) {
  const auto prefix = IpPrefix::parse("192.0.2.128/25");

  ASSERT_TRUE(prefix);
  EXPECT_TRUE(prefix->contains(*IpAddress::parse("192.0.2.255")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("192.0.2.127")));
  EXPECT_FALSE(prefix->contains(*IpAddress::parse("::ffff:192.0.2.255")));
  EXPECT_TRUE(IpPrefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("8.8.8.8")));
  EXPECT_TRUE(IpPrefix::parse("2001:db8::/33")->contains(*IpAddress::parse("2001:db8:7fff::1")));
}

TEST(IpPrefix, RefusesBitsBehindItsLengthAndNamesTheRightForm) {
  const auto prefix = IpPrefix::parse("192.0.2.129/25");

  ASSERT_FALSE(prefix);
  EXPECT_NE(prefix.error().detail().find("192.0.2.128/25"), std::string::npos);
  EXPECT_FALSE(IpPrefix::parse("192.0.2.0/33"));
  EXPECT_FALSE(IpPrefix::parse("192.0.2.0/"));
  EXPECT_FALSE(IpPrefix::parse("192.0.2.0/-1"));
}

TEST(Endpoint, ReadsBothFormsAndSurvivesTheSocketForm) {
  for (const char* text : {"127.0.0.1:53", "[2001:db8::1]:5300"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->to_string(), text);
    sockaddr_storage storage;
    endpoint->to(storage);
    EXPECT_EQ(Endpoint::from(reinterpret_cast<const sockaddr&>(storage)), *endpoint);
  }
}

TEST(Endpoint, RefusesAnAddressWithoutPortOrABareIpv6) {
  for (const char* text :
       {"127.0.0.1", "::1:53", "[::1]", "[::1]53", "127.0.0.1:", "127.0.0.1:65536", ":53", "[]:1"})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
}

}  // namespace waymark
