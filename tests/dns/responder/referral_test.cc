// SPDX-License-Identifier: Apache-2.0
#include <set>

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

Zones zones() {
  Zones zones;
  zones.zone("example.com.")
      .add("example.com.", RrType::NS, {host("ns.example.com.")})
      .add("ns.example.com.", RrType::A, {address("192.0.2.53")})
      .add("sub.example.com.", RrType::NS, {host("Ns1.Sub.example.com."), host("ns.example.net.")})
      .add("sub.example.com.", RrType::DS, {{0, 1, 8, 2}})
      .add("ns1.sub.example.com.", RrType::A, {address("192.0.2.1")})
      .add("ns1.sub.example.com.", RrType::AAAA, {address("2001:db8::1")})
      .add("bare.example.com.", RrType::NS, {host("ns.bare.example.com.")})
      .add("into.example.com.", RrType::CNAME, {host("www.sub.example.com.")})
      .zone("hosted.example.com.")
      .add("hosted.example.com.", RrType::NS, {host("ns.example.com.")})
      .add("www.hosted.example.com.", RrType::A, {address("192.0.2.80")});
  return zones;
}

TEST(Referral, IsGivenAtAndBelowTheCut) {
  Server server(zones());
  struct Row {
    const char* name;
    RrType type;
  };
  for (const Row& row :
       {Row{"sub.example.com.", RrType::A}, Row{"sub.example.com.", RrType::NS},
        Row{"sub.example.com.", RrType::ANY}, Row{"sub.example.com.", RrType::SOA},
        Row{"a.b.c.sub.example.com.", RrType::A}, Row{"a.b.c.sub.example.com.", RrType::DS},
        Row{"ns1.sub.example.com.", RrType::A}}) {
    const Message message = server.ask(row.name, row.type);
    EXPECT_EQ(message.rcode(), Rcode::NOERROR);
    EXPECT_FALSE(message.aa()) << row.name;
    EXPECT_TRUE(message.answer.empty());
    ASSERT_EQ(message.authority.size(), 2U);
    EXPECT_TRUE(message.authority[0].starts_with("sub.example.com. 300 NS ns"));
    EXPECT_EQ(message.additional, (Lines{"ns1.sub.example.com. 300 A 192.0.2.1",
                                         "ns1.sub.example.com. 300 AAAA 2001:db8::1"}));
  }
}

TEST(Referral, DsIsAnsweredAboveTheCut) {  // RFC 4035 §3.1.4.1
  Server server(zones());
  const Message present = server.ask("sub.example.com.", RrType::DS);
  EXPECT_TRUE(present.aa());
  EXPECT_EQ(present.answer.size(), 1U);
  const Message absent = server.ask("bare.example.com.", RrType::DS);
  EXPECT_TRUE(absent.aa());
  EXPECT_TRUE(absent.answer.empty());
  EXPECT_EQ(absent.authority, Lines{"example.com. 300 SOA ns1.test. 1"});
}

TEST(Referral, MayHaveNoGlueToGive) {
  Server server(zones());
  const Message message = server.ask("www.bare.example.com.", RrType::A);
  EXPECT_EQ(message.authority, Lines{"bare.example.com. 300 NS ns.bare.example.com."});
  EXPECT_TRUE(message.additional.empty());
}

TEST(Referral, AtTheEndOfAChainKeepsTheAuthorityOfItsStart) {  // RFC 1034 §4.3.2 step 3a
  Server server(zones());
  const Message message = server.ask("into.example.com.", RrType::A);
  EXPECT_TRUE(message.aa());
  EXPECT_EQ(message.answer, Lines{"into.example.com. 300 CNAME www.sub.example.com."});
  EXPECT_EQ(message.authority.size(), 2U);
  EXPECT_EQ(message.additional.size(), 2U);
}

TEST(Referral, HasSiblingsWhereThereIsRoomAndMustHaveWhatStandsBelowTheCut) {  // RFC 9471 §3
  Zones zones;
  zones.zone("example.com.")
      .add("sub.example.com.", RrType::NS,
           {host("ns.other.example.com."), host("ns.sub.example.com."), host("ns.example.net.")})
      .add("other.example.com.", RrType::NS, {host("ns.other.example.com.")})
      .add("ns.other.example.com.", RrType::A, {address("192.0.2.2")})
      .add("ns.sub.example.com.", RrType::A, {address("192.0.2.1")})
      .zone("example.net.")
      .add("ns.example.net.", RrType::A, {address("192.0.2.3")});
  std::vector<Bytes> addresses;
  for (int i = 0; i < 30; ++i)
    addresses.push_back(address("192.0.2." + std::to_string(i)));
  Zones full = zones;
  full.add("wide.example.com.", RrType::NS,
           {host("ns.many.example.com."), host("ns.wide.example.com.")})
      .add("ns.many.example.com.", RrType::A, addresses)
      .add("ns.wide.example.com.", RrType::A, {address("192.0.2.1")})
      .add("deep.example.com.", RrType::NS, {host("ns.deep.example.com.")})
      .add("ns.deep.example.com.", RrType::A, addresses);
  Server server(full);

  EXPECT_EQ(
      server.ask("www.sub.example.com.", RrType::A).additional,
      (Lines{"ns.sub.example.com. 300 A 192.0.2.1", "ns.other.example.com. 300 A 192.0.2.2"}));
  const Message left_out = server.ask("www.wide.example.com.", RrType::A);
  EXPECT_FALSE(left_out.tc());
  EXPECT_EQ(left_out.additional, Lines{"ns.wide.example.com. 300 A 192.0.2.1"});
  EXPECT_TRUE(server.ask("www.deep.example.com.", RrType::A).tc());
}

TEST(Referral, TakesTheAddressOfAHostFromAWildcardToo) {  // RFC 4592 §3.3.1
  Zones zones;
  zones.zone("example.com.")
      .add("example.com.", RrType::MX, {mx(1, "mail.pool.example.com.")})
      .add("*.pool.example.com.", RrType::A, {address("192.0.2.25")})
      .add("sub.example.com.", RrType::NS, {host("ns.sub.example.com.")})
      .add("*.sub.example.com.", RrType::A, {address("192.0.2.53")});
  Server server(zones);
  EXPECT_EQ(server.ask("example.com.", RrType::MX).additional,
            Lines{"mail.pool.example.com. 300 A 192.0.2.25"});
  EXPECT_EQ(server.ask("www.sub.example.com.", RrType::A).additional,
            Lines{"ns.sub.example.com. 300 A 192.0.2.53"});
}

TEST(Referral, AbsenceOfDsIsToldByTheParentWhenThatIsHostedToo) {  // RFC 4035 §3.1.4.1
  Zones zones;
  zones.zone("example.com.")
      .add("sub.example.com.", RrType::NS, {host("ns.example.net.")})
      .zone("child.example.com.")
      .zone("deep.sub.example.com.");
  Server server(zones);
  const Message message = server.ask("child.example.com.", RrType::DS);
  EXPECT_TRUE(message.aa());
  EXPECT_EQ(message.authority, Lines{"example.com. 300 SOA ns1.test. 1"});
  EXPECT_EQ(server.ask("child.example.com.", RrType::AAAA).authority,
            Lines{"child.example.com. 300 SOA ns1.test. 1"});
  EXPECT_EQ(server.ask("example.com.", RrType::DS).authority,
            Lines{"example.com. 300 SOA ns1.test. 1"});
  const Message above = server.ask("deep.sub.example.com.", RrType::DS);
  EXPECT_FALSE(above.aa());
  EXPECT_EQ(above.authority, Lines{"sub.example.com. 300 NS ns.example.net."});
}

TEST(Referral, IsNotGivenIntoAHostedChild) {
  Server server(zones());
  EXPECT_TRUE(server.ask("www.hosted.example.com.", RrType::A).aa());
  EXPECT_EQ(server.ask("none.hosted.example.com.", RrType::A).authority,
            Lines{"hosted.example.com. 300 SOA ns1.test. 1"});
}

TEST(Referral, WithoutRoomForAllGlueIsTruncated) {  // RFC 9471 §3.1
  Zones many;
  many.zone("example.com.");
  std::vector<Bytes> servers;
  for (int i = 0; i < 13; ++i) {
    const std::string name = "ns" + std::to_string(i) + ".sub.example.com.";
    servers.push_back(host(name));
    many.add(name, RrType::A, {address("192.0.2.1")}).add(name, RrType::AAAA, {address("::1")});
  }
  many.add("sub.example.com.", RrType::NS, servers);
  Server server(many);
  EXPECT_TRUE(server.ask("www.sub.example.com.", RrType::A).tc());
  const Message whole =
      server.ask(QuerySpec{.name = "www.sub.example.com.", .opt = {{1232, 0, {}}}});
  EXPECT_FALSE(whole.tc());
  EXPECT_EQ(whole.additional.size(), 26U);
}

TEST(Referral, GlueBeyondTheReachOfPointersHasWholeOwners) {  // RFC 1035 §4.1.4: 14 bits
  Zones many;
  many.zone("example.com.");
  std::vector<Bytes> servers;
  for (int i = 0; i < 700; ++i) {
    const std::string name = "ns" + std::to_string(i) + ".sub.example.com.";
    servers.push_back(host(name));
    many.add(name, RrType::A, {address("192.0.2.1")});
  }
  many.add("sub.example.com.", RrType::NS, servers);
  Server server(many);

  const Message message = server.ask(QuerySpec{.name = "www.sub.example.com."}, Transport::tcp);

  std::set<std::string> owners;
  for (const std::string& glue : message.additional)
    owners.insert(glue);
  EXPECT_EQ(owners.size(), 700U);
  EXPECT_TRUE(owners.contains("ns699.sub.example.com. 300 A 192.0.2.1"));
}

}  // namespace
}  // namespace waymark::dns
