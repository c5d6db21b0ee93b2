// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/image_compiler.h"

#include <set>

#include "tests/zones/compile/world.h"

namespace waymark::zones {
namespace {

using dns::layout::node_apex;
using dns::layout::node_delegation;
using dns::layout::node_wildcard_child;

std::vector<RrType> types_at(const Compiling& compiling, std::string_view owner) {
  std::vector<RrType> types;
  const dns::NodeView node = compiling.find(owner);
  EXPECT_TRUE(node) << owner;
  if (node)
    for (const dns::layout::Entry& entry : node.entries())
      types.push_back(RrType{entry.type});
  return types;
}

TEST(ImageCompiler, HasNothingToSayTwice) {
  World world;
  world.create("example.com.");
  Compiling compiling(world.store());

  EXPECT_TRUE(compiling.step());
  EXPECT_FALSE(compiling.step());
  EXPECT_EQ(compiling.image.generation(), 1U);
}

TEST(ImageCompiler, PutsZoneAndApexIntoTheImage) {
  World world;
  world.create("example.com.");
  Compiling compiling(world.store());

  compiling.step();

  const dns::NodeView apex = compiling.find("example.com.");
  ASSERT_TRUE(apex);
  EXPECT_TRUE(apex.has(node_apex));
  EXPECT_EQ(types_at(compiling, "example.com."), (std::vector{RrType::NS, RrType::SOA}));
  EXPECT_TRUE(compiling.image.zone(apex.zone()));
}

TEST(ImageCompiler, SendsOnlySmallTierAndZonesForOneRecord) {
  World world;
  const ZoneId zone = world.create("example.com.");
  Compiling compiling(world.store());
  compiling.step();

  ASSERT_TRUE(world.put(zone, {a("www.example.com.")}));
  compiling.step();

  std::multiset<dns::layout::PartKind> kinds;
  for (const dns::PartId& part : compiling.sent)
    kinds.insert(part.kind);
  EXPECT_EQ(kinds, (std::multiset{dns::layout::PartKind::names, dns::layout::PartKind::zones}));
  EXPECT_TRUE(compiling.find("www.example.com."));
}

TEST(ImageCompiler, SendsNoNamesForASerialAlone) {
  World world;
  const ZoneId zone = world.create("example.com.");
  Compiling compiling(world.store());
  compiling.step();
  RecordSet soa;
  for (RecordSet& set : world.sets_of(zone))
    if (set.type == RrType::SOA) soa = std::move(set);
  set_soa_serial(soa.rdata.front(), 4711);

  ASSERT_TRUE(world.put(zone, {soa}));
  compiling.step();

  ASSERT_EQ(compiling.sent.size(), 1U);
  EXPECT_EQ(compiling.sent.front().kind, dns::layout::PartKind::zones);
}

TEST(ImageCompiler, LetsEmptyNonTerminalsComeAndGo) {  // RFC 4592 §2.2.2
  World world;
  const ZoneId zone = world.create("example.com.");
  Compiling compiling(world.store());
  compiling.step();

  ASSERT_TRUE(world.put(zone, {a("x.y.z.example.com.")}));
  compiling.step();
  ASSERT_TRUE(compiling.find("z.example.com."));
  EXPECT_TRUE(types_at(compiling, "y.z.example.com.").empty());

  ASSERT_TRUE(world.remove(zone, {a("x.y.z.example.com.")}));
  compiling.step();
  EXPECT_FALSE(compiling.find("x.y.z.example.com."));
  EXPECT_FALSE(compiling.find("y.z.example.com."));
  EXPECT_FALSE(compiling.find("z.example.com."));
  EXPECT_TRUE(compiling.find("example.com."));
}

TEST(ImageCompiler, FlagsTheParentOfAWildcard) {
  World world;
  const ZoneId zone = world.create("example.com.");
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_FALSE(compiling.find("example.com.").has(node_wildcard_child));

  ASSERT_TRUE(world.put(zone, {a("*.example.com."), a("deep.*.sub.example.com.")}));
  compiling.step();
  EXPECT_TRUE(compiling.find("example.com.").has(node_wildcard_child));
  EXPECT_TRUE(compiling.find("sub.example.com.").has(node_wildcard_child));

  ASSERT_TRUE(world.remove(zone, {a("*.example.com.")}));
  compiling.step();
  EXPECT_FALSE(compiling.find("example.com.").has(node_wildcard_child));
}

TEST(ImageCompiler, MarksWhatStandsBelowACut) {  // RFC 1034 §4.2.1
  World world;
  const ZoneId zone = world.create("example.com.");
  ASSERT_TRUE(world.put(zone, {a("host.sub.example.com."), a("sub.example.com.")}));
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_EQ(compiling.find("host.sub.example.com.").header().cut_labels, 0);

  ASSERT_TRUE(world.remove(zone, {a("sub.example.com.")}));
  ASSERT_TRUE(world.put(zone, {ns("sub.example.com.", "host.sub.example.com.")}));
  compiling.step();
  EXPECT_TRUE(compiling.find("sub.example.com.").has(node_delegation));
  EXPECT_EQ(types_at(compiling, "sub.example.com."), std::vector{RrType::NS});
  EXPECT_EQ(compiling.find("host.sub.example.com.").header().cut_labels, 3);
  EXPECT_FALSE(compiling.find("host.sub.example.com.").has(node_delegation));

  ASSERT_TRUE(world.remove(zone, {ns("sub.example.com.", "host.sub.example.com.")}));
  compiling.step();
  EXPECT_EQ(compiling.find("host.sub.example.com.").header().cut_labels, 0);
}

TEST(ImageCompiler, HidesAParentsRecordsInAHostedChild) {
  World world;
  const ZoneId parent = world.create("example.com.");
  const RecordSet ds = records("child.example.com.", RrType::DS, {Bytes(36, 1)});
  ASSERT_TRUE(world.put(parent, {ns("child.example.com."), a("www.child.example.com.")}));
  ASSERT_TRUE(world.put(parent, {ds}));
  Compiling compiling(world.store());
  compiling.step();
  ASSERT_TRUE(compiling.find("www.child.example.com."));

  const ZoneId child = world.create("child.example.com.");
  compiling.step();
  EXPECT_FALSE(compiling.find("www.child.example.com."));
  EXPECT_TRUE(compiling.find("child.example.com.").has(node_apex));
  EXPECT_EQ(types_at(compiling, "child.example.com."),
            (std::vector{RrType::NS, RrType::SOA, RrType::DS}));

  ASSERT_TRUE(world.remove_zone(child));
  compiling.step();
  EXPECT_TRUE(compiling.find("www.child.example.com."));
  EXPECT_TRUE(compiling.find("child.example.com.").has(node_delegation));
}

TEST(ImageCompiler, ForgetsWhatAReplacedZoneHeld) {
  World world;
  const ZoneId zone = world.create("example.com.");
  const ZoneId other = world.create("example.net.");
  ASSERT_TRUE(world.put(zone, {a("old.example.com.")}));
  ASSERT_TRUE(world.put(other, {a("www.example.net.")}));
  Compiling compiling(world.store());
  compiling.step();
  std::vector<RecordSet> sets = world.sets_of(zone);
  std::erase_if(sets, [](const RecordSet& set) { return set.type == RrType::A; });
  sets.push_back(a("new.example.com."));

  ASSERT_TRUE(world.replace(zone, sets));
  compiling.step();

  EXPECT_FALSE(compiling.find("old.example.com."));
  EXPECT_TRUE(compiling.find("new.example.com."));
  EXPECT_TRUE(compiling.find("www.example.net."));
}

TEST(ImageCompiler, GoesOnFromWhatTheWorkersHold) {
  World world;
  const ZoneId zone = world.create("example.com.");
  Compiling before(world.store());
  before.step();
  ASSERT_TRUE(world.put(zone, {a("one.example.com.")}));
  before.step();
  ASSERT_TRUE(world.put(zone, {a("two.example.com.")}));

  Compiling after(world.store(), before.image, 77);
  after.step();

  EXPECT_EQ(after.image.generation(), before.image.generation() + 1);
  EXPECT_EQ(after.image.names().key(), before.image.names().key());
  EXPECT_EQ(after.image.slot_epoch(), before.image.slot_epoch());
  EXPECT_TRUE(after.find("one.example.com."));
  EXPECT_TRUE(after.find("two.example.com."));
}

TEST(ImageCompiler, CompilesTheLatencyTable) {
  World world;
  world.create("example.com.");
  ASSERT_TRUE(world.object(ObjectKind::latency, "table", "192.0.2.0/24\tus-east-1\t17\n"));
  Compiling compiling(world.store());
  compiling.step();

  const auto state = world.store().snapshot().value();
  const auto number = regions_of(*state)->number("us-east-1");
  ASSERT_TRUE(number);
  const auto client = IpAddress::parse("192.0.2.9").value();
  EXPECT_EQ(compiling.image.tables().latency.find(client).at(*number), 17);
  EXPECT_EQ(compiling.image.tables().latency.find(client).scope, 24);

  ASSERT_TRUE(world.object(ObjectKind::latency, "table", "192.0.2.0/24\tus-east-1\tfast\n"));
  const auto refused = compiling.compiler.compile();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::bad_value);
}

TEST(ImageCompiler, HidesWhatStandsBelowADname) {  // RFC 6672 §2.4
  World world;
  const ZoneId zone = world.create("example.com.");
  ASSERT_TRUE(
      world.put(zone, {a("d.example.com."), a("a.b.d.example.com."), a("*.d.example.com.")}));
  const ZoneId child = world.create("child.d.example.com.");
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_TRUE(compiling.find("b.d.example.com."));

  const RecordSet dname = records("d.example.com.", RrType::DNAME, {dns::fakes::host("x.")});
  ASSERT_TRUE(world.put(zone, {dname}));
  compiling.step();
  EXPECT_TRUE(compiling.find("d.example.com.").has(dns::layout::node_dname));
  EXPECT_EQ(types_at(compiling, "d.example.com."), (std::vector{RrType::A, RrType::DNAME}));
  for (const char* hidden : {"a.b.d.example.com.", "b.d.example.com.", "*.d.example.com."})
    EXPECT_FALSE(compiling.find(hidden)) << hidden;
  EXPECT_TRUE(compiling.find("child.d.example.com."));  // of a zone of its own

  ASSERT_TRUE(world.remove(zone, {dname}));
  compiling.step();
  EXPECT_FALSE(compiling.find("d.example.com.").has(dns::layout::node_dname));
  EXPECT_TRUE(compiling.find("a.b.d.example.com."));
  ASSERT_TRUE(world.remove_zone(child));
}

TEST(ImageCompiler, PutsACutBeforeADname) {  // RFC 6672 §3.2 step 3B comes before 3C
  World world;
  const ZoneId zone = world.create("example.com.");
  ASSERT_TRUE(
      world.put(zone, {ns("sub.example.com."), a("ns.d.sub.example.com."),
                       records("sub.example.com.", RrType::DNAME, {dns::fakes::host("x.")}),
                       records("d.sub.example.com.", RrType::DNAME, {dns::fakes::host("x.")})}));
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_TRUE(compiling.find("sub.example.com.").has(node_delegation));
  EXPECT_FALSE(compiling.find("sub.example.com.").has(dns::layout::node_dname));
  EXPECT_EQ(types_at(compiling, "ns.d.sub.example.com."), std::vector{RrType::A});
}

TEST(ImageCompiler, LosesNothingWhileTiersAreFolded) {
  World world;
  const ZoneId zone = world.create("example.com.");
  Compiling compiling(world.store());
  compiling.step();
  Random random(5);
  std::unique_ptr<FoldWork> work;
  for (int round = 0; round < 60; ++round) {
    std::vector<RecordSet> sets;
    for (int i = 0; i < 25; ++i)
      sets.push_back(a("h" + std::to_string(random.below(600)) + ".example.com.",
                       "192.0.2." + std::to_string(random.below(250))));
    for (RecordSet& set : sets)
      (void)world.put(zone, {set});
    if (const auto held = world.sets_of(zone); random.below(2) == 0)
      for (const RecordSet& set : held)
        if (set.type == RrType::A && random.below(10) == 0) (void)world.remove(zone, {set});
    compiling.step();
    if (round % 7 == 3) work = compiling.compiler.begin_fold();
    if (round % 7 == 6 && work) {
      compiling.compiler.adopt(fold(*std::exchange(work, nullptr)));
      compiling.step();
    }
    ASSERT_LE(compiling.image.names().tiers(), 3U);
    if (round % 5 != 0) continue;
    Compiling fresh = from_scratch(world.store(), compiling);
    fresh.step();
    ASSERT_EQ(compiling.nodes(), fresh.nodes()) << "round " << round;
  }
}

/// Draws sets of few names, so that cuts, wildcards, aliases and child zones meet.
class Draw {
 public:
  std::string owner() {
    static const std::vector<std::string> labels{"a", "b", "*", "sub", "www"};
    std::string made = random_.below(4) == 0 ? "child.example.com." : "example.com.";
    for (std::uint32_t depth = 1 + random_.below(3); depth > 0; --depth)
      made = labels[random_.below(5)] + "." + made;
    return made;
  }
  std::vector<RecordSet> sets() {
    const std::string at = owner();
    switch (random_.below(8)) {
      case 5:
        return {routed(a(at), "de", Geolocation{"", "DE", ""}, "check-1"),
                routed(alias(at, owner()), "all", Geolocation{"", "*", ""})};
      case 0:
        return {ns(at)};
      case 6:
        return {records(at, RrType::DNAME, {dns::fakes::host("example.net.")})};
      case 1:
        return {records(at, RrType::TXT, {dns::fakes::txt("hello")})};
      case 2:
        return {alias(at, owner(), random_.below(2) == 0)};
      case 3:
        return {routed(a(at), "one", Weighted{1}, "check-1"), routed(a(at), "two", Weighted{3})};
      case 4:
        return {routed(a(at), "p", Failover{Failover::Role::primary}, "check-2"),
                routed(alias(at, owner()), "s", Failover{Failover::Role::secondary})};
      default:
        return {a(at, "192.0.2." + std::to_string(random_.below(250)))};
    }
  }
  Random& random() { return random_; }

 private:
  Random random_{20};
};

TEST(ImageCompiler, GivesStepByStepWhatItGivesFromScratch) {
  World world;
  Draw draw;
  for (const char* check : {"check-1", "check-2"})
    ASSERT_TRUE(world.object(ObjectKind::health_check, check, "{\"version\":1}"));
  const ZoneId parent = world.create("example.com.");
  std::optional<ZoneId> child;
  Compiling compiling(world.store());
  int accepted = 0;
  for (int round = 0; round < 400; ++round) {
    const ZoneId& zone = child && draw.random().below(3) == 0 ? *child : parent;
    const std::uint32_t kind = draw.random().below(12);
    if (kind == 0 && child) {
      ASSERT_TRUE(world.remove_zone(*std::exchange(child, std::nullopt)));
    } else if (kind == 0) {
      child = world.create("child.example.com.");
    } else if (kind < 4) {
      const auto held = world.sets_of(zone);
      accepted +=
          world.remove(zone, {held[draw.random().below(static_cast<std::uint32_t>(held.size()))]})
              .has_value();
    } else {
      accepted += world.put(zone, draw.sets()).has_value();
    }
    if (draw.random().below(3) == 0) continue;  // several commits go into one generation
    compiling.step();
    Compiling fresh = from_scratch(world.store(), compiling);
    fresh.step();
    ASSERT_EQ(compiling.nodes(), fresh.nodes()) << "round " << round;
    for (const auto& [slot, gate] : fresh.gates)
      ASSERT_EQ(compiling.gates[slot], gate) << "round " << round;
  }
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace waymark::zones
