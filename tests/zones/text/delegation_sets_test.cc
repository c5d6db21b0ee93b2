// SPDX-License-Identifier: Apache-2.0
#include "zones/delegation_sets.h"

#include <gtest/gtest.h>

#include "tests/fakes/memory_snapshot.h"
#include "zones/zone_object.h"

namespace waymark::zones {
namespace {

class DelegationSets : public testing::Test {
 protected:
  DelegationSets() {
    state_.hosted.id = {"Z1"};
    state_.hosted.name = *dns::Name::parse("example.com");
    state_.hosted.version = 7;
    state_.hosted.serial = 41;
    state_.stored_objects[zone_] = R"({"name":"example.com.","comment":"","created":"now"})";
  }

  Decider decider() { return {clock_, random_, "test"}; }
  static DelegationSet a_set(std::string id, std::string reference) {
    return {std::move(id), std::move(reference), {"ns1.example.net.", "ns2.example.net."}};
  }
  void store(const Commit& commit) {
    for (const ObjectChange& object : commit.effects.objects) {
      if (object.after)
        state_.stored_objects[object.key] = *object.after;
      else
        state_.stored_objects.erase(object.key);
    }
  }

  const ObjectKey zone_{ObjectKind::zone, "Z1"};
  ManualClock clock_;
  Random random_{1};
  fakes::MemorySnapshot state_;
};

TEST_F(DelegationSets, AreReadAsTheyWereWritten) {
  const DelegationSet set{
      "N1", "a reference\nof two\tlines", {"ns1.example.net.", "ns2.example.net."}};
  EXPECT_EQ(decode_delegation_set("N1", encode(set)).value(), set);
  EXPECT_EQ(decode_delegation_set("N1", "no line").error().code(), ErrorCode::bad_image);
}

TEST_F(DelegationSets, TakeACallerReferenceOnce) {
  const auto made = resolve_delegation_set_create(state_, a_set("N1", "r"), nullptr, decider());
  ASSERT_TRUE(made) << made.error().detail();
  store(*made);
  const auto again = resolve_delegation_set_create(state_, a_set("N2", "r"), nullptr, decider());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::conflict);
  EXPECT_EQ(again.error().pointer(), "/caller_reference");
}

TEST_F(DelegationSets, GiveANewZoneTheirNameServers) {
  store(*resolve_delegation_set_create(state_, a_set("N1", "r"), nullptr, decider()));
  NewZone wanted{*dns::Name::parse("new.org")};
  wanted.delegation_set = "N1";
  const auto made = resolve_zone_create(state_, wanted, {{"other.example."}, "", false}, decider());
  ASSERT_TRUE(made) << made.error().detail();
  EXPECT_EQ(delegation_set_of(*made->effects.objects[0].after), "N1");
  for (const RecordSet& set : made->effects.added)
    if (set.type == dns::RrType::NS) {
      ASSERT_EQ(set.rdata.size(), 2U);
      EXPECT_EQ(dns::Name::trusted(set.rdata[0]).to_string(), "ns1.example.net.");
    }
  wanted.delegation_set = "N2";
  const auto unknown = resolve_zone_create(state_, wanted, {}, decider());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::not_found);
  EXPECT_EQ(unknown.error().pointer(), "/delegation_set");
}

TEST_F(DelegationSets, StayWhileAZoneHasThem) {
  store(*resolve_delegation_set_create(state_, a_set("N1", "r"), nullptr, decider()));
  state_.stored_objects[zone_] = R"({"name":"example.com.","delegation_set":"N1"})";
  EXPECT_EQ(zones_of_delegation_set(state_, "N1").value(), 1U);
  EXPECT_EQ(resolve_delegation_set_delete(state_, "N1", decider()).error().code(),
            ErrorCode::in_use);
  state_.stored_objects[zone_] = R"({"name":"example.com."})";
  EXPECT_TRUE(resolve_delegation_set_delete(state_, "N1", decider()));
}

TEST_F(DelegationSets, HoldAHundredZones) {
  store(*resolve_delegation_set_create(state_, a_set("N1", "r"), nullptr, decider()));
  for (int i = 0; i < 100; ++i)
    state_.stored_objects[{ObjectKind::zone, "Z" + std::to_string(100 + i)}] =
        R"({"name":"x.","delegation_set":"N1"})";
  EXPECT_EQ(delegation_set_for_zone(state_, "N1").error().code(), ErrorCode::too_large);
}

TEST_F(DelegationSets, AreMadeOfTheServersThatAZoneHas) {
  RecordSet apex;
  apex.owner = state_.hosted.name;
  apex.type = dns::RrType::NS;
  const auto server = dns::Name::parse("a.own.example.");
  apex.rdata.emplace_back(server->wire().begin(), server->wire().end());
  state_.put(apex);
  const ZoneId zone{"Z1"};
  const auto made = resolve_delegation_set_create(state_, {"N1", "r", {}}, &zone, decider());
  ASSERT_TRUE(made) << made.error().detail();
  EXPECT_EQ(std::get<ZoneId>(made->scope), zone);
  store(*made);
  EXPECT_EQ(delegation_set_of(state_.stored_objects[zone_]), "N1");
  EXPECT_EQ(delegation_set(state_, "N1")->name_servers, std::vector<std::string>{"a.own.example."});
  const auto again = resolve_delegation_set_create(state_, {"N2", "s", {}}, &zone, decider());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().pointer(), "/zone");
  const ZoneId none{"Z0"};
  EXPECT_EQ(resolve_delegation_set_create(state_, {"N2", "s", {}}, &none, decider()).error().code(),
            ErrorCode::zone_not_found);
}

TEST(ZoneObjectMembers, AreAddedAndReplacedAndOthersStay) {
  const std::string plain = R"({"name":"x.","comment":"a,}b","caller_reference":"r"})";
  const std::string added = with_member(plain, "accelerated_recovery", "true");
  EXPECT_EQ(added,
            R"({"name":"x.","comment":"a,}b","caller_reference":"r","accelerated_recovery":true})");
  EXPECT_EQ(
      with_member(added, "accelerated_recovery", "false"),
      R"({"name":"x.","comment":"a,}b","caller_reference":"r","accelerated_recovery":false})");
  const std::string both = with_member(added, "delegation_set", "\"N1\"");
  EXPECT_EQ(delegation_set_of(both), "N1");
  EXPECT_EQ(
      with_member(both, "accelerated_recovery", "false"),
      R"({"name":"x.","comment":"a,}b","caller_reference":"r","accelerated_recovery":false,"delegation_set":"N1"})");
}

}  // namespace
}  // namespace waymark::zones
