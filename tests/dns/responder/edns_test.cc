// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand
using Options = std::map<unsigned, Bytes>;

/// The options of an answer by code; each stands there once.
Options options_of(const Message& message) {
  Options options;
  ByteReader reader(*message.opt);
  while (!reader.at_end() && reader.ok()) {
    const unsigned code = reader.u16();
    const ByteView data = reader.take(reader.u16());
    EXPECT_TRUE(options.emplace(code, Bytes(data.begin(), data.end())).second) << code;
  }
  EXPECT_TRUE(reader.ok());
  return options;
}

class EdnsTest : public ::testing::Test {
 protected:
  static Zones zones() {
    Zones zones;
    zones.zone("example.com.")
        .add("example.com.", RrType::NS, {host("ns.example.com.")})
        .add("ns.example.com.", RrType::A, {address("192.0.2.53")})
        .add("www.example.com.", RrType::A, {address("192.0.2.1")})
        .add("out.example.com.", RrType::CNAME, {host("www.child.example.com.")})
        .add("sub.example.com.", RrType::NS, {host("ns.sub.example.com.")})
        .zone("child.example.com.")
        .add("child.example.com.", RrType::NS, {host("ns.example.com.")})
        .add("www.child.example.com.", RrType::A, {address("192.0.2.9")});
    return zones;
  }
  static ResponderSettings settings() {
    ResponderSettings settings;
    settings.nsid = "fra1";
    settings.version = "waymark 9";
    return settings;
  }
  void SetUp() override {
    server.responder().set_time({1, std::uint64_t{1559731985} * 1'000'000});
    CookieSecrets secrets;
    secrets.add(CookieSecret::parse("e5e973e5a6b2a43f48e7dc849e37bfcf").value());
    server.responder().use(secrets);
    server.ask_from("198.51.100.100");
  }
  Message ask(const Bytes& options, std::string_view name = "www.example.com.",
              RrType type = RrType::A, Transport transport = Transport::udp) {
    return server.ask({.name = name, .type = type, .opt = {{1232, 0, options}}}, transport);
  }

  Server server{zones(), settings()};
};

TEST_F(EdnsTest, AnswersNothingThatWasNotAsked) {
  EXPECT_TRUE(ask({}).opt->empty());
  EXPECT_FALSE(server.ask("www.example.com.", RrType::A).opt);
  EXPECT_TRUE(ask(option(12, Bytes(40))).opt->empty());     // padding: only over encryption
  EXPECT_TRUE(ask(option(65001, {1, 2, 3})).opt->empty());  // RFC 6891 §6.1.2
  EXPECT_TRUE(ask(option(14, {0, 1})).opt->empty());
}

TEST_F(EdnsTest, TellsItsNameOnRequest) {  // RFC 5001 §2.2
  const Bytes name{'f', 'r', 'a', '1'};
  EXPECT_EQ(options_of(ask(option(3, {}))), (Options{{3, name}}));
  EXPECT_EQ(options_of(ask(option(3, {'x'}))), (Options{{3, name}}));
}

class ErrorReports : public EdnsTest {
 protected:
  static ResponderSettings settings() {
    ResponderSettings settings = EdnsTest::settings();
    const Name agent = Name::parse("agent.example.com.").value();
    settings.report_agent.assign(agent.wire().begin(), agent.wire().end());
    return settings;
  }
  static Zones zones() {
    Zones zones = EdnsTest::zones();
    zones.zone("agent.example.com.")
        .add("agent.example.com.", RrType::NS, {host("ns.example.com.")})
        .add("*._er.agent.example.com.", RrType::TXT, {{5, 't', 'a', 'k', 'e', 'n'}});
    return zones;
  }
  Server reporting{zones(), settings()};
  const Bytes agent{5,   'a', 'g', 'e', 'n', 't', 7,   'e', 'x', 'a',
                    'm', 'p', 'l', 'e', 3,   'c', 'o', 'm', 0};
};

TEST_F(ErrorReports, TellWhereTheyAreWanted) {  // RFC 9567 §6: whoever speaks EDNS is told
  for (const char* name : {"www.example.com.", "absent.example.com.", "sub.example.com."})
    EXPECT_EQ(options_of(reporting.ask({.name = name, .type = RrType::A, .opt = {{1232, 0, {}}}},
                                       Transport::udp)),
              (Options{{18, agent}}));
  const Message elsewhere = reporting.ask(
      {.name = "other.test.", .type = RrType::A, .opt = {{1232, 0, {}}}}, Transport::udp);
  EXPECT_EQ(options_of(elsewhere), (Options{{18, agent}, {15, {0, 20}}}));
  EXPECT_FALSE(reporting.ask({.name = "www.example.com.", .type = RrType::A}, Transport::udp)
                   .opt.has_value());
}

TEST_F(ErrorReports,
       AreAnsweredFromAWildcard) {  // RFC 9567 §6.1.1: TXT of _er.QTYPE.QNAME.CODE._er.AGENT
  const Message taken = reporting.ask(
      {.name = "_er.1.broken.test.7._er.agent.example.com.", .type = RrType::TXT}, Transport::udp);
  EXPECT_EQ(taken.rcode(), Rcode::NOERROR);
  EXPECT_EQ(taken.answer.size(), 1U);
}

TEST_F(EdnsTest, GivesAClientItsCookie) {  // RFC 9018 appendix A.1
  const Bytes asked{0x24, 0x64, 0xC4, 0xAB, 0xCF, 0x10, 0xC9, 0x57};
  const Bytes whole{0x24, 0x64, 0xC4, 0xAB, 0xCF, 0x10, 0xC9, 0x57, 1,    0,    0,    0,
                    0x5C, 0xF7, 0x9F, 0x11, 0x1F, 0x81, 0x30, 0xC3, 0xEE, 0xE2, 0x94, 0x80};
  const Message first = ask(option(10, asked));
  EXPECT_EQ(options_of(first), (Options{{10, whole}}));
  EXPECT_EQ(first.answer.size(), 1U);
  EXPECT_EQ(options_of(ask(option(10, whole))), (Options{{10, whole}}));
  EXPECT_EQ(server.counters().cookies_client_only.value(), 1U);
  EXPECT_EQ(server.counters().cookies_good.value(), 1U);
}

TEST_F(EdnsTest, AnswersABadCookieAsIfThereWereNone) {  // RFC 7873 §5.2.4
  const Message message = ask(option(10, Bytes(24, 7)));
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  EXPECT_EQ(message.answer.size(), 1U);
  EXPECT_EQ(options_of(message).at(10).size(), 24U);
  EXPECT_EQ(server.counters().cookies_bad.value(), 1U);
}

TEST_F(EdnsTest, RefusesCookiesOfImpossibleLength) {  // RFC 7873 §5.2.2
  for (std::size_t octets = 0; octets <= 64; ++octets) {
    const bool possible = octets == 8 || (octets >= 16 && octets <= 40);
    const Message message = ask(option(10, Bytes(octets, 1)));
    EXPECT_EQ(message.rcode(), possible ? Rcode::NOERROR : Rcode::FORMERR) << octets;
    EXPECT_EQ(message.opt->empty(), !possible) << octets;
  }
}

TEST_F(EdnsTest, TakesTheFirstOfTwoCookies) {  // RFC 7873 §5.2
  Bytes both = option(10, Bytes(8, 'a'));
  const Bytes second = option(10, Bytes(7, 'b'));
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(options_of(ask(both)).at(10)[0], 'a');
}

TEST_F(EdnsTest, GivesACookieWithoutAQuestion) {  // RFC 7873 §5.4
  Bytes packet{0x12, 0x34, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 41, 4, 0xD0, 0, 0, 0, 0, 0, 12};
  const Bytes cookie = option(10, Bytes(8, 'a'));
  packet.insert(packet.end(), cookie.begin(), cookie.end());
  const Message message = Message::decode(server.send(packet));
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  EXPECT_TRUE(message.question.empty());
  EXPECT_EQ(options_of(message).at(10).size(), 24U);

  server.responder().use(CookieSecrets());  // without secrets it is no query
  EXPECT_EQ(Message::decode(server.send(packet)).rcode(), Rcode::FORMERR);
}

TEST_F(EdnsTest, AsksForCookiesWhenTheyAreRequired) {  // RFC 7873 §5.2.3
  ResponderSettings strict = settings();
  strict.require_cookie = true;
  Server other(zones(), strict);
  CookieSecrets secrets;
  secrets.add({1, 2});
  other.responder().use(secrets);

  const QuerySpec client_only{.opt = {{1232, 0, option(10, Bytes(8, 'a'))}}};
  const Message refused = other.ask(client_only);
  EXPECT_EQ(refused.rcode(), Rcode::BADCOOKIE);
  EXPECT_TRUE(refused.answer.empty());
  const Message again = other.ask({.opt = {{1232, 0, *refused.opt}}});
  EXPECT_EQ(again.answer.size(), 1U);

  const Message plain = other.ask("www.example.com.", RrType::A);
  EXPECT_TRUE(plain.tc());
  EXPECT_TRUE(plain.answer.empty());
  EXPECT_EQ(other.ask(QuerySpec{}, Transport::tcp).answer.size(), 1U);
  EXPECT_EQ(other.ask(client_only, Transport::tcp).answer.size(), 1U);
}

TEST_F(EdnsTest, SaysItsIdleTimeOverTcpOnly) {  // RFC 7828 §3.2.1, §3.3.2
  const Bytes asked = option(11, {});
  EXPECT_TRUE(ask(asked).opt->empty());
  EXPECT_EQ(options_of(ask(asked, "www.example.com.", RrType::A, Transport::tcp)),
            (Options{{11, {0, 100}}}));  // 10 s
}

TEST_F(EdnsTest, SaysTheVersionOfTheZone) {  // RFC 9660 §2, §3.2
  const Bytes asked = option(19, {}), version{2, 0, 0, 0, 0, 1};
  EXPECT_EQ(options_of(ask(asked)), (Options{{19, version}}));
  EXPECT_EQ(options_of(ask(asked, "none.example.com.")), (Options{{19, version}}));
  EXPECT_EQ(options_of(ask(asked, "example.com.", RrType::TXT)), (Options{{19, version}}));
  EXPECT_EQ(options_of(ask(asked, "out.example.com.")), (Options{{19, version}}));
  EXPECT_EQ(options_of(ask(asked, "www.sub.example.com.")), (Options{{19, version}}));
  EXPECT_EQ(options_of(ask(asked, "www.child.example.com.")).at(19)[0], 3);
  EXPECT_EQ(options_of(ask(asked, "other.test.")).count(19), 0U);
  EXPECT_EQ(ask(option(19, {2, 0})).rcode(), Rcode::FORMERR);
}

TEST_F(EdnsTest, SaysWhenASecondaryWouldGiveUp) {  // RFC 7314 §3.2
  const Bytes asked = option(9, {});
  const Message soa = ask(asked, "example.com.", RrType::SOA);
  ASSERT_EQ(soa.answer.size(), 1U);
  const Bytes expire = fakes::soa(1, 300);
  EXPECT_EQ(options_of(soa), (Options{{9, Bytes(expire.end() - 8, expire.end() - 4)}}));
  EXPECT_TRUE(ask(asked).opt->empty());
  EXPECT_TRUE(ask(asked, "none.example.com.", RrType::SOA).opt->empty());
}

TEST_F(EdnsTest, ExplainsRefusals) {  // RFC 8914 §4.21, §4.22
  EXPECT_EQ(options_of(ask({}, "other.test.")), (Options{{15, {0, 20}}}));
  EXPECT_EQ(options_of(ask({}, "www.example.com.", RrType::AXFR)), (Options{{15, {0, 21}}}));
  EXPECT_EQ(options_of(server.ask({.rr_class = 4, .opt = {{1232, 0, {}}}})),
            (Options{{15, {0, 21}}}));
  EXPECT_EQ(options_of(server.ask({.flags = 0x2000, .opt = {{1232, 0, {}}}})),
            (Options{{15, {0, 21}}}));
  EXPECT_TRUE(ask({}, "none.example.com.").opt->empty());
}

TEST_F(EdnsTest, AnswersAHigherVersionWithItsOwn) {  // RFC 6891 §6.1.3
  const Message message = server.ask({.opt = {{1232, 0x00010000, option(3, {})}}});
  EXPECT_EQ(message.rcode(), Rcode::BADVERS);
  EXPECT_EQ(message.opt_ttl & 0x00FF0000, 0U);
  EXPECT_TRUE(message.opt->empty());
}

TEST_F(EdnsTest, AllOptionsAtOnceFitIntoTheSmallestAnswer) {
  Bytes all;
  for (const Bytes& one : {option(3, {}), option(9, {}), option(10, Bytes(8, 'a')), option(19, {}),
                           client_subnet(2, 128, 0, Bytes(16, 0x20)), option(12, Bytes(100))})
    all.insert(all.end(), one.begin(), one.end());
  const Message message =
      server.ask({.name = "example.com.", .type = RrType::SOA, .opt = {{512, 0x8000, all}}});
  const Options options = options_of(message);
  EXPECT_EQ(message.answer.size(), 1U);
  EXPECT_EQ(options.size(), 5U);
  EXPECT_EQ(options.count(12), 0U);
}

TEST_F(EdnsTest, SaysWhoItIsInClassChaos) {  // RFC 4892
  const auto chaos = [&](std::string_view name, RrType type = RrType::TXT) {
    return server.ask({.name = name, .type = type, .rr_class = 3});
  };
  EXPECT_EQ(chaos("id.server.").answer, (Lines{"id.server. 0 TXT .fra1"}));
  EXPECT_EQ(chaos("HOSTNAME.BIND.").answer.size(), 1U);
  EXPECT_EQ(chaos("version.server.").answer, (Lines{"version.server. 0 TXT .waymark 9"}));
  EXPECT_EQ(chaos("version.bind.").answer, (Lines{"version.bind. 0 TXT .waymark 9"}));
  EXPECT_EQ(chaos("id.server.", RrType::A).rcode(), Rcode::REFUSED);
  EXPECT_EQ(chaos("authors.bind.").rcode(), Rcode::REFUSED);
  EXPECT_EQ(server.ask("id.server.", RrType::TXT).rcode(), Rcode::REFUSED);

  Server silent(zones());  // nothing told by default
  for (const char* name : {"id.server.", "version.bind."})
    EXPECT_EQ(silent.ask({.name = name, .type = RrType::TXT, .rr_class = 3}).rcode(),
              Rcode::REFUSED);
}

TEST_F(EdnsTest, SendsNothingToReflectorsAndNothingAboutAnswers) {  // ABU-5
  const Bytes query = QuerySpec{}.encode();
  for (const int port : {0, 7, 13, 17, 19, 37})
    EXPECT_TRUE(server.send(query, Transport::udp, static_cast<std::uint16_t>(port)).empty())
        << port;
  const Bytes answer = server.send(query);
  ASSERT_FALSE(answer.empty());
  for (const int port : {0, 7, 19, 53, 5353})
    EXPECT_TRUE(server.send(answer, Transport::udp, static_cast<std::uint16_t>(port)).empty())
        << port;
  EXPECT_FALSE(server.send(query, Transport::udp, 53).empty());  // a resolver's port, once
}

TEST_F(EdnsTest, AnswersAnyHardlyLargerThanA) {  // ABU-2, RFC 8482
  for (const char* name :
       {"www.example.com.", "example.com.", "none.example.com.", "out.example.com."}) {
    const std::size_t any =
        server.send(QuerySpec{.name = name, .type = RrType::ANY}.encode()).size();
    EXPECT_LE(any, server.send(QuerySpec{.name = name}.encode()).size() + 64) << name;
  }
}

}  // namespace
}  // namespace waymark::dns
