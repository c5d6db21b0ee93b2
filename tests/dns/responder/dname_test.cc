// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

Zones zones() {
  Zones zones;
  zones.zone("example.com.")
      .add("frob.example.com.", RrType::DNAME, {host("example.net.")}, 60)
      .add("frob.example.com.", RrType::TXT, {txt("x")})
      .add("into.example.com.", RrType::CNAME, {host("www.frob.example.com.")})
      .add("round.example.com.", RrType::DNAME, {host("round.example.com.")})
      .add("grow.example.com.", RrType::DNAME, {host("more.grow.example.com.")})
      .add("c.a.example.com.", RrType::DNAME, {host("a.example.com.")})
      .add("sub.example.com.", RrType::NS, {host("ns.example.net.")})
      .add("*.wild.example.com.", RrType::DNAME, {host("example.net.")})
      .zone("example.net.")
      .add("www.example.net.", RrType::A, {address("192.0.2.1")})
      .add("back.example.net.", RrType::DNAME, {host("frob.example.com.")});
  return zones;
}

/// A name of that many octets on the wire, at or below `apex`.
std::string long_name(const std::string& apex, std::size_t octets) {
  std::size_t left = octets - apex.size() - 1;
  std::string name;
  for (; left > 0; left -= std::min<std::size_t>(left, 64))
    name += std::string(std::min<std::size_t>(left, 64) - 1, 'q') + ".";
  return name + apex;
}

TEST(Dname, IsFollowedWithACnameOfItsTtl) {  // RFC 6672 §3.1
  Server server(zones());
  const Message message = server.ask("www.frob.example.com.", RrType::A);
  EXPECT_TRUE(message.aa());
  EXPECT_EQ(message.answer, (Lines{"frob.example.com. 60 DNAME example.net.",
                                   "www.frob.example.com. 60 CNAME www.example.net.",
                                   "www.example.net. 300 A 192.0.2.1"}));
}

TEST(Dname, ThatLeadsToItselfIsAnsweredOnce) {  // RFC 2181 §5: no record twice
  Server server(zones());
  EXPECT_EQ(server.ask("c.c.a.example.com.", RrType::DNAME).answer,
            (Lines{"c.a.example.com. 300 DNAME a.example.com.",
                   "c.c.a.example.com. 300 CNAME c.a.example.com."}));
}

TEST(Dname, RenamesNothingAtItsOwnName) {  // RFC 6672 §2.3
  Server server(zones());
  EXPECT_EQ(server.ask("frob.example.com.", RrType::TXT).answer,
            Lines{"frob.example.com. 300 TXT .x"});
  EXPECT_EQ(server.ask("frob.example.com.", RrType::DNAME).answer.size(), 1U);
  const Message none = server.ask("frob.example.com.", RrType::A);
  EXPECT_TRUE(none.answer.empty());
  EXPECT_EQ(none.authority, Lines{"example.com. 300 SOA ns1.test. 1"});
}

TEST(Dname, IsFollowedInAChainAndThatTakesTheRcodeOfItsEnd) {  // RFC 6604 §3
  Server server(zones());
  const Message message = server.ask("into.example.com.", RrType::A);
  EXPECT_EQ(message.answer, (Lines{"into.example.com. 300 CNAME www.frob.example.com.",
                                   "frob.example.com. 60 DNAME example.net.",
                                   "www.frob.example.com. 60 CNAME www.example.net.",
                                   "www.example.net. 300 A 192.0.2.1"}));
  const Message gone = server.ask("a.b.frob.example.com.", RrType::A);
  EXPECT_EQ(gone.rcode(), Rcode::NXDOMAIN);
  EXPECT_EQ(gone.answer[1], "a.b.frob.example.com. 60 CNAME a.b.example.net.");
  EXPECT_EQ(gone.authority, Lines{"example.net. 300 SOA ns1.test. 1"});
}

TEST(Dname, StandsInTheAnswerOnceHoweverOftenItIsUsed) {
  Server server(zones());
  // x.back.frob.example.com → x.back.example.net → x.frob.example.com → x.example.net
  const Message message =
      server.ask(QuerySpec{.name = "x.back.frob.example.com.", .opt = {{1232, 0, {}}}});
  EXPECT_EQ(message.answer, (Lines{"frob.example.com. 60 DNAME example.net.",
                                   "x.back.frob.example.com. 60 CNAME x.back.example.net.",
                                   "back.example.net. 300 DNAME frob.example.com.",
                                   "x.back.example.net. 300 CNAME x.frob.example.com.",
                                   "x.frob.example.com. 60 CNAME x.example.net."}));
}

TEST(Dname, AnswersForCnameWithTheOneThatItMakes) {
  Server server(zones());
  const Message message = server.ask("none.frob.example.com.", RrType::CNAME);
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  EXPECT_EQ(message.answer, (Lines{"frob.example.com. 60 DNAME example.net.",
                                   "none.frob.example.com. 60 CNAME none.example.net."}));
  EXPECT_TRUE(message.authority.empty());
}

TEST(Dname, ThatLoopsEndsWithWhatWasCollected) {
  Server server(zones());
  const Message message = server.ask("a.round.example.com.", RrType::A);
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  EXPECT_EQ(message.answer.size(), 2U);
}

TEST(Dname, ThatGrowsIsGivenUpAfterSixteenLinks) {
  Server server(zones());
  const Message message = server.ask(QuerySpec{.name = "a.grow.example.com."}, Transport::tcp);
  EXPECT_EQ(message.rcode(), Rcode::SERVFAIL);
  EXPECT_TRUE(message.answer.empty());
}

TEST(Dname, GivesYxdomainWhenTheNewNameIsTooLong) {  // RFC 6672 §2.2
  Zones zones;
  const std::string owner = "d.example.com.", target = "longer.d.example.net.";
  zones.zone("example.com.")
      .add(owner, RrType::DNAME, {host(target)})
      .add("into.example.com.", RrType::CNAME, {host(long_name(owner, 255))})
      .zone("example.net.");
  Server server(zones);
  const std::string longest = long_name(owner, 255 - (target.size() - owner.size()));
  const std::string too_long = long_name(owner, 256 - (target.size() - owner.size()));

  const Message fits = server.ask(QuerySpec{.name = longest, .opt = {{1232, 0, {}}}});
  EXPECT_EQ(fits.rcode(), Rcode::NXDOMAIN);
  EXPECT_EQ(fits.answer.size(), 2U);

  const Message overflows = server.ask(QuerySpec{.name = too_long, .opt = {{1232, 0, {}}}});
  EXPECT_EQ(static_cast<int>(overflows.rcode()), 6);  // RFC 2136 §2.2
  EXPECT_TRUE(overflows.aa());
  EXPECT_EQ(overflows.answer, Lines{owner + " 300 DNAME longer.d.example.net."});
  EXPECT_EQ(server.counters().responses[0][counted_rcodes - 1].value(), 1U);

  const Message chained =
      server.ask(QuerySpec{.name = "into.example.com.", .opt = {{1232, 0, {}}}});
  EXPECT_EQ(static_cast<int>(chained.rcode()), 6);
  EXPECT_EQ(chained.answer.size(), 2U);
}

TEST(Dname, KeepsTheLettersOfTheQuestion) {
  Server server(zones());
  const Bytes answer = server.send(QuerySpec{.name = "www.frob.example.com."}.encode());
  Bytes query = QuerySpec{.name = "www.frob.example.com."}.encode();
  query[13] = 'W', query[15] = 'W';  // WwW
  Bytes mixed = server.send(query);
  ASSERT_EQ(mixed.size(), answer.size());
  int changed = 0;
  for (std::size_t i = 0; i < mixed.size(); ++i)
    if (mixed[i] != answer[i]) ++changed;
  EXPECT_EQ(changed, 4);  // two in the question, two in the CNAME's target
}

TEST(Dname, OfAWildcardIsNotFollowedFromTheNamesItMatches) {  // RFC 4592 §4.4, RFC 6672 §3.3
  Server server(zones());
  EXPECT_TRUE(server.ask("a.wild.example.com.", RrType::A).answer.empty());
  EXPECT_EQ(server.ask("a.wild.example.com.", RrType::DNAME).answer,
            Lines{"a.wild.example.com. 300 DNAME example.net."});
  EXPECT_EQ(server.ask("a.*.wild.example.com.", RrType::A).answer.size(), 2U);
}

}  // namespace
}  // namespace waymark::dns
