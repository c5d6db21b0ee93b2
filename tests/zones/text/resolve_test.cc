// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/fakes/memory_snapshot.h"
#include "zones/records/rdata.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

using dns::Name;
using dns::RrType;
using Action = Change::Action;

RecordSet simple(std::string_view owner, RrType type, std::string_view value,
                 std::uint32_t ttl = 60) {
  RecordSet set;
  set.owner = *Name::parse(owner, *Name::parse("example.com"));
  set.type = type;
  set.ttl = ttl;
  set.rdata = {*parse_rdata(type, value, *Name::parse("example.com"))};
  return set;
}
RecordSet routed(std::string_view owner, std::string id, Routing routing, std::uint32_t ttl = 60) {
  RecordSet set = simple(owner, RrType::A, "192.0.2.1", ttl);
  set.set_id = std::move(id);
  set.routing = std::move(routing);
  return set;
}
RecordSet alias(std::string_view owner, std::string_view target) {
  RecordSet set = simple(owner, RrType::A, "192.0.2.1");
  set.rdata.clear();
  set.ttl = 0;
  set.alias = Alias{*Name::parse(target, *Name::parse("example.com")), false};
  return set;
}

class Resolve : public testing::Test {
 protected:
  Resolve() {
    state_.hosted.id = {"Z1"};
    state_.hosted.name = *Name::parse("example.com");
    state_.hosted.version = 7;
    state_.put(simple("@", RrType::SOA, "ns1 hostmaster 41 7200 900 1209600 86400", 900));
    state_.put(simple("@", RrType::NS, "ns1"));
  }
  Result<Commit> resolved(std::vector<Change> changes) {
    return resolve(state_, {{"Z1"}, "", std::nullopt, std::move(changes)},
                   {clock_, random_, "test"});
  }
  /// "code pointer" of every fault.
  std::vector<std::string> faults(std::vector<Change> changes) {
    const auto commit = resolved(std::move(changes));
    if (commit) return {};
    const Error error = commit.error();
    std::vector<std::string> told;
    for (const Error& cause : error.causes())
      told.push_back(std::string(to_string(cause.code())) + " " + cause.pointer());
    if (told.empty()) told.push_back(std::string(to_string(error.code())) + " " + error.pointer());
    return told;
  }
  using Told = std::vector<std::string>;

  fakes::MemorySnapshot state_;
  ManualClock clock_;
  Random random_{1};
};

TEST_F(Resolve, RaisesTheSerialByOne) {
  const auto commit = resolved({{Action::create, simple("www", RrType::A, "192.0.2.1")}});
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->soa_serial, 42U);
  EXPECT_EQ(commit->base, 7U);
  EXPECT_EQ(commit->version, 8U);
  ASSERT_EQ(commit->effects.added.size(), 2U);
  EXPECT_EQ(soa_serial(commit->effects.added[0].rdata[0]), 42U);
  EXPECT_EQ(commit->effects.removed.size(), 1U);
}

TEST_F(Resolve, ABatchThatSetsTheSoaWins) {
  const auto commit =
      resolved({{Action::upsert,
                 simple("@", RrType::SOA, "ns1 hostmaster 100 7200 900 1209600 86400", 900)}});
  ASSERT_TRUE(commit);
  EXPECT_EQ(commit->soa_serial, 100U);
}

TEST_F(Resolve, AnUpsertOfTheSameChangesNothingButTheVersion) {
  state_.put(simple("www", RrType::A, "192.0.2.1"));
  const auto commit = resolved({{Action::upsert, simple("www", RrType::A, "192.0.2.1")}});
  ASSERT_TRUE(commit);
  EXPECT_TRUE(commit->effects.added.empty());
  EXPECT_EQ(commit->soa_serial, 41U);
  EXPECT_EQ(commit->version, 8U);
}

TEST_F(Resolve, JudgesTheRestOfABatchThatCouldNotBeReadWhole) {
  ChangeBatch batch{{"Z1"}, "", std::nullopt, {}};
  batch.faults.emplace_back(ErrorCode::bad_rdata, "unread", "/changes/0/record/values/0");
  batch.changes.push_back({Action::create, simple("www", RrType::A, "192.0.2.1"), false});
  batch.changes.push_back({Action::remove, simple("gone", RrType::A, "192.0.2.1")});

  const auto commit = resolve(state_, batch, {clock_, random_, "test"});

  ASSERT_FALSE(commit);
  const Error all = commit.error();
  ASSERT_EQ(all.causes().size(), 2U);
  EXPECT_EQ(all.causes()[0].code(), ErrorCode::bad_rdata);
  EXPECT_EQ(all.causes()[1].code(), ErrorCode::record_not_found);
}

TEST_F(Resolve, ARecordSetMustFitAMessage) {  // RFC 1035 §4.2.2
  RecordSet set = simple("big", RrType::TXT, "\"x\"");
  Bytes rdata;
  for (int i = 0; i < 255; ++i) {
    rdata.push_back(255);
    rdata.insert(rdata.end(), 255, 'x');
  }
  set.rdata = {rdata};  // 65,280 octets
  EXPECT_TRUE(resolved({{Action::create, set}}));
  set.rdata.push_back(Bytes{1, 'y'});
  set.rdata.push_back(Bytes(200, 'y'));
  set.rdata.back()[0] = 199;
  EXPECT_EQ(faults({{Action::create, set}}), (Told{"too_large /changes/0/record/values"}));
}

TEST_F(Resolve, AChainOfAliasesHasAnEnd) {
  state_.put(simple("a0", RrType::A, "192.0.2.1"));
  for (int i = 1; i <= 32; ++i)
    state_.put(alias("a" + std::to_string(i), "a" + std::to_string(i - 1)));

  EXPECT_EQ(faults({{Action::create, alias("a33", "a32")}}),
            (Told{"alias_loop /changes/0/record/alias/name"}));
  state_.put(simple("b0", RrType::A, "192.0.2.1"));
  // The last of 32 becomes an alias itself: the chain into it is too long then.
  EXPECT_EQ(faults({{Action::remove, simple("a0", RrType::A, "192.0.2.1")},
                    {Action::create, alias("a0", "b0")}}),
            (Told{"alias_loop /changes/1/record/alias/name"}));
}

TEST_F(Resolve, DeleteAndCreateMayComeInAnyOrder) {
  state_.put(simple("www", RrType::A, "192.0.2.1"));
  const Change out{Action::remove, simple("www", RrType::A, "192.0.2.1")};
  const Change in{Action::create, simple("www", RrType::CNAME, "x")};
  EXPECT_TRUE(resolved({out, in}));
  EXPECT_TRUE(resolved({in, out}));
  EXPECT_TRUE(resolved({{Action::create, simple("www", RrType::A, "192.0.2.2")}, out}));
  EXPECT_EQ(faults({in}), (Told{"cname_conflict /changes/0/record/type"}));
}

TEST_F(Resolve, TellsMissingFromMismatching) {
  state_.put(simple("www", RrType::A, "192.0.2.1"));
  EXPECT_EQ(faults({{Action::remove, simple("www", RrType::A, "192.0.2.9")},
                    {Action::remove, simple("no", RrType::A, "192.0.2.1")},
                    {Action::create, simple("www", RrType::AAAA, "::1")}}),
            (Told{"values_mismatch /changes/0/record", "record_not_found /changes/1/record/name"}));
  EXPECT_EQ(faults({{Action::create, simple("www", RrType::A, "192.0.2.2")}}),
            (Told{"record_exists /changes/0/record/name"}));
}

TEST_F(Resolve, TheApexKeepsItsSoaAndNs) {
  EXPECT_EQ(faults({{Action::remove, simple("@", RrType::NS, "ns1")}}),
            (Told{"apex_required /changes/0/record/type"}));
  EXPECT_EQ(faults({{Action::upsert, simple("www", RrType::SOA, "a. b. 1 2 3 4 5")}}),
            (Told{"bad_type /changes/0/record/type"}));
  EXPECT_FALSE(resolved({{Action::create, simple("@", RrType::CNAME, "x")}}));
}

TEST_F(Resolve, ADnameIsOneRecordForEveryClientAndNoCnameStandsBesideIt) {  // RFC 6672 §2.4
  RecordSet two = simple("d", RrType::DNAME, "a.");
  two.rdata.push_back(*parse_rdata(RrType::DNAME, "b.", Name()));
  RecordSet chosen = routed("d", "one", Weighted{1});
  chosen.type = RrType::DNAME;
  chosen.rdata = {*parse_rdata(RrType::DNAME, "a.", Name())};
  RecordSet aliased = alias("d", "www");
  aliased.type = RrType::DNAME;
  EXPECT_TRUE(resolved({{Action::create, simple("d", RrType::DNAME, "a.")},
                        {Action::create, simple("@", RrType::DNAME, "b.")},
                        {Action::create, simple("x.d", RrType::A, "192.0.2.1")}}));
  EXPECT_EQ(faults({{Action::create, two}}), Told{"bad_value /changes/0/record/values"});
  EXPECT_EQ(faults({{Action::create, chosen}}), Told{"policy_conflict /changes/0/record/routing"});
  EXPECT_FALSE(resolved({{Action::create, aliased}}));
  EXPECT_EQ(
      faults({{Action::create, simple("d", RrType::DNAME, "a.")},
              {Action::create, simple("d", RrType::CNAME, "b.")}}),
      (Told{"cname_conflict /changes/1/record/type", "cname_conflict /changes/0/record/type"}));
}

TEST_F(Resolve, GroupsKeepOnePolicyUniquePlacesAndOneTtl) {
  EXPECT_TRUE(resolved({{Action::create, routed("w", "a", Weighted{1})},
                        {Action::create, routed("w", "b", Weighted{255})}}));
  EXPECT_EQ(faults({{Action::create, routed("w", "a", Weighted{1})},
                    {Action::create, routed("w", "b", Weighted{2}, 61)}}),
            (Told{"bad_ttl /changes/1/record/ttl"}));
  EXPECT_EQ(faults({{Action::create, routed("w", "a", Weighted{1})},
                    {Action::create, routed("w", "b", Latency{"eu-west-1"})}}),
            (Told{"policy_conflict /changes/1/record/routing"}));
  EXPECT_EQ(faults({{Action::create, routed("w", "a", Latency{"eu-west-1"})},
                    {Action::create, routed("w", "b", Latency{"eu-west-1"})}}),
            (Told{"policy_conflict /changes/1/record/routing/region"}));
  EXPECT_EQ(faults({{Action::create, routed("w", "", Weighted{65535})}}),
            (Told{"missing_field /changes/0/record/set_id"}));
  EXPECT_EQ(faults({{Action::create, routed("w", "a", Failover{})}}),
            (Told{"policy_conflict /changes/0/record/health_check_id"}));
}

/// Two sets of one policy at one name.
using Pair = std::pair<Routing, Routing>;

TEST_F(Resolve, Behaviour4_4_6_PlacesAreUniqueInAGroup) {
  state_.stored_objects[{ObjectKind::cidr_collection, "c1"}] =
      "name\toffices\nlocation\thq\nlocation\tgone\nblock\t0\t10.0.0.0/8\n";
  const auto together = [this](const Pair& pair) {
    RecordSet first = routed("w", "a", pair.first), second = routed("w", "b", pair.second);
    first.health_check_id = "h";
    state_.stored_objects[{ObjectKind::health_check, "h"}] = "{}";
    return faults({{Action::create, first}, {Action::create, second}});
  };
  const Failover secondary{Failover::Role::secondary, 0}, third{Failover::Role::secondary, 2};
  for (const Pair& good : {Pair{Geolocation{"EU", "", ""}, Geolocation{"", "DE", ""}},
                           Pair{Geolocation{"", "*", ""}, Geolocation{"", "US", "CA"}},
                           Pair{Geoproximity{"", 1, 2, 0}, Geoproximity{"eu-west-1", 0, 0, 9}},
                           Pair{Cidr{"c1", "hq"}, Cidr{"c1", "*"}}, Pair{secondary, third},
                           Pair{Failover{}, third}, Pair{Multivalue{}, Multivalue{}}})
    EXPECT_EQ(together(good), Told{}) << policy_name(good.first);
  for (const Pair& twice : {Pair{Geolocation{"EU", "", ""}, Geolocation{"EU", "", ""}},
                            Pair{Geoproximity{"", 1, 2, 0}, Geoproximity{"", 1, 2, 5}}})
    EXPECT_EQ(together(twice), (Told{"policy_conflict /changes/1/record/routing"}));
  EXPECT_EQ(together({Cidr{"c1", "hq"}, Cidr{"c1", "hq"}}),
            (Told{"policy_conflict /changes/1/record/routing/location"}));
  EXPECT_EQ(together({third, third}), (Told{"policy_conflict /changes/1/record/routing/tier"}));
  EXPECT_EQ(together({secondary, secondary}),
            (Told{"policy_conflict /changes/1/record/routing/role"}));
  EXPECT_EQ(together({Multivalue{}, Geolocation{"EU", "", ""}}),
            (Told{"policy_conflict /changes/1/record/routing"}));
}

TEST_F(Resolve, Behaviour8_EachPolicyRefusesWhatItCanNotMean) {
  const auto alone = [this](const Routing& routing) {
    return faults({{Action::create, routed("w", "a", routing)}});
  };
  const Told routing{"bad_value /changes/0/record/routing"};
  for (const Geolocation& place :
       {Geolocation{"XX", "", ""}, Geolocation{"", "ZZ", ""}, Geolocation{"EU", "DE", ""},
        Geolocation{"", "", "CA"}, Geolocation{"", "", ""}, Geolocation{"", "US", "CALI"},
        Geolocation{"", "*", "CA"}})
    EXPECT_EQ(alone(place), routing) << place.continent << place.country << place.subdivision;
  EXPECT_EQ(alone(Geoproximity{"", 90.5, 0, 0}), routing);
  EXPECT_EQ(alone(Geoproximity{"eu-west-1", 0, 0, 100}),
            (Told{"bad_value /changes/0/record/routing/bias"}));
  EXPECT_EQ(alone(Geoproximity{"moon-1", 0, 0, 0}),
            (Told{"bad_value /changes/0/record/routing/region"}));
  EXPECT_EQ(alone(Cidr{"none", "hq"}), (Told{"bad_value /changes/0/record/routing/collection_id"}));
  EXPECT_EQ(alone(Cidr{"none", "not a name"}),
            (Told{"bad_value /changes/0/record/routing/location",
                  "bad_value /changes/0/record/routing/collection_id"}));
  state_.stored_objects[{ObjectKind::cidr_collection, "c1"}] =
      "name\toffices\nlocation\thq\nlocation\tgone\nblock\t0\t10.0.0.0/8\n";
  EXPECT_EQ(alone(Cidr{"c1", "gone"}), (Told{"bad_value /changes/0/record/routing/location"}));
  RecordSet aliased = alias("m", "@");
  aliased.set_id = "a";
  aliased.routing = Multivalue{};
  EXPECT_NE(faults({{Action::create, aliased}}), Told{});
}

TEST_F(Resolve, ReferencesMustExist) {
  RecordSet checked = routed("w", "a", Weighted{1});
  checked.health_check_id = "h1";
  EXPECT_EQ(faults({{Action::create, checked}}),
            (Told{"health_check_missing /changes/0/record/health_check_id"}));
  state_.stored_objects[{ObjectKind::health_check, "h1"}] = "{}";
  EXPECT_TRUE(resolved({{Action::create, checked}}));

  const Change place{Action::create, routed("l", "a", Latency{"moon-1"})};
  EXPECT_EQ(faults({place}), (Told{"bad_value /changes/0/record/routing/region"}));
  state_.stored_objects[{ObjectKind::latency, "regions"}] = "mars-1\nmoon-1";
  EXPECT_TRUE(resolved({place}));
}

TEST_F(Resolve, AliasesNeedATargetAndNoLoop) {
  EXPECT_EQ(faults({{Action::create, alias("a", "b")}}),
            (Told{"alias_target_missing /changes/0/record/alias/name"}));
  EXPECT_FALSE(resolved({{Action::create, alias("a", "a")}}));
  EXPECT_EQ(
      faults({{Action::create, alias("a", "b")}, {Action::create, alias("b", "a")}}),
      (Told{"alias_loop /changes/0/record/alias/name", "alias_loop /changes/1/record/alias/name"}));
  EXPECT_TRUE(resolved(
      {{Action::create, alias("a", "b")}, {Action::create, simple("b", RrType::A, "192.0.2.1")}}));
}

RecordSet external(std::string_view owner, std::string_view target) {
  RecordSet set = alias(owner, target);
  set.alias->external = true;
  return set;
}

TEST_F(Resolve, AnExternalAliasLeadsOutOfTheHostedZones) {
  EXPECT_TRUE(resolved({{Action::create, external("@", "lb.example.net.")}}));
  EXPECT_EQ(faults({{Action::create, external("a", "b")}}),
            (Told{"bad_value /changes/0/record/alias/external"}));
  EXPECT_EQ(faults({{Action::create, external("a", "*.example.net.")}}),
            (Told{"bad_name /changes/0/record/alias/external"}));
  RecordSet mail = external("a", "lb.example.net.");
  mail.type = RrType::MX;
  EXPECT_EQ(faults({{Action::create, mail}}), (Told{"bad_type /changes/0/record/type"}));
}

TEST_F(Resolve, AnExternalAliasMayLeadBelowADelegation) {
  state_.put(simple("sub", RrType::NS, "ns.example.net."));
  EXPECT_TRUE(resolved({{Action::create, external("a", "lb.sub")}}));
}

TEST_F(Resolve, AnExternalAliasIsJudgedAsTheBatchLeavesTheZone) {
  const RecordSet cut = simple("sub", RrType::NS, "ns.example.net.");
  EXPECT_TRUE(resolved({{Action::create, external("a", "lb.sub")}, {Action::create, cut}}));
  state_.put(cut);
  EXPECT_EQ(faults({{Action::create, external("a", "lb.sub")}, {Action::remove, cut}}),
            (Told{"bad_value /changes/0/record/alias/external"}));
}

TEST_F(Resolve, ThereIsAMostOfExternalTargets) {
  for (int i = 0; i < 10'000; ++i)
    state_.put(external("n" + std::to_string(i), "t" + std::to_string(i) + ".example.net."));
  EXPECT_TRUE(resolved({{Action::create, external("a", "t7.example.net.")}}));
  EXPECT_EQ(faults({{Action::create, external("a", "more.example.net.")}}),
            (Told{"too_large /changes/0/record/alias/external"}));
}

TEST_F(Resolve, ATargetGoesOnlyWithItsAliases) {
  state_.put(simple("b", RrType::A, "192.0.2.1"));
  state_.put(alias("a", "b"));
  const Change target{Action::remove, simple("b", RrType::A, "192.0.2.1")};
  EXPECT_EQ(faults({target}), (Told{"alias_target_missing /changes/0/record/name"}));
  EXPECT_TRUE(resolved({target, {Action::remove, alias("a", "b")}}));
}

TEST_F(Resolve, AnotherVersionIsRefused) {
  const auto commit =
      resolve(state_, {{"Z1"}, "", 6, {{Action::create, simple("w", RrType::A, "192.0.2.1")}}},
              {clock_, random_, ""});
  ASSERT_FALSE(commit);
  EXPECT_EQ(commit.error().code(), ErrorCode::version_mismatch);
}

TEST_F(Resolve, ANewZoneHasSoaNsAndItsObject) {
  const Decider decider{clock_, random_, ""};
  const auto commit =
      resolve_zone_create(state_, {*Name::parse("new.org"), "say \"hi\""}, {}, decider);
  ASSERT_TRUE(commit);
  ASSERT_EQ(commit->effects.added.size(), 2U);
  EXPECT_EQ(rdata_to_string(RrType::SOA, commit->effects.added[1].rdata[0]),
            "ns1.new.org. hostmaster.new.org. 1 7200 900 1209600 86400");
  EXPECT_EQ(commit->effects.objects[0].after->substr(0, 41),
            "{\"name\":\"new.org.\",\"comment\":\"say \\\"hi\\\"\"");
  EXPECT_EQ(resolve_zone_create(state_, {*Name::parse("example.com")}, {}, decider).error().code(),
            ErrorCode::zone_exists);
  EXPECT_FALSE(resolve_zone_create(state_, {*Name::parse("*.org")}, {}, decider));
}

TEST_F(Resolve, AZoneWithRecordsIsDeletedByForceOnly) {
  const Decider decider{clock_, random_, ""};
  EXPECT_TRUE(resolve_zone_delete(state_, {"Z1"}, false, decider));
  state_.put(simple("www", RrType::A, "192.0.2.1"));
  EXPECT_EQ(resolve_zone_delete(state_, {"Z1"}, false, decider).error().code(),
            ErrorCode::zone_not_empty);
  EXPECT_EQ(resolve_zone_delete(state_, {"Z1"}, true, decider)->effects.removed.size(), 3U);
}

}  // namespace
}  // namespace waymark::zones
