// SPDX-License-Identifier: Apache-2.0
#include "zones/change_batch.h"

#include <gtest/gtest.h>

namespace waymark::zones {
namespace {

RecordSet weighted_set() {
  RecordSet set;
  set.owner = *dns::Name::parse("w.a");
  set.type = dns::RrType::A;
  set.set_id = "b";
  set.ttl = 60;
  set.rdata = {{192, 0, 2, 1}};
  set.routing = Weighted{90};
  set.health_check_id = "h";
  return set;
}

Commit whole_commit() {
  RecordSet alias = weighted_set();
  alias.rdata.clear();
  alias.ttl = 0;
  alias.alias = Alias{*dns::Name::parse("x.a"), true};
  alias.routing = Failover{Failover::Role::secondary};
  RecordSet external = alias;
  external.alias->external = true;
  RecordSet latency = weighted_set();
  latency.routing = Latency{"eu-west-1"};
  RecordSet simple = weighted_set();
  simple.routing = Simple{};
  Commit commit{{"C1"}, ZoneId{"Z1"}, 4, 5, 6, TimePoint(Duration(7)), "why", "who", {}};
  commit.effects.removed = {alias, external, simple};
  for (const Routing& routing :
       {Routing(Multivalue{}), Routing(Geolocation{"", "US", "CA"}),
        Routing(Geolocation{"EU", "", ""}), Routing(Geoproximity{"", -33.87, 151.21, -99}),
        Routing(Geoproximity{"eu-west-1", 0, 0, 5}), Routing(Cidr{"7a", "office"}),
        Routing(Failover{Failover::Role::secondary, 4}), Routing(Weighted{65535})}) {
    commit.effects.removed.push_back(weighted_set());
    commit.effects.removed.back().routing = routing;
  }
  commit.effects.added = {latency, weighted_set()};
  commit.effects.objects = {{{ObjectKind::zone, "Z1"}, std::nullopt, "{}"}};
  return commit;
}

// The layout is stored and sent: a change of it needs another format number.
TEST(RecordSet, EncodingIsHeldStill) {
  const Bytes golden{1, 0, 0, 0, 5, 1, 'w', 1, 'a', 0, 0, 1, 0, 0, 0,  1, 'b', 0, 0, 0, 60,
                     0, 0, 0, 1, 0, 0, 0,   4, 192, 0, 2, 1, 1, 0, 90, 0, 0,   0, 0, 1, 'h'};
  EXPECT_EQ(encode(weighted_set()), golden);
  EXPECT_EQ(*decode_record_set(golden), weighted_set());
}

TEST(Commit, SurvivesEncoding) {
  Commit commit = whole_commit();
  EXPECT_EQ(*decode_commit(encode(commit)), commit);
  commit.scope = ObjectKey{ObjectKind::token, "t"};
  commit.effects.replaced = true;
  commit.effects.replaced_sets = 9;
  EXPECT_EQ(*decode_commit(encode(commit)), commit);
}

TEST(Commit, CutShortOrTrailingOrUnknownIsRefused) {
  Bytes octets = encode(whole_commit());
  for (std::size_t octet = 0; octet < octets.size(); ++octet)
    EXPECT_FALSE(decode_commit(ByteView(octets).first(octet))) << octet;
  octets.push_back(0);
  EXPECT_FALSE(decode_commit(octets));
  octets.pop_back();
  octets[0] = 2;
  EXPECT_FALSE(decode_commit(octets));
}

}  // namespace
}  // namespace waymark::zones
