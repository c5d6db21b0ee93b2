// SPDX-License-Identifier: Apache-2.0
//
// From record sets to answers on the wire: policies under policies across names, with health that
// depends on the client.
#include "tests/zones/compile/policy_answers.h"

namespace waymark::zones {
namespace {

TEST_F(PolicyAnswers, BacksOutOfAGeolocationGroupThatIsDownForThisClientOnly) {
  ASSERT_TRUE(world.put(
      zone,
      {routed(a("geo.example.com.", "192.0.2.1"), "de", Geolocation{"", "DE", ""}, "c1"),
       routed(a("geo.example.com.", "192.0.2.2"), "us", Geolocation{"", "US", ""}, "c2"),
       routed(alias("www.example.com.", "geo.example.com."), "p", Failover{}),
       routed(a("www.example.com.", "192.0.2.9"), "s", Failover{Failover::Role::secondary, 0})}));
  compile();
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), (Set{"192.0.2.1"}));
  EXPECT_EQ(answers("www.example.com.", "10.2.0.1"), (Set{"192.0.2.2"}));
  EXPECT_EQ(answers("www.example.com.", "10.3.0.1"), (Set{"192.0.2.9"}));  // no member: unhealthy
  set_down({"c1"});
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), (Set{"192.0.2.9"}));
  EXPECT_EQ(answers("www.example.com.", "10.2.0.1"), (Set{"192.0.2.2"}));
  EXPECT_EQ(answers("geo.example.com.", "10.1.0.1"), (Set{"192.0.2.1"}));  // fails open
  EXPECT_EQ(answers("geo.example.com.", "10.3.0.1"), Set{});               // NODATA
}

TEST_F(PolicyAnswers, AnAliasFollowsWhenItsTargetBeginsToDependOnTheClientAndWhenItEnds) {
  const auto weighted = routed(a("pool.example.com.", "192.0.2.1"), "x", Weighted{1}, "c1");
  const auto german =
      routed(a("pool.example.com.", "192.0.2.1"), "x", Geolocation{"", "DE", ""}, "c1");
  ASSERT_TRUE(world.put(
      zone,
      {weighted, alias("mid.example.com.", "pool.example.com."),
       routed(alias("www.example.com.", "mid.example.com."), "p", Failover{}),
       routed(a("www.example.com.", "192.0.2.9"), "s", Failover{Failover::Role::secondary, 0})}));
  compile();
  EXPECT_EQ(answers("www.example.com.", "10.2.0.1"), (Set{"192.0.2.1"}));
  ASSERT_TRUE(world.put(zone, {german}));
  compile();
  EXPECT_EQ(answers("www.example.com.", "10.2.0.1"), (Set{"192.0.2.9"}));
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), (Set{"192.0.2.1"}));
  ASSERT_TRUE(world.put(zone, {weighted}));
  compile();
  EXPECT_EQ(answers("www.example.com.", "10.2.0.1"), (Set{"192.0.2.1"}));
  set_down({"c1"});
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), (Set{"192.0.2.9"}));
}

TEST_F(PolicyAnswers, AMultivalueAnswerHasTheLeastTtlOfItsGroup) {  // behaviour §8.7
  RecordSet first = routed(a("m.example.com.", "192.0.2.1"), "1", Multivalue{});
  RecordSet second = routed(a("m.example.com.", "192.0.2.2"), "2", Multivalue{});
  second.ttl = 20;
  ASSERT_TRUE(world.put(zone, {first, second}));
  compile();
  auto lines = ask("m.example.com.", "10.1.0.1", 1).answer;
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (std::vector<std::string>{"m.example.com. 20 A 192.0.2.1",
                                             "m.example.com. 20 A 192.0.2.2"}));
}

TEST_F(PolicyAnswers, Rule7_3_4_HealthNeverBlocksASimpleAnswer) {
  RecordSet refused = a("plain.example.com.", "192.0.2.1");
  refused.health_check_id = "c1";
  EXPECT_FALSE(world.put(zone, {refused}));  // §4.4.12: it can carry no check
  ASSERT_TRUE(world.put(zone, {a("plain.example.com.", "192.0.2.1"),
                               routed(a("pool.example.com.", "192.0.2.2"), "x", Weighted{1}, "c1"),
                               alias("one.example.com.", "pool.example.com.")}));
  compile();
  set_down({"c1", "c2", "c3", "c4", "c5", "c6"});
  EXPECT_EQ(answers("plain.example.com.", "10.1.0.1"), Set{"192.0.2.1"});
  EXPECT_EQ(answers("one.example.com.", "10.1.0.1"), Set{"192.0.2.2"});
}

TEST_F(PolicyAnswers, Rule7_3_5_AStatusIsReadFromMemoryAndAQueryChangesNone) {
  ASSERT_TRUE(world.put(zone, {routed(a("www.example.com.", "192.0.2.1"), "p", Failover{}, "c1"),
                               routed(a("www.example.com.", "192.0.2.2"), "s",
                                      Failover{Failover::Role::secondary, 0})}));
  compile();
  const auto bits = [this] {
    std::vector<std::uint64_t> read;
    for (const auto& word : words)
      read.push_back(word.load());
    return read;
  };
  for (const std::set<std::string>& down : {Set{}, Set{"c1"}, Set{}}) {
    set_down(down);  // nothing is compiled or sent: the next answer follows
    const auto before = bits();
    EXPECT_EQ(answers("www.example.com.", "10.1.0.1"),
              Set{down.empty() ? "192.0.2.1" : "192.0.2.2"});
    EXPECT_EQ(bits(), before);
  }
}

TEST_F(PolicyAnswers, Rule8_1_ASimpleSetGivesAllItsValuesInRandomOrder) {
  RecordSet set = a("www.example.com.", "192.0.2.1");
  set.rdata = {{192, 0, 2, 1}, {192, 0, 2, 2}, {192, 0, 2, 3}};
  ASSERT_TRUE(world.put(zone, {set}));
  compile();
  std::set<std::vector<std::string>> orders;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    auto lines = ask("www.example.com.", "10.1.0.1", seed).answer;
    orders.insert(lines);
    std::sort(lines.begin(), lines.end());
    EXPECT_EQ(lines, (std::vector<std::string>{"www.example.com. 60 A 192.0.2.1",
                                               "www.example.com. 60 A 192.0.2.2",
                                               "www.example.com. 60 A 192.0.2.3"}));
  }
  // §6.8: whatever stands first, all of them do at times.
  std::set<std::string> firsts;
  for (const auto& order : orders)
    firsts.insert(order.front());
  EXPECT_EQ(firsts.size(), 3U);
}

TEST_F(PolicyAnswers, Rule8_1_EvaluationOfASimpleAliasCountsOnlyForAnAliasAboveIt) {
  ASSERT_TRUE(world.put(
      zone,
      {routed(a("pool.example.com.", "192.0.2.1"), "x", Weighted{1}, "c1"),
       alias("mid.example.com.", "pool.example.com."),
       routed(alias("www.example.com.", "mid.example.com."), "p", Failover{}),
       routed(a("www.example.com.", "192.0.2.9"), "s", Failover{Failover::Role::secondary, 0})}));
  compile();
  set_down({"c1"});
  EXPECT_EQ(answers("mid.example.com.", "10.1.0.1"), Set{"192.0.2.1"});  // it has no alternative
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), Set{"192.0.2.9"});
}

TEST_F(PolicyAnswers, Rule10_9_ADanglingHealthCheckCountsAsHealthy) {
  ASSERT_TRUE(world.put(zone, {routed(a("www.example.com.", "192.0.2.1"), "p", Failover{}, "c1"),
                               routed(a("www.example.com.", "192.0.2.2"), "s",
                                      Failover{Failover::Role::secondary, 0})}));
  compile();
  set_down({"c1"});
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), Set{"192.0.2.2"});
  EXPECT_FALSE(world.object(ObjectKind::health_check, "c1", std::nullopt));  // while it is used
  ASSERT_TRUE(world.remove_in_use(ObjectKind::health_check, "c1"));
  ASSERT_TRUE(world.put(zone, {records("www.example.com.", RrType::TXT, {{1, 'x'}})}));
  compile();
  set_down({});
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), Set{"192.0.2.1"});
  set_down({"c2"});
  EXPECT_EQ(answers("www.example.com.", "10.1.0.1"), Set{"192.0.2.1"});
}

TEST_F(PolicyAnswers, TablesOfClientsChangeWithoutANameBeingCompiled) {
  ASSERT_TRUE(
      world.put(zone, {routed(a("g.example.com.", "192.0.2.1"), "de", Geolocation{"", "DE", ""}),
                       routed(a("g.example.com.", "192.0.2.2"), "all", Geolocation{"", "*", ""}),
                       routed(a("i.example.com.", "192.0.2.1"), "hq", Cidr{"offices", "hq"}),
                       routed(a("i.example.com.", "192.0.2.2"), "all", Cidr{"offices", "*"})}));
  compile();
  EXPECT_EQ(answers("g.example.com.", "10.9.0.1"), (Set{"192.0.2.2"}));
  EXPECT_EQ(answers("i.example.com.", "10.9.0.1"), (Set{"192.0.2.2"}));
  ASSERT_TRUE(world.object(ObjectKind::location, "table", "10.9.0.0/16\t\tDE\t\t\t\n"));
  compile();
  EXPECT_EQ(answers("g.example.com.", "10.9.0.1"), (Set{"192.0.2.1"}));
  EXPECT_EQ(compiling.sent.size(), 1U);  // the part of places, and no tier
  ASSERT_TRUE(world.object(ObjectKind::cidr_collection, "offices",
                           "name\toffices\nnumber\t2\nlocation\thq\nblock\t0\t10.9.0.0/16\n"));
  compile();
  EXPECT_EQ(answers("i.example.com.", "10.9.0.1"), (Set{"192.0.2.1"}));
  EXPECT_EQ(compiling.sent.size(), 1U);
}

}  // namespace
}  // namespace waymark::zones
