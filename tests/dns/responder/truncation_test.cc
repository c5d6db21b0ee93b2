// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

/// `count` A records of 16 octets each at www; header, question and OPT take 44.
Zones addresses(unsigned count) {
  std::vector<Bytes> all;
  for (unsigned i = 0; i < count; ++i)
    all.push_back({192, 0, static_cast<Octet>(i >> 8), static_cast<Octet>(i)});
  Zones zones;
  zones.zone("example.com.").add("www.example.com.", RrType::A, all);
  return zones;
}

TEST(Truncation, HappensAtTheLimitToTheOctet) {
  struct Row {
    unsigned records;
    std::uint16_t offered;  // 0: no EDNS
    bool truncated;
  };
  for (const Row& row : {Row{29, 0, false}, Row{30, 0, true}, Row{29, 512, false},
                         Row{30, 512, true}, Row{74, 1232, false}, Row{75, 1232, true},
                         Row{75, 4096, true}, Row{40, 684, false}, Row{40, 683, true}}) {
    Server server(addresses(row.records));
    QuerySpec query;
    if (row.offered != 0) query.opt = {row.offered, 0, {}};
    const Message message = server.ask(query);
    EXPECT_EQ(message.tc(), row.truncated) << row.records << " records, " << row.offered;
    EXPECT_EQ(message.answer.size(), row.truncated ? 0 : row.records);
    EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  }
}

TEST(Truncation, IsNotNeededOverTcp) {
  Server server(addresses(4000));
  const Message message = server.ask(QuerySpec{}, Transport::tcp);
  EXPECT_FALSE(message.tc());
  EXPECT_EQ(message.answer.size(), 4000U);
}

TEST(Truncation, IsSetOverTcpWhenEven65535OctetsAreTooFew) {
  Server server(addresses(4200));
  const Message message = server.ask(QuerySpec{}, Transport::tcp);
  EXPECT_TRUE(message.tc());
  EXPECT_TRUE(message.answer.empty());
  EXPECT_EQ(server.counters().truncated[1].value(), 1U);
}

TEST(Truncation, FollowsTheSettingWhenThatIsLess) {
  Server server(addresses(60), {.max_udp_octets = 800});
  EXPECT_TRUE(server.ask(QuerySpec{.opt = {{4096, 0, {}}}}).tc());
}

TEST(Truncation, LeavesAdditionalOutSilently) {
  Zones zones;
  zones.zone("example.com.");
  std::vector<Bytes> exchanges;
  for (int i = 0; i < 13; ++i) {
    const std::string name = "mail" + std::to_string(i) + ".example.com.";
    exchanges.push_back(mx(10, name));
    zones.add(name, RrType::A, {address("192.0.2.1")});
  }
  zones.add("example.com.", RrType::MX, exchanges);
  Server server(zones);
  const Message message = server.ask("example.com.", RrType::MX);
  EXPECT_FALSE(message.tc());
  EXPECT_EQ(message.answer.size(), 13U);
  EXPECT_EQ(message.additional.size(), 3U);  // 51 octets are left
}

}  // namespace
}  // namespace waymark::dns
