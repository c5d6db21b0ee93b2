// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/query.h"

#include <gtest/gtest.h>

#include "dns/protocol/client_subnet.h"
#include "tests/fakes/message.h"

namespace waymark::dns {
namespace {

using fakes::client_subnet;
using fakes::option;
using fakes::QuerySpec;

constexpr HashKey key{1, 2};

TEST(Query, GivesTheFoldedNameItsHashAndItsLabels) {
  Bytes packet = QuerySpec{}.encode();
  packet[13] = 'W';
  Query query;

  ASSERT_TRUE(parse_query(packet, key, query));

  const Name expected = Name::parse("www.example.com.").value();
  EXPECT_EQ(query.rcode, Rcode::NOERROR);
  EXPECT_EQ(as_text({query.name.data(), query.name_octets}), as_text(expected.wire()));
  EXPECT_EQ(query.hash, hash_name(expected.wire(), key));
  EXPECT_EQ(query.labels, 3);
  EXPECT_EQ(query.type, RrType::A);
  EXPECT_FALSE(query.edns.present);
}

TEST(Query, ReadsEdns) {
  const Bytes packet =
      QuerySpec{.opt = {{4096, 0x8000, client_subnet(1, 20, 0, {192, 0, 0x20})}}}.encode();
  Query query;

  ASSERT_TRUE(parse_query(packet, key, query));

  EXPECT_EQ(query.rcode, Rcode::NOERROR);
  EXPECT_EQ(query.edns.udp_octets, 4096);
  EXPECT_TRUE(query.edns.dnssec_ok);
  ASSERT_TRUE(query.edns.has_subnet);
  EXPECT_EQ(query.edns.subnet.to_string(), "192.0.32.0/20");
}

TEST(Query, CountsOffersUnder512As512) {  // RFC 6891 §6.2.3
  Query query;
  const Bytes packet = QuerySpec{.opt = {{0, 0, {}}}}.encode();
  ASSERT_TRUE(parse_query(packet, key, query));
  EXPECT_EQ(query.edns.udp_octets, 512);
}

TEST(Query, IgnoresUnknownOptions) {
  Query query;
  const Bytes packet = QuerySpec{.opt = {{1232, 0, option(65001, {1, 2, 3})}}}.encode();
  ASSERT_TRUE(parse_query(packet, key, query));
  EXPECT_EQ(query.rcode, Rcode::NOERROR);
}

TEST(ClientSubnet, ComesBackAsItWasRead) {  // RFC 7871 §6
  for (unsigned length = 0; length <= 128; ++length) {
    IpAddress all;
    all.family = IpAddress::Family::v6;
    all.octets.fill(0xFF);
    const IpPrefix subnet = IpPrefix::of(all, static_cast<std::uint8_t>(length));
    Bytes octets(client_subnet_octets(subnet));
    EXPECT_EQ(write_client_subnet(octets.data(), subnet, 0), octets.data() + octets.size());
    const auto read = parse_client_subnet(ByteView(octets).subspan(4));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, subnet);
  }
}

}  // namespace
}  // namespace waymark::dns
