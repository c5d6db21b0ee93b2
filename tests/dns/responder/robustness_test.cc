// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

Zones zones() {
  Zones zones;
  zones.zone("example.com.")
      .add("example.com.", RrType::NS, {host("ns.example.com.")})
      .add("ns.example.com.", RrType::A, {address("192.0.2.53")})
      .add("www.example.com.", RrType::A, {address("192.0.2.1")})
      .add("*.wild.example.com.", RrType::A, {address("192.0.2.2")})
      .add("alias.example.com.", RrType::CNAME, {host("x.wild.example.com.")})
      .add("sub.example.com.", RrType::NS, {host("ns.sub.example.com.")})
      .add("ns.sub.example.com.", RrType::A, {address("192.0.2.3")});
  return zones;
}

/// Sends from memory of exactly the packet's size, so that a sanitizer sees a read beyond it.
void send(Server& server, ByteView packet) {
  const auto exact = std::make_unique<Octet[]>(packet.size());
  std::copy(packet.begin(), packet.end(), exact.get());
  const Bytes answer = server.send({exact.get(), packet.size()});
  if (answer.empty()) return;
  ASSERT_GE(answer.size(), 12U);
  ASSERT_LE(answer.size(), 1232U);
  ASSERT_EQ(answer[0], packet[0]);
  ASSERT_NE(answer[2] & 0x80, 0);
  Message::decode(answer);
}

TEST(Robustness, RandomOctetsAreDroppedOrAnsweredWholly) {
  Server server(zones());
  Random random(20240501);
  Bytes packet;
  for (int i = 0; i < 100000 && !testing::Test::HasFailure(); ++i) {
    packet.resize(random.below(80));
    for (Octet& octet : packet)
      octet = static_cast<Octet>(random.next());
    if (packet.size() > 2) packet[2] &= 0x7F;
    send(server, packet);
  }
}

Bytes damaged_query(Random& random) {
  constexpr std::array<const char*, 6> names{"www.example.com.",   "a.wild.example.com.",
                                             "alias.example.com.", "x.sub.example.com.",
                                             "none.example.com.",  "example.com."};
  QuerySpec spec{names[random.below(names.size())], RrType::A};
  if (random.below(2) == 0) spec.opt = {1232, 0, client_subnet(1, 24, 0, {10, 1, 2})};
  Bytes packet = spec.encode();
  for (std::uint32_t n = random.below(4); n > 0; --n)
    packet[random.below(static_cast<std::uint32_t>(packet.size()))] =
        static_cast<Octet>(random.next());
  if (random.below(8) == 0) packet.resize(random.below(static_cast<std::uint32_t>(packet.size())));
  return packet;
}

TEST(Robustness, DamagedQueriesAreDroppedOrAnsweredWholly) {
  Server server(zones());
  Random random(7);
  for (int i = 0; i < 100000 && !testing::Test::HasFailure(); ++i)
    send(server, damaged_query(random));
}

std::size_t resident_octets() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(Robustness, BadInputCostsNoMemory) {  // PKT-9; the long form sends 10,000,000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps what was freed";
#endif
  const char* wanted = std::getenv("WAYMARK_MALFORMED");
  const std::uint64_t count = wanted == nullptr ? 200'000 : std::strtoull(wanted, nullptr, 10);
  Server server(zones());
  Random random(11);
  std::vector<Bytes> packets;
  while (packets.size() < 20'000)
    packets.push_back(damaged_query(random));
  const auto send_all = [&](std::uint64_t times) {
    for (std::uint64_t i = 0; i < times; ++i)
      (void)server.send(packets[i % packets.size()]);
  };
  send_all(packets.size());  // buffers and tables of a first use

  const std::size_t before = resident_octets();
  send_all(count);

  EXPECT_LT(resident_octets(), before + (std::size_t{1} << 20));
}

TEST(Robustness, EveryTypeOfFourClassesHasItsRcode) {
  Server server(zones());
  Bytes packet = QuerySpec{}.encode();
  for (const RrClass rr_class : {RrClass::IN, RrClass::CH, RrClass::HS, RrClass::ANY}) {
    store16(&packet[packet.size() - 2], static_cast<std::uint16_t>(rr_class));
    for (unsigned type = 0; type <= 0xFFFF; ++type) {
      store16(&packet[packet.size() - 4], static_cast<std::uint16_t>(type));
      const Bytes answer = server.send(packet);
      ASSERT_GE(answer.size(), 12U);
      Rcode expected = Rcode::NOERROR;
      if (type == 41) expected = Rcode::FORMERR;
      if (type == 249 || type == 250 || type == 253 || type == 254) expected = Rcode::NOTIMP;
      if (type == 251 || type == 252 || rr_class != RrClass::IN) expected = Rcode::REFUSED;
      ASSERT_EQ(answer[3], static_cast<Octet>(expected)) << type;
    }
  }
}

TEST(Robustness, TheDeepestNamesAreAnswered) {
  std::string deepest;
  for (int i = 0; i < 120; ++i)
    deepest += "a.";
  Zones deep = zones();
  deep.add("*." + deepest + "example.com.", RrType::A, {address("192.0.2.7")});  // 123 labels
  Server server(deep);
  const std::string below = "b." + deepest + "example.com.";
  EXPECT_EQ(server.ask(below, RrType::A).answer.size(), 1U);
  std::string longer;
  for (int i = 0; i < 127; ++i)
    longer += "z.";
  EXPECT_EQ(server.ask(longer, RrType::A).rcode(), Rcode::REFUSED);
}

TEST(Robustness, AWildcardOf127LabelsIsAnswered) {  // PKT-10
  std::string below;
  for (int i = 0; i < 125; ++i)
    below += "a.";
  Zones deep;
  deep.zone("z.").add("*." + below + "z.", RrType::A, {address("192.0.2.7")});
  Server server(deep);

  const Message answer = server.ask("b." + below + "z.", RrType::A);  // 255 octets, as RFC 1035 has

  EXPECT_EQ(answer.answer.size(), 1U);
  EXPECT_EQ(server.ask(below + "z.", RrType::A).rcode(), Rcode::NOERROR);
  EXPECT_EQ(server.ask("c." + below.substr(2) + "z.", RrType::A).rcode(), Rcode::NXDOMAIN);
}

TEST(Robustness, TheLargestSetsStayWithinTheBuffer) {  // PKT-10
  std::string deepest;
  for (int i = 0; i < 120; ++i)
    deepest += "a.";  // with the asterisk and example.com. 255 octets
  for (const unsigned records : {1U, 4U, 5U, 100U, 200U, 240U}) {
    std::vector<Bytes> texts;
    for (unsigned i = 0; i < records; ++i) {
      texts.emplace_back(256, static_cast<Octet>('a' + i % 26));
      texts.back()[0] = 255;
      texts.back()[1] = static_cast<Octet>(i);
    }
    Zones large = zones();
    large.add("big.example.com.", RrType::TXT, texts)
        .add("*." + deepest + "example.com.", RrType::TXT, texts)
        .add("far.example.com.", RrType::CNAME, {host("b." + deepest + "example.com.")});
    Server server(large);
    for (const std::string& name :
         {std::string("big.example.com."), std::string("far.example.com."),
          "b." + deepest + "example.com."}) {
      for (const std::uint16_t offer : {std::uint16_t{512}, std::uint16_t{65535}}) {
        const QuerySpec query{.name = name, .type = RrType::TXT, .opt = {{offer, 0, {}}}};
        const Message udp = server.ask(query), tcp = server.ask(query, Transport::tcp);
        EXPECT_EQ(udp.tc(), udp.answer.size() < records) << name << records;
        EXPECT_EQ(tcp.tc(), tcp.answer.size() < records) << name << records;
        EXPECT_FALSE(tcp.tc() && name == "big.example.com.") << records;  // 64,320 octets fit
      }
    }
  }
}

}  // namespace
}  // namespace waymark::dns
