// SPDX-License-Identifier: Apache-2.0
#include <map>

#include <gtest/gtest.h>

#include "policy/latency_writer.h"
#include "policy/policy_builder.h"
#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand
using health::HealthSlot;
using policy::BranchSpec;

BranchSpec target(std::uint16_t index, std::uint32_t slot = 0) {
  return {BranchSpec::Kind::target, index, HealthSlot{slot}};
}
TargetSpec a(std::string_view text) {
  return records("www.example.com.", RrType::A, {address(text)}, 60);
}
Bytes weighted(std::vector<std::uint32_t> weights) {
  std::vector<BranchSpec> branches;
  for (std::size_t i = 0; i < weights.size(); ++i)
    branches.push_back(target(static_cast<std::uint16_t>(i), static_cast<std::uint32_t>(i + 1)));
  const auto count = static_cast<std::uint16_t>(weights.size());
  return policy::build_policy({policy::WeightedSpec{std::move(weights), branches}}, count).value();
}
Bytes latency(std::vector<std::uint16_t> regions, std::vector<std::string> names) {
  std::vector<BranchSpec> branches;
  for (std::size_t i = 0; i < regions.size(); ++i)
    branches.push_back(target(static_cast<std::uint16_t>(i)));
  const auto count = static_cast<std::uint16_t>(regions.size());
  return policy::build_policy({policy::LatencySpec{std::move(regions), std::move(names), branches}},
                              count)
      .value();
}
QuerySpec with_subnet(std::uint8_t source, const Bytes& octets) {
  return QuerySpec{.opt = {{1232, 0, client_subnet(1, source, 0, octets)}}};
}

TEST(PolicyAnswer, SharesByWeight) {
  Zones zones;
  zones.zone("example.com.")
      .route("www.example.com.", RrType::A, {a("192.0.2.1"), a("192.0.2.2")}, weighted({1, 3}));
  Server server(zones);
  std::map<std::string, int> seen;
  for (int i = 0; i < 4000; ++i)
    ++seen[server.ask("www.example.com.", RrType::A).answer.at(0)];
  EXPECT_NEAR(seen["www.example.com. 60 A 192.0.2.1"], 1000, 150);
  EXPECT_NEAR(seen["www.example.com. 60 A 192.0.2.2"], 3000, 150);
}

TEST(PolicyAnswer, LeavesOutTheUnhealthyAndFailsOpen) {
  Zones zones;
  zones.zone("example.com.")
      .route("www.example.com.", RrType::A, {a("192.0.2.1"), a("192.0.2.2")}, weighted({1, 1}));
  Server server(zones);
  server.set_health(1, false);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(server.ask("www.example.com.", RrType::A).answer,
              Lines{"www.example.com. 60 A 192.0.2.2"});
  EXPECT_EQ(server.counters().policy_fallback.value(), 0U);
  server.set_health(2, false);
  EXPECT_EQ(server.ask("www.example.com.", RrType::A).answer.size(), 1U);
  EXPECT_EQ(server.counters().policy_fallback.value(), 1U);
}

TEST(PolicyAnswer, AnAliasGivesTheRecordsOfAnotherNameUnderItsOwn) {
  Zones zones;
  zones.zone("example.com.")
      .add("real.example.com.", RrType::A, {address("192.0.2.1"), address("192.0.2.2")}, 77)
      .route("example.com.", RrType::A, {Name::parse("real.example.com.").value()})
      .route("twice.example.com.", RrType::A, {Name::parse("example.com.").value()})
      .route("gone.example.com.", RrType::A, {Name::parse("none.example.com.").value()})
      .route("loop.example.com.", RrType::A, {Name::parse("loop.example.com.").value()});
  Server server(zones);
  const Message once = server.ask("example.com.", RrType::A);
  ASSERT_EQ(once.answer.size(), 2U);
  EXPECT_TRUE(once.answer[0].starts_with("example.com. 77 A 192.0.2."));
  EXPECT_EQ(server.ask("twice.example.com.", RrType::A).answer.size(), 2U);

  const Message dangling = server.ask("gone.example.com.", RrType::A);
  EXPECT_EQ(dangling.rcode(), Rcode::NOERROR);
  EXPECT_EQ(dangling.authority, Lines{"example.com. 300 SOA ns1.test. 1"});
  EXPECT_EQ(server.ask("example.com.", RrType::AAAA).authority.size(), 1U);
  EXPECT_EQ(server.ask("loop.example.com.", RrType::A).rcode(), Rcode::SERVFAIL);
}

TEST(PolicyAnswer, AnExternalAliasWithoutAddressesHasNoDataAndAnUnresolvedOneIsServfail) {
  const Name outside = Name::parse("lb.example.net.").value();
  Zones zones;
  zones.zone("example.com.")
      .route("none.example.com.", RrType::A, {OutsideSpec{outside, false}})
      .route("soon.example.com.", RrType::A, {OutsideSpec{outside, true}})
      .route("mixed.example.com.", RrType::A, {OutsideSpec{outside, true}, a("192.0.2.1")},
             weighted({0, 1}));
  Server server(zones);

  const Message none = server.ask("none.example.com.", RrType::A);
  EXPECT_EQ(none.rcode(), Rcode::NOERROR);
  EXPECT_EQ(none.authority, Lines{"example.com. 300 SOA ns1.test. 1"});
  const Message soon = server.ask("soon.example.com.", RrType::A);
  EXPECT_EQ(soon.rcode(), Rcode::SERVFAIL);
  EXPECT_TRUE(soon.answer.empty());
  EXPECT_EQ(server.ask("mixed.example.com.", RrType::A).answer.size(), 1U);
}

TEST(PolicyAnswer, ACnameMayBeRouted) {
  auto cname = [](std::string_view to) {
    return TargetSpec(records("www.example.com.", RrType::CNAME, {host(to)}, 60));
  };
  Zones zones;
  zones.zone("example.com.")
      .route("www.example.com.", RrType::CNAME, {cname("a.example.com."), cname("b.example.com.")},
             weighted({0, 1}))
      .add("a.example.com.", RrType::A, {address("192.0.2.1")})
      .add("b.example.com.", RrType::A, {address("192.0.2.2")});
  Server server(zones);
  EXPECT_EQ(server.ask("www.example.com.", RrType::A).answer,
            (Lines{"www.example.com. 60 CNAME b.example.com.", "b.example.com. 300 A 192.0.2.2"}));
  EXPECT_EQ(server.ask("www.example.com.", RrType::CNAME).answer.size(), 1U);
}

/// 10/8 is near region 0, all others near region 1.
Zones located() {
  Zones zones;
  zones.zone("example.com.")
      .add("plain.example.com.", RrType::A, {address("192.0.2.9")})
      .route("www.example.com.", RrType::A, {a("192.0.2.1"), a("192.0.2.2")},
             latency({0, 1}, {"r0", "r1"}));
  zones.latency(policy::write_latency_table(
      std::vector<policy::LatencyRow>{{IpPrefix::parse("0.0.0.0/0").value(), {200, 20}},
                                      {IpPrefix::parse("10.0.0.0/8").value(), {10, 100}}},
      2));
  return zones;
}

/// The scope octet of the client subnet option that came back.
int scope(const Message& message) {
  return message.opt && message.opt->size() >= 8 ? message.opt->at(7) : -1;
}

TEST(PolicyAnswer, DependsOnTheClientSubnetAndSaysHowMuchOfIt) {  // RFC 7871 §7.2.1
  Server server(located());
  const Message near = server.ask(with_subnet(24, {10, 1, 2}));
  EXPECT_EQ(near.answer, Lines{"www.example.com. 60 A 192.0.2.1"});
  EXPECT_EQ(near.opt, (Bytes{0, 8, 0, 7, 0, 1, 24, 8, 10, 1, 2}));
  EXPECT_EQ(server.ask(with_subnet(24, {203, 0, 113})).answer,
            Lines{"www.example.com. 60 A 192.0.2.2"});
}

TEST(PolicyAnswer, WithoutASubnetGoesByTheSource) {
  Server server(located());
  EXPECT_EQ(server.ask("www.example.com.", RrType::A).answer[0], "www.example.com. 60 A 192.0.2.2");
  server.ask_from("10.9.9.9");
  EXPECT_EQ(server.ask("www.example.com.", RrType::A).answer[0], "www.example.com. 60 A 192.0.2.1");
  const Message opted_out = server.ask(with_subnet(0, {}));  // RFC 7871 §7.1.2
  EXPECT_EQ(opted_out.answer[0], "www.example.com. 60 A 192.0.2.1");
  EXPECT_EQ(scope(opted_out), 0);
}

TEST(PolicyAnswer, HasScopeZeroWhereTheClientDidNotMatter) {
  Server server(located());
  for (const char* name : {"plain.example.com.", "none.example.com.", "other.test."}) {
    QuerySpec query = with_subnet(24, {10, 1, 2});
    query.name = name;
    const Message message = server.ask(query);
    ASSERT_GE(message.opt->size(), 11U) << name;  // REFUSED has an extended error behind it
    EXPECT_EQ(Bytes(message.opt->begin(), message.opt->begin() + 11),
              (Bytes{0, 8, 0, 7, 0, 1, 24, 0, 10, 1, 2}))
        << name;
  }
}

}  // namespace
}  // namespace waymark::dns
