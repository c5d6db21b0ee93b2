// SPDX-License-Identifier: Apache-2.0
//
// What is found out about the world outside → the image: external aliases and learned latencies.
#include <algorithm>

#include <gtest/gtest.h>

#include "dns/answer_additional.h"
#include "tests/zones/compile/world.h"

namespace waymark::zones {
namespace {

using dns::layout::EntryKind;
using dns::layout::TargetKind;
using policy::LearnedLatency;

RecordSet external(std::string_view owner, std::string_view target = "lb.example.net.",
                   bool evaluate = false) {
  RecordSet set = alias(owner, target, evaluate);
  set.alias->external = true;
  return set;
}
ExternalTarget target_of(std::string_view text = "lb.example.net.") {
  return {name(text), RrType::A};
}
ExternalAnswer answer(std::vector<const char*> addresses, std::uint32_t ttl = 60) {
  ExternalAnswer out;
  for (const char* address : addresses)
    out.addresses.push_back(IpAddress::parse(address).value());
  out.ttl = ttl;
  return out;
}

class ExternalAliasTest : public testing::Test {
 protected:
  void SetUp() override { zone = world.create("example.com."); }

  static const dns::layout::Entry* entry(const Compiling& compiling, std::string_view owner) {
    const dns::NodeView node = compiling.find(owner);
    return node ? node.find(RrType::A) : nullptr;
  }
  /// "TTL address address …", or what stands in their place.
  static std::string told(const Compiling& compiling, std::string_view owner) {
    const dns::layout::Entry* at = entry(compiling, owner);
    if (at == nullptr) return "nothing";
    const Octet* payload = compiling.find(owner).at(at->offset);
    if (at->kind == EntryKind::records) return text_of(dns::records_at(payload));
    dns::layout::Target target;
    std::memcpy(&target, payload + sizeof(dns::layout::TargetsHeader), sizeof target);
    if (target.kind == TargetKind::records)
      return text_of(dns::records_at(payload + target.offset));
    if (target.kind == TargetKind::go_on) return "goes on";
    return target.unresolved != 0 ? "unresolved" : "no data";
  }
  static std::string text_of(const dns::WireRRs& rrs) {
    std::string text = std::to_string(load32(rrs.first + 6));
    for (std::size_t i = 0; i < rrs.records; ++i)
      text += " " + IpAddress::v4(load32(rrs.first + i * 16 + 12)).to_string();
    return text;
  }

  World world;
  ZoneId zone;
};

TEST_F(ExternalAliasTest, IsUnresolvedUntilAnAnswerAndThenAsItsTargetIs) {
  ASSERT_TRUE(world.put(zone, {external("example.com.")}));
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_EQ(told(compiling, "example.com."), "unresolved");

  compiling.compiler.external_changed({{target_of(), answer({"192.0.2.1", "192.0.2.2"}, 77)}});
  ASSERT_TRUE(compiling.step());
  EXPECT_EQ(told(compiling, "example.com."), "77 192.0.2.1 192.0.2.2");
  EXPECT_EQ(entry(compiling, "example.com.")->kind, EntryKind::records);  // as dear as any other

  compiling.compiler.external_changed({{target_of(), answer({})}});
  ASSERT_TRUE(compiling.step());
  EXPECT_EQ(told(compiling, "example.com."), "no data");
}

TEST_F(ExternalAliasTest, AChangedAnswerTouchesOnlyTheNamesThatLeadThere) {
  ASSERT_TRUE(
      world.put(zone, {external("a.example.com."), external("b.example.com."),
                       external("c.example.com.", "other.example.net."), a("d.example.com.")}));
  Compiling compiling(world.store());
  compiling.step();
  compiling.compiler.external_changed({{target_of(), answer({"192.0.2.1"})}});
  ASSERT_TRUE(compiling.step());
  ASSERT_EQ(compiling.sent.size(), 1U);  // the small tier alone
  std::set<std::string> names;
  compiling.image.names().for_each(
      0, [&](dns::NodeView node) { names.insert(dns::Name::trusted(node.name()).to_string()); });
  EXPECT_TRUE(names.contains("a.example.com.") && names.contains("b.example.com."));
  EXPECT_FALSE(names.contains("c.example.com.") || names.contains("d.example.com."));
  EXPECT_EQ(compiling.nodes(), [&] {
    Compiling anew = from_scratch(world.store(), compiling);
    anew.compiler.external_changed({{target_of(), answer({"192.0.2.1"})}});
    anew.step();
    return anew.nodes();
  }());
}

TEST_F(ExternalAliasTest, AnAnswerThatNobodyWantsIsNoNewGeneration) {
  ASSERT_TRUE(world.put(zone, {external("a.example.com.")}));
  Compiling compiling(world.store());
  compiling.step();
  compiling.compiler.external_changed({{target_of("other.example.net."), answer({"192.0.2.1"})}});
  EXPECT_FALSE(compiling.step());
}

TEST_F(ExternalAliasTest, TellsAllWhoWantWhatAtTheStartAndThenTheDifferences) {
  ASSERT_TRUE(world.put(zone, {external("z.example.com.")}));
  Compiling compiling(world.store());
  const auto wanted = [&](std::string_view owner) {
    return ExternalAlias{target_of(), name(owner), false, 0, zone.text};
  };
  auto next = compiling.compiler.compile();
  ASSERT_TRUE(next && next->external.all);
  EXPECT_EQ(*next->external.all, std::vector{wanted("z.example.com.")});
  compiling.compiler.abandoned();
  compiling.step();

  ASSERT_TRUE(world.put(zone, {external("a.example.com."), a("b.example.com.")}));
  compiling.step();
  EXPECT_FALSE(compiling.told.all);
  ASSERT_EQ(compiling.told.steps.size(), 1U);
  EXPECT_TRUE(compiling.told.steps[0].came);
  EXPECT_EQ(compiling.told.steps[0].alias, wanted("a.example.com."));

  ASSERT_TRUE(world.put(zone, {a("c.example.com.")}));
  compiling.step();
  EXPECT_TRUE(compiling.told.empty());

  ASSERT_TRUE(world.remove(zone, {external("a.example.com.")}));
  compiling.step();
  ASSERT_EQ(compiling.told.steps.size(), 1U);
  EXPECT_FALSE(compiling.told.steps[0].came);

  ASSERT_TRUE(world.replace(zone, world.sets_of(zone)));
  compiling.step();
  ASSERT_TRUE(compiling.told.all);
  EXPECT_EQ(*compiling.told.all, std::vector{wanted("z.example.com.")});
}

TEST_F(ExternalAliasTest, AChangeForMoreNamesThanOneGenerationTakesIsNoFullCompile) {
  std::vector<RecordSet> many;
  for (int i = 0; i < 5'000; ++i)
    many.push_back(external("n" + std::to_string(i) + ".example.com."));
  ASSERT_TRUE(world.put(zone, many));
  Compiling compiling(world.store());
  compiling.step();
  compiling.compiler.external_changed({{target_of(), answer({"192.0.2.1"})}});
  for (const std::size_t left : {2'952U, 904U, 0U}) {
    ASSERT_TRUE(compiling.step());
    EXPECT_EQ(compiling.more_waits, left != 0);
    std::size_t unresolved = 0;
    for (const RecordSet& set : many)
      unresolved += told(compiling, set.owner.to_string()) == "unresolved" ? 1U : 0U;
    EXPECT_EQ(unresolved, left);
    EXPECT_EQ(compiling.sent.size(), 1U);  // the small tier alone
  }
  EXPECT_FALSE(compiling.step());
}

TEST_F(ExternalAliasTest, AStartTouchesOnlyWhatTheImageHasOtherwise) {
  ASSERT_TRUE(world.put(
      zone, {external("a.example.com."), external("b.example.com.", "other.example.net.")}));
  Compiling before(world.store());
  before.step();
  OutsideKnown known;
  known.external[target_of()] = answer({"192.0.2.1"});
  known.external[target_of("other.example.net.")] = answer({"192.0.2.9", "192.0.2.8"});
  std::sort(known.external[target_of("other.example.net.")].addresses.begin(),
            known.external[target_of("other.example.net.")].addresses.end());
  for (const auto& [target, one] : known.external)
    before.compiler.external_changed({{target, one}});
  before.step();
  known.external[target_of()] = answer({"192.0.2.2"});

  Compiling after(world.store(), before.image, known);
  ASSERT_TRUE(after.step());
  std::set<std::string> differ;
  const auto was = before.nodes();
  for (const auto& [key, block] : after.nodes())
    if (was.at(key) != block) differ.insert(key.name.to_string());
  EXPECT_EQ(differ, std::set<std::string>{"a.example.com."});
  Compiling again(world.store(), after.image, known);
  again.step();
  EXPECT_TRUE(std::none_of(again.sent.begin(), again.sent.end(), [](const dns::PartId& part) {
    return part.kind == dns::layout::PartKind::names;
  }));
}

TEST_F(ExternalAliasTest, WhatNobodyKeptGoesOnAsTheImageHasItThoughItsNameIsTouched) {
  const RecordSet member =
      routed(external("www.example.com.", "lb.example.net.", true), "b", Weighted{1});
  ASSERT_TRUE(world.put(zone, {external("a.example.com."), member,
                               routed(a("www.example.com.", "198.51.100.1"), "a", Weighted{1})}));
  ASSERT_TRUE(world.put(zone, {external("none.example.com.", "none.example.net.")}));
  Compiling before(world.store());
  before.step();
  before.compiler.external_changed({{target_of(), answer({"192.0.2.1", "192.0.2.3"}, 77)},
                                    {target_of("none.example.net."), answer({})}});
  before.step();

  Compiling after(world.store(), before.image);
  ASSERT_TRUE(after.step());
  EXPECT_EQ(after.told.from_image.size(), 2U);
  EXPECT_EQ(after.told.from_image.at(target_of()).addresses,
            answer({"192.0.2.1", "192.0.2.3"}).addresses);
  ASSERT_TRUE(world.put(zone, {a("a.example.com.", "192.0.2.77"), external("c.example.com."),
                               external("d.example.com.", "none.example.net.")}));
  ASSERT_TRUE(after.step());
  EXPECT_EQ(told(after, "c.example.com."), "77 192.0.2.1 192.0.2.3");
  EXPECT_EQ(told(after, "d.example.com."), "no data");
}

TEST_F(ExternalAliasTest, ItsSlotIsGivenBackWithTheLastThatNeedsIt) {
  ASSERT_TRUE(world.object(ObjectKind::health_check, "c1", "{\"version\":1}"));
  RecordSet member = routed(external("www.example.com.", "lb.example.net.", true), "lb",
                            Failover{Failover::Role::primary});
  member.health_check_id = "c1";  // both make a slot of their own
  const RecordSet spare =
      routed(a("www.example.com.", "198.51.100.1"), "spare", Failover{Failover::Role::secondary});
  ASSERT_TRUE(world.put(zone, {member, spare}));
  Compiling compiling(world.store());
  compiling.step();
  const auto keys = [&] {
    std::set<std::string> found;
    for (const dns::SlotSpec& spec : compiling.image.slots())
      found.insert(spec.key.substr(0, spec.key.find('/')));
    return found;
  };
  EXPECT_EQ(keys(), (std::set<std::string>{"all", "check", "external"}));
  ASSERT_TRUE(world.remove(zone, {member, spare}));
  compiling.step();
  EXPECT_EQ(keys(), (std::set<std::string>{"check"}));
}

TEST_F(ExternalAliasTest, ARestartGoesOnFromWhatIsKeptAndFromTheImageForTheRest) {
  ASSERT_TRUE(world.put(
      zone, {external("a.example.com."), external("b.example.com.", "other.example.net.")}));
  Compiling before(world.store());
  before.step();
  before.compiler.external_changed({{target_of(), answer({"192.0.2.1"})},
                                    {target_of("other.example.net."), answer({"192.0.2.9"})}});
  before.step();

  OutsideKnown known;
  known.external[target_of()] = answer({"192.0.2.2"});  // newer than the image
  Compiling after(world.store(), before.image, known);
  after.step();
  EXPECT_EQ(told(after, "a.example.com."), "60 192.0.2.2");
  EXPECT_EQ(told(after, "b.example.com."), "60 192.0.2.9");
}

TEST_F(ExternalAliasTest, AMemberIsHealthyWhileTheLastAnswerHasAddresses) {
  ASSERT_TRUE(world.object(ObjectKind::health_check, "c1", "{\"version\":1}"));
  ASSERT_TRUE(world.put(zone, {routed(external("www.example.com.", "lb.example.net.", true), "lb",
                                      Failover{Failover::Role::primary}),
                               routed(a("www.example.com.", "198.51.100.1"), "spare",
                                      Failover{Failover::Role::secondary})}));
  Compiling compiling(world.store());
  compiling.step();
  const auto never = [&] {
    return std::count_if(compiling.gates.begin(), compiling.gates.end(),
                         [](const auto& one) { return one.second.needed > one.second.of.size(); });
  };
  EXPECT_EQ(never(), 1);
  compiling.compiler.external_changed({{target_of(), answer({"192.0.2.1"})}});
  compiling.step();
  EXPECT_EQ(never(), 0);
  compiling.compiler.external_changed({{target_of(), answer({})}});
  compiling.step();
  EXPECT_EQ(never(), 1);

  OutsideKnown known;
  known.external[target_of()] = answer({"192.0.2.1"});
  Compiling after(world.store(), compiling.image, known);
  after.step();
  ASSERT_EQ(after.gates.size(), 1U);
  EXPECT_EQ(after.gates.begin()->second.needed, 1U);
  EXPECT_EQ(after.gates.begin()->first, compiling.gates.begin()->first);  // the same slot
}

/// One client's milliseconds to eu-west-1 and us-east-1, whether each is learned, and the scope.
std::string measured(const Compiling& compiling, const char* client) {
  const policy::LatencyTable& table = compiling.image.tables().latency;
  const IpAddress address = IpAddress::parse(client).value();
  const policy::RegionList regions;
  std::string text;
  for (const char* region : {"eu-west-1", "us-east-1"}) {
    const std::uint16_t number = regions.number(region).value();
    const std::uint16_t figure = table.find(address).at(number);
    text += figure == policy::no_measurement ? "-" : std::to_string(figure);
    text += table.learned(address, number) ? "L " : " ";
  }
  return text + "/" + std::to_string(table.find(address).scope);
}
LearnedLatency learned(const char* prefix, const char* region, std::uint16_t milliseconds) {
  return {IpPrefix::parse(prefix).value(), region, milliseconds};
}

TEST_F(ExternalAliasTest, TheOperatorsFigureComesBeforeWhatIsLearned) {
  ASSERT_TRUE(world.object(ObjectKind::latency, "table",
                           "10.0.0.0/8\teu-west-1\t5\n10.1.2.0/24\tus-east-1\t7\n"));
  Compiling compiling(world.store());
  compiling.step();
  compiling.compiler.latency_learned(
      {learned("10.1.0.0/16", "eu-west-1", 50), learned("10.1.0.0/16", "us-east-1", 60),
       learned("10.1.2.128/25", "eu-west-1", 70), learned("192.0.2.0/24", "us-east-1", 80)});
  ASSERT_TRUE(compiling.step());

  EXPECT_EQ(measured(compiling, "10.2.0.1"), "5 - /15");      // the operator's /8 alone
  EXPECT_EQ(measured(compiling, "10.1.3.1"), "5 60L /24");    // the /8 comes before the /16
  EXPECT_EQ(measured(compiling, "10.1.2.1"), "50L 7 /25");    // that /24 says nothing of eu-west-1
  EXPECT_EQ(measured(compiling, "10.1.2.200"), "70L 7 /25");  // the longest learned prefix
  EXPECT_EQ(measured(compiling, "192.0.2.1"), "- 80L /24");
  compiling.compiler.latency_learned({});
  ASSERT_TRUE(compiling.step());
  EXPECT_EQ(measured(compiling, "10.1.3.1"), "5 - /24");
}

TEST_F(ExternalAliasTest, WhatWasLearnedOutlivesARestart) {
  OutsideKnown known;
  known.learned = {learned("192.0.2.0/24", "us-east-1", 80)};
  Compiling compiling(world.store(), {}, known);
  compiling.step();
  EXPECT_EQ(measured(compiling, "192.0.2.1"), "- 80L /24");
  Compiling after(world.store(), compiling.image, known);
  after.step();
  EXPECT_EQ(measured(after, "192.0.2.1"), "- 80L /24");
}

}  // namespace
}  // namespace waymark::zones
