// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/health_gates.h"

#include "dns/board.h"
#include "tests/zones/compile/world.h"

namespace waymark::zones {
namespace {

using health::HealthSlot;

TEST(SlotBook, GoesOnBehindTheHighestNumber) {
  SlotBook book(9, {{4, "check/a"}});

  EXPECT_EQ(book.slot("check/a"), HealthSlot{4});
  EXPECT_FALSE(book.changed());
  EXPECT_EQ(book.slot("check/b"), HealthSlot{5});
  EXPECT_TRUE(book.changed());
}

TEST(SlotBook, DoesNotUseAFreedNumberAgainSoon) {
  SlotBook book(9);
  const HealthSlot first = book.slot("check/a");

  book.release("check/a");

  EXPECT_NE(book.slot("check/b"), first);
}

TEST(SlotBook, FailsOpenWhenTheBoardIsFull) {
  SlotBook book(9);
  for (std::uint32_t i = 1; i < dns::Board::health_slots; ++i)
    book.slot(std::to_string(i));

  EXPECT_EQ(book.slot("one more"), HealthSlot::always_healthy);
  const HealthSlot freed = book.slot("77");
  book.release("77");
  EXPECT_EQ(book.slot("another"), freed);
}

/// A zone with an alias (weighted, with a check of its own) to a weighted group.
class HealthGatesTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* check : {"c1", "c2", "c3"})
      ASSERT_TRUE(world.object(ObjectKind::health_check, check, "{\"version\":1}"));
    zone = world.create("example.com.");
    ASSERT_TRUE(
        world.put(zone, {routed(a("group.example.com.", "192.0.2.1"), "1", Weighted{1}, "c1"),
                         routed(a("group.example.com.", "192.0.2.2"), "2", Weighted{1}, "c2")}));
    ASSERT_TRUE(world.put(
        zone, {routed(alias("www.example.com.", "group.example.com."), "a", Weighted{1}, "c3")}));
  }
  const health::Gate* gate(std::uint32_t needed, const Compiling& compiling) const {
    for (const auto& [slot, one] : compiling.gates)
      if (one.needed == needed) return &one;
    return nullptr;
  }

  World world;
  ZoneId zone;
};

TEST_F(HealthGatesTest, GivesEveryCheckASlot) {
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_EQ(compiling.checks.size(), 3U);

  ASSERT_TRUE(world.object(ObjectKind::health_check, "c4", "{\"version\":1}"));
  compiling.step();
  EXPECT_TRUE(compiling.checks.contains("c4"));

  ASSERT_TRUE(world.object(ObjectKind::health_check, "c4", std::nullopt));
  compiling.step();
  EXPECT_FALSE(compiling.checks.contains("c4"));
}

TEST_F(HealthGatesTest, AnAliasIsAsHealthyAsItsTargetAndItsCheck) {
  Compiling compiling(world.store());

  compiling.step();

  const health::Gate* group = gate(1, compiling);
  const health::Gate* both = gate(2, compiling);
  ASSERT_TRUE(group != nullptr && both != nullptr);
  EXPECT_EQ(group->of, (std::vector{compiling.checks.at("c1"), compiling.checks.at("c2")}));
  EXPECT_EQ(both->of, (std::vector{compiling.checks.at("c3"), group->slot}));
}

TEST_F(HealthGatesTest, AGateFollowsTheMembersOfItsGroup) {
  Compiling compiling(world.store());
  compiling.step();
  const HealthSlot slot = gate(1, compiling)->slot;

  ASSERT_TRUE(
      world.remove(zone, {routed(a("group.example.com.", "192.0.2.2"), "2", Weighted{1}, "c2")}));
  compiling.step();

  EXPECT_EQ(compiling.gates.at(slot).of, std::vector{compiling.checks.at("c1")});
}

TEST_F(HealthGatesTest, AMemberWithoutACheckIsHealthyForAll) {
  Compiling compiling(world.store());
  compiling.step();
  const HealthSlot slot = gate(1, compiling)->slot;

  ASSERT_TRUE(world.put(zone, {routed(a("group.example.com.", "192.0.2.3"), "3", Weighted{1})}));
  compiling.step();

  EXPECT_EQ(compiling.gates.at(slot).of.front(), HealthSlot::always_healthy);
}

TEST_F(HealthGatesTest, ARestartedCompilerTellsTheSameGates) {
  Compiling before(world.store());
  before.step();

  Compiling after(world.store(), before.image, 3);
  after.step();

  EXPECT_EQ(after.gates, before.gates);
  EXPECT_EQ(after.checks, before.checks);
}

std::vector<health::Gate> panic_gates(const Compiling& compiling) {
  std::vector<health::Gate> found;
  for (const auto& [slot, gate] : compiling.gates)
    if (gate.kind == health::Gate::Kind::unless_panic) found.push_back(gate);
  return found;
}

bool sent_names(const Compiling& compiling) {
  return std::any_of(compiling.sent.begin(), compiling.sent.end(), [](const dns::PartId& part) {
    return part.kind == dns::layout::PartKind::names;
  });
}

TEST_F(HealthGatesTest, Prb7WithAPanicThresholdEachMemberLooksAtItsGroup) {
  Compiling compiling(world.store(), {}, 2, 50);
  compiling.step();

  const auto found = panic_gates(compiling);
  ASSERT_EQ(found.size(), 2U);  // a group of one, www, has nobody to panic with
  const HealthSlot crowd = found[0].of[1];
  EXPECT_EQ(found[0].of, (std::vector{compiling.checks.at("c1"), crowd}));
  EXPECT_EQ(found[1].of, (std::vector{compiling.checks.at("c2"), crowd}));
  EXPECT_EQ(compiling.gates.at(crowd).needed, 1U);  // 50 % of two
  EXPECT_EQ(compiling.gates.at(crowd).of.size(), 2U);
}

TEST_F(HealthGatesTest, Prb7FailoverKeepsItsOrderUnderAPanicThreshold) {
  ASSERT_TRUE(world.put(zone, {routed(a("fail.example.com.", "192.0.2.1"), "1",
                                      Failover{Failover::Role::primary}, "c1"),
                               routed(a("fail.example.com.", "192.0.2.2"), "2",
                                      Failover{Failover::Role::secondary}, "c2")}));
  Compiling compiling(world.store(), {}, 2, 50);
  compiling.step();
  EXPECT_EQ(panic_gates(compiling).size(), 2U);  // those of the weighted group alone
}

TEST_F(HealthGatesTest, SlotsOfACrowdAreGivenBackWhenItIsNoneAnyMore) {
  Compiling compiling(world.store(), {}, 2, 50);
  compiling.step();
  const auto left = [&] {
    std::set<std::string> keys;
    for (const dns::SlotSpec& spec : compiling.image.slots())
      if (spec.key.starts_with("crowd/") || spec.key.starts_with("panic/")) keys.insert(spec.key);
    return keys.size();
  };
  EXPECT_EQ(left(), 3U);  // the group, and its two members
  ASSERT_TRUE(
      world.remove(zone, {routed(a("group.example.com.", "192.0.2.2"), "2", Weighted{1}, "c2")}));
  compiling.step();
  EXPECT_EQ(left(), 0U);

  const ZoneId other = world.create("example.org.");
  ASSERT_TRUE(
      world.put(other, {routed(a("group.example.org.", "192.0.2.1"), "1", Weighted{1}, "c1"),
                        routed(a("group.example.org.", "192.0.2.2"), "2", Weighted{1}, "c2")}));
  compiling.step();
  EXPECT_EQ(left(), 3U);
  ASSERT_TRUE(world.remove_zone(other));
  compiling.step();
  EXPECT_EQ(left(), 0U);
}

TEST_F(HealthGatesTest, AnotherPanicThresholdCompilesAnewAndTheSameDoesNot) {
  Compiling off(world.store());
  off.step();
  Compiling on(world.store(), off.image, 3, 50);
  on.step();
  EXPECT_EQ(panic_gates(on).size(), 2U);
  EXPECT_TRUE(sent_names(on));
  Compiling again(world.store(), on.image, 4, 50);
  again.step();
  EXPECT_EQ(again.gates, on.gates);
  EXPECT_FALSE(sent_names(again));
  Compiling off_again(world.store(), again.image, 5);
  off_again.step();
  EXPECT_TRUE(panic_gates(off_again).empty());
  EXPECT_TRUE(sent_names(off_again));
}

}  // namespace
}  // namespace waymark::zones
