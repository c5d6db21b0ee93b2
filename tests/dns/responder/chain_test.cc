// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

/// c1 → c2 → … → c<links> → end
Zones chain(int links) {
  Zones zones;
  zones.zone("example.com.").add("end.example.com.", RrType::A, {address("192.0.2.1")});
  for (int i = 1; i <= links; ++i)
    zones.add(
        "c" + std::to_string(i) + ".example.com.", RrType::CNAME,
        {host(i == links ? "end.example.com." : "C" + std::to_string(i + 1) + ".Example.Com.")});
  return zones;
}

TEST(Chain, OfSixteenLinksIsFollowedToItsEnd) {
  Server server(chain(16));
  const Message message = server.ask(QuerySpec{.name = "c1.example.com.", .opt = {{1232, 0, {}}}});
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  ASSERT_EQ(message.answer.size(), 17U);
  EXPECT_EQ(message.answer[0], "c1.example.com. 300 CNAME c2.example.com.");
  EXPECT_EQ(message.answer[16], "end.example.com. 300 A 192.0.2.1");
}

TEST(Chain, OfSeventeenLinksIsServfail) {
  Server server(chain(17));
  const Message message = server.ask(QuerySpec{.name = "c1.example.com.", .opt = {{1232, 0, {}}}});
  EXPECT_EQ(message.rcode(), Rcode::SERVFAIL);
  EXPECT_TRUE(message.answer.empty());
}

TEST(Chain, ThatLoopsEndsWithWhatWasCollected) {
  Zones zones;
  zones.zone("example.com.")
      .add("a.example.com.", RrType::CNAME, {host("b.example.com.")})
      .add("b.example.com.", RrType::CNAME, {host("a.example.com.")})
      .add("self.example.com.", RrType::CNAME, {host("self.example.com.")});
  Server server(zones);
  const Message message = server.ask("a.example.com.", RrType::A);
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  EXPECT_EQ(message.answer.size(), 2U);
  EXPECT_EQ(server.ask("self.example.com.", RrType::A).answer.size(), 1U);
}

TEST(Chain, TakesTheRcodeOfItsLastName) {  // RFC 6604 §3
  Zones zones;
  zones.zone("example.com.")
      .add("gone.example.com.", RrType::CNAME, {host("none.example.net.")})
      .add("empty.example.com.", RrType::CNAME, {host("www.example.net.")})
      .add("away.example.com.", RrType::CNAME, {host("www.elsewhere.test.")})
      .zone("example.net.")
      .add("www.example.net.", RrType::TXT, {txt("x")});
  Server server(zones);
  const Message gone = server.ask("gone.example.com.", RrType::A);
  EXPECT_EQ(gone.rcode(), Rcode::NXDOMAIN);
  EXPECT_EQ(gone.answer, Lines{"gone.example.com. 300 CNAME none.example.net."});
  EXPECT_EQ(gone.authority, Lines{"example.net. 300 SOA ns1.test. 1"});
  const Message empty = server.ask("empty.example.com.", RrType::A);
  EXPECT_EQ(empty.rcode(), Rcode::NOERROR);
  EXPECT_EQ(empty.authority, Lines{"example.net. 300 SOA ns1.test. 1"});
  const Message away = server.ask("away.example.com.", RrType::A);
  EXPECT_EQ(away.rcode(), Rcode::NOERROR);
  EXPECT_EQ(away.answer.size(), 1U);
  EXPECT_TRUE(away.authority.empty());
}

TEST(Chain, GoesThroughWildcardsUnderTheNameAskedFor) {  // RFC 4592 §3.3.1
  Zones zones;
  zones.zone("example.com.")
      .add("*.example.com.", RrType::CNAME, {host("x.wild.example.com.")})
      .add("*.wild.example.com.", RrType::A, {address("192.0.2.1"), address("192.0.2.2")});
  Server server(zones);
  const Message message = server.ask("any.thing.example.com.", RrType::A);
  ASSERT_EQ(message.answer.size(), 3U);
  EXPECT_EQ(message.answer[0], "any.thing.example.com. 300 CNAME x.wild.example.com.");
  EXPECT_TRUE(message.answer[1].starts_with("x.wild.example.com. 300 A 192.0.2."));
}

}  // namespace
}  // namespace waymark::dns
