// SPDX-License-Identifier: Apache-2.0
#include "dns/responder.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

Zones zones() {
  Zones zones;
  zones.zone("example.com.")
      .add("example.com.", RrType::NS, {host("ns1.example.com."), host("ns.other.test.")})
      .add("example.com.", RrType::MX, {mx(10, "mail.example.com."), mx(20, "mail.example.com.")})
      .add("ns1.example.com.", RrType::A, {address("192.0.2.53")})
      .add("mail.example.com.", RrType::A, {address("192.0.2.25")})
      .add("mail.example.com.", RrType::AAAA, {address("2001:db8::25")})
      .add("www.example.com.", RrType::A,
           {address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3")})
      .add("_sip._tcp.example.com.", RrType::SRV, {srv(5060, "mail.example.com.")})
      .add("a.b.ent.example.com.", RrType::TXT, {txt("deep")})
      .add("alias.example.com.", RrType::CNAME, {host("www.example.com.")});
  return zones;
}

const Lines soa{"example.com. 300 SOA ns1.test. 1"};  // TTL is the lesser of 900 and MINIMUM

TEST(Responder, AnswersWithAuthority) {
  Server server(zones());
  const Message message = server.ask("mail.example.com.", RrType::A);
  EXPECT_EQ(message.flags, 0x8400);
  EXPECT_EQ(message.question, Lines{"mail.example.com. A"});
  EXPECT_EQ(message.answer, Lines{"mail.example.com. 300 A 192.0.2.25"});
  EXPECT_TRUE(message.authority.empty());
}

TEST(Responder, EchoesTheQuestionInItsOwnCase) {
  Server server(zones());
  Bytes packet = QuerySpec{"mail.example.com."}.encode();
  packet[13] = 'M', packet[18] = 'E';
  const Bytes answer = server.send(packet);
  ASSERT_GT(answer.size(), packet.size());
  EXPECT_TRUE(std::equal(packet.begin() + 12, packet.end(), answer.begin() + 12));
}

TEST(Responder, TellsAbsentNamesFromAbsentTypes) {  // RFC 2308 §2
  Server server(zones());
  const Message missing = server.ask("no.such.example.com.", RrType::A);
  EXPECT_EQ(missing.rcode(), Rcode::NXDOMAIN);
  EXPECT_TRUE(missing.aa());
  EXPECT_EQ(missing.authority, soa);
  const Message no_data = server.ask("mail.example.com.", RrType::TXT);
  EXPECT_EQ(no_data.rcode(), Rcode::NOERROR);
  EXPECT_TRUE(no_data.answer.empty());
  EXPECT_EQ(no_data.authority, soa);
}

TEST(Responder, EmptyNonTerminalsExist) {  // RFC 8020 §2, RFC 4592 §2.2.2
  Server server(zones());
  for (const char* name : {"ent.example.com.", "b.ent.example.com.", "_tcp.example.com."}) {
    const Message message = server.ask(name, RrType::A);
    EXPECT_EQ(message.rcode(), Rcode::NOERROR) << name;
    EXPECT_EQ(message.authority, soa);
  }
}

TEST(Responder, RefusesWhatIsNotItsOwn) {
  Server server(zones());
  for (const char* name : {"other.test.", "com.", ".", "xexample.com."}) {
    const Message message = server.ask(name, RrType::A);
    EXPECT_EQ(message.rcode(), Rcode::REFUSED) << name;
    EXPECT_FALSE(message.aa());
    EXPECT_TRUE(message.authority.empty());
  }
}

TEST(Responder, RefusesEverythingWithoutAnImage) {
  const auto counters = std::make_unique<WorkerSlot>();
  Responder responder({}, *counters, Random(1));
  const Bytes packet = QuerySpec{}.encode();
  std::array<Octet, 4096> out{};
  Exchange exchange;
  exchange.query = packet;
  exchange.from = {IpAddress::loopback_v4(), 1};
  exchange.out = out;
  responder.respond({&exchange, 1});
  EXPECT_EQ(Message::decode(ByteView(out).first(exchange.octets)).rcode(), Rcode::REFUSED);
}

TEST(Responder, AnswersTheApex) {
  Server server(zones());
  EXPECT_EQ(server.ask("example.com.", RrType::SOA).answer,
            Lines{"example.com. 900 SOA ns1.test. 1"});
  const Message ns = server.ask("example.com.", RrType::NS);
  EXPECT_EQ(ns.answer.size(), 2U);
  EXPECT_TRUE(ns.aa());
  EXPECT_EQ(ns.additional, Lines{"ns1.example.com. 300 A 192.0.2.53"});
}

TEST(Responder, AddsAddressesOfMailAndServiceHostsOnce) {
  Server server(zones());
  const Lines addresses{"mail.example.com. 300 A 192.0.2.25",
                        "mail.example.com. 300 AAAA 2001:db8::25"};
  EXPECT_EQ(server.ask("example.com.", RrType::MX).additional, addresses);
  EXPECT_EQ(server.ask("_sip._tcp.example.com.", RrType::SRV).additional, addresses);
}

TEST(Responder, AddsAddressesAndServicesOfATargetOfSvcb) {  // RFC 9460 §4.1
  Zones zones;
  zones.zone("example.com.")
      .add("example.com.", RrType::HTTPS, {svcb(0, "pool.example.com.")})
      .add("pool.example.com.", RrType::HTTPS, {svcb(1, "."), svcb(2, "back.example.com.")})
      .add("pool.example.com.", RrType::A, {address("192.0.2.1")})
      .add("back.example.com.", RrType::AAAA, {address("2001:db8::2")})
      .add("none.example.com.", RrType::SVCB, {svcb(0, ".")})
      .add("none.example.com.", RrType::A, {address("192.0.2.9")})
      .add("null.example.com.", RrType::MX, {mx(0, ".")})
      .add("null.example.com.", RrType::A, {address("192.0.2.9")})
      .add("far.example.com.", RrType::HTTPS, {svcb(1, "www.other.test.")});
  Server server(std::move(zones));

  const Message alias = server.ask("example.com.", RrType::HTTPS);
  ASSERT_EQ(alias.additional.size(), 3U);
  EXPECT_TRUE(alias.additional[0].starts_with("pool.example.com. 300 HTTPS "));
  EXPECT_TRUE(alias.additional[1].starts_with("pool.example.com. 300 HTTPS "));
  EXPECT_EQ(alias.additional[2], "pool.example.com. 300 A 192.0.2.1");

  const Message service = server.ask("pool.example.com.", RrType::HTTPS);
  const std::set<std::string> told(service.additional.begin(), service.additional.end());
  EXPECT_EQ(told, (std::set<std::string>{"pool.example.com. 300 A 192.0.2.1",
                                         "back.example.com. 300 AAAA 2001:db8::2"}));
  EXPECT_TRUE(server.ask("none.example.com.", RrType::SVCB).additional.empty());  // §2.5.1
  EXPECT_TRUE(server.ask("null.example.com.", RrType::MX).additional.empty());    // RFC 7505 §3
  EXPECT_TRUE(server.ask("far.example.com.", RrType::HTTPS).additional.empty());
}

TEST(Responder, SetsStartAtEachRecordInTurn) {
  Server server(zones());
  std::set<std::string> first;
  for (int i = 0; i < 100; ++i) {
    const Message message = server.ask("www.example.com.", RrType::A);
    EXPECT_EQ(std::set<std::string>(message.answer.begin(), message.answer.end()).size(), 3U);
    first.insert(message.answer.front());
  }
  EXPECT_EQ(first.size(), 3U);
}

TEST(Responder, AnswersAnyWithOneSmallRRset) {  // RFC 8482 §4.2, §4.3
  Server server(zones());
  EXPECT_EQ(server.ask("www.example.com.", RrType::ANY).answer,
            Lines{"www.example.com. 3600 HINFO .RFC8482."});
  EXPECT_EQ(server.ask("alias.example.com.", RrType::ANY).answer,
            Lines{"alias.example.com. 300 CNAME www.example.com."});
  EXPECT_EQ(server.ask("ent.example.com.", RrType::ANY).authority, soa);
  EXPECT_EQ(server.ask("none.example.com.", RrType::ANY).rcode(), Rcode::NXDOMAIN);
}

TEST(Responder, AnswersEdnsWithEdns) {
  Server server(zones());
  const Message plain = server.ask(QuerySpec{.opt = {{4096, 0x8000, option(10, Bytes(8, 1))}}});
  EXPECT_EQ(plain.opt_class, 1232);
  EXPECT_EQ(plain.opt_ttl, 0x8000U);
  EXPECT_EQ(plain.opt, Bytes{});
  const Message version = server.ask(QuerySpec{.opt = {{4096, 0x00010000, {}}}});
  EXPECT_EQ(version.rcode(), Rcode::BADVERS);
  EXPECT_TRUE(version.answer.empty());
}

TEST(Responder, DropsQueriesFromPortZero) {
  Server server(zones());
  EXPECT_TRUE(server.send(QuerySpec{}.encode(), Transport::udp, 0).empty());
  EXPECT_EQ(server.counters().dropped_malformed.value(), 1U);
}

TEST(Responder, NeverAnswersAnErrorWithMoreThanItWasSentAndAnExtendedError) {
  constexpr std::size_t extended_error = 6;  // RFC 8914 §2
  Server server(zones());
  for (const std::uint16_t flags :
       {std::uint16_t{0}, std::uint16_t{0x2000}, std::uint16_t{0x2800}}) {
    Bytes packet = QuerySpec{.flags = flags, .opt = {{512, 0, {}}}}.encode();
    packet.push_back(0);
    EXPECT_LE(server.send(packet).size(), packet.size() + extended_error);
  }
}

TEST(Responder, AnswersABatchEachOnItsOwn) {
  Server server(zones());
  const Bytes good = QuerySpec{"mail.example.com."}.encode();
  const Bytes bad(5, 0);
  std::vector<Bytes> rooms(150, Bytes(4096));
  std::vector<Exchange> batch(150);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].query = i % 3 == 0 ? bad : good;
    batch[i].from = {IpAddress::loopback_v4(), 1};
    batch[i].out = rooms[i];
  }
  server.responder().respond(batch);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    ASSERT_EQ(batch[i].verdict, i % 3 == 0 ? Verdict::drop : Verdict::reply);
    if (i % 3 != 0) {
      EXPECT_EQ(Message::decode(ByteView(rooms[i]).first(batch[i].octets)).answer.size(), 1U);
    }
  }
}

TEST(Responder, CountsWhatItDoes) {
  Server server(zones());
  server.ask("mail.example.com.", RrType::A);
  server.ask("none.example.com.", RrType::A);
  server.ask(QuerySpec{.opt = {{512, 0x00010000, {}}}});
  server.send(Bytes(3, 0));
  const WorkerSlot& counters = server.counters();
  EXPECT_EQ(counters.queries[0][0][type_bucket(1)].value(), 3U);
  EXPECT_EQ(counters.responses[0][0].value(), 1U);
  EXPECT_EQ(counters.responses[0][3].value(), 1U);
  EXPECT_EQ(counters.responses[0][6].value(), 1U);
  EXPECT_EQ(counters.dropped_malformed.value(), 1U);
  EXPECT_GT(counters.response_octets[0].value(), 100U);
}

}  // namespace
}  // namespace waymark::dns
