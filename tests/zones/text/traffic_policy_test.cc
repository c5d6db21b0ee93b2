// SPDX-License-Identifier: Apache-2.0
#include "zones/traffic_policy.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/fakes/memory_snapshot.h"
#include "zones/records/rdata.h"

namespace waymark::zones {
namespace {

using dns::Name;
using dns::RrType;
using Branch = TrafficDocument::Branch;

Name named(std::string_view text) {
  return *Name::parse(text);
}
RecordSet simple(std::string_view owner, RrType type, std::string_view value) {
  RecordSet set;
  set.owner = named(owner);
  set.type = type;
  set.ttl = 60;
  set.rdata = {*parse_rdata(type, value, Name())};
  return set;
}
Branch endpoint(std::string id, Routing routing, std::string check = {}) {
  return {false, std::move(id), true, std::move(check), std::move(routing), ""};
}
Branch rule(std::string id, Routing routing, bool evaluates = true) {
  return {true, std::move(id), evaluates, "", std::move(routing), ""};
}

/// Failover over weighted; or one endpoint.
TrafficDocument nested() {
  TrafficDocument document;
  document.type = RrType::A;
  document.starts_with_rule = true;
  document.start = "top";
  document.endpoints = {{"a", "", {192, 0, 2, 1}}, {"b", "", {192, 0, 2, 2}}};
  document.rules = {
      {"pool", "", {endpoint("a", Weighted{1}, "c1"), endpoint("a", Weighted{2})}},
      {"top",
       "",
       {rule("pool", Failover{}), endpoint("b", Failover{Failover::Role::secondary, 0})}}};
  return document;
}
TrafficDocument single(RrType type = RrType::A) {
  TrafficDocument document;
  document.type = type;
  document.start = "a";
  document.endpoints = {{"a", "", {192, 0, 2, 7}}};
  return document;
}

class TrafficPolicies : public testing::Test {
 protected:
  TrafficPolicies() {
    state_.hosted.id = {"Z1"};
    state_.hosted.name = named("example.com");
    state_.put(simple("example.com", RrType::SOA,
                      "ns1.example.com. hostmaster.example.com. 1 7200 900 1209600 86400"));
    state_.put(simple("example.com", RrType::NS, "ns1.example.com."));
    state_.stored_objects[{ObjectKind::health_check, "c1"}] = "{}";
    documents_ = {{"nested", nested()}, {"single", single()}, {"other type", single(RrType::TXT)}};
    documents_["other type"].endpoints[0].rdata = {1, 'x'};
  }
  ReadTrafficDocument read() {
    return
        [this](const std::string& text) -> Result<TrafficDocument> { return documents_.at(text); };
  }
  Decider by() { return {clock_, random_, "test"}; }
  /// Puts what was committed into the state.
  Result<Commit> applied(Result<Commit> commit) {
    if (!commit) return commit;
    for (const RecordSet& set : commit->effects.removed)
      state_.sets.erase(set.key());
    for (const RecordSet& set : commit->effects.added)
      state_.put(set);
    for (const ObjectChange& object : commit->effects.objects) {
      if (object.after)
        state_.stored_objects[object.key] = *object.after;
      else
        state_.stored_objects.erase(object.key);
    }
    return commit;
  }
  Result<Commit> version(const std::string& text, const std::string& name = {}) {
    return applied(resolve_traffic_version(state_, name, {"P", 0, {}, "", text}, read(), by()));
  }
  Result<Commit> put(std::uint32_t version, std::string_view name = "www.example.com",
                     std::uint32_t ttl = 30) {
    TrafficPolicyInstance wanted{"I", {"Z1"}, named(name), {}, ttl, "P", version, {}};
    if (const auto stands = traffic_policy_instance(state_, "I")) wanted.type = stands->type;
    return applied(resolve_instance(state_, true, wanted, read(), by()));
  }
  std::vector<std::string> made() const {
    std::vector<std::string> told;
    for (const auto& [key, set] : state_.sets)
      if (set.traffic_policy_instance == "I")
        told.push_back(
            set.owner.to_string() + " " + set.set_id +
            (set.alias ? " → " + set.alias->target.to_string() : " " + std::to_string(set.ttl)));
    return told;
  }
  using Told = std::vector<std::string>;

  fakes::MemorySnapshot state_;
  std::map<std::string, TrafficDocument> documents_;
  ManualClock clock_;
  Random random_{1};
};

TEST_F(TrafficPolicies, AnInstanceThatWasDeletedIsNotBroughtBackByAChangeOfIt) {
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(put(1));
  const auto stands = traffic_policy_instance(state_, "I");
  ASSERT_TRUE(stands);
  ASSERT_TRUE(applied(resolve_instance_delete(state_, "I", by())));

  EXPECT_EQ(resolve_instance(state_, false, *stands, read(), by()).error().code(),
            ErrorCode::not_found);
  EXPECT_TRUE(made().empty());
}

TEST_F(TrafficPolicies, VersionsCountUpAndANumberIsNeverUsedAgain) {
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(version("nested"));
  EXPECT_EQ(traffic_policy_version(state_, "P", 2)->document, "nested");
  ASSERT_TRUE(applied(resolve_traffic_delete(state_, "P", 2, by())));
  EXPECT_EQ(traffic_policy_version(state_, "P", 2).error().code(), ErrorCode::not_found);
  ASSERT_TRUE(version("single"));
  EXPECT_EQ(traffic_policy(state_, "P")->latest, 3U);
  EXPECT_EQ(traffic_policy_version(state_, "P", 3)->document, "single");

  EXPECT_EQ(version("single", "first").error().code(), ErrorCode::conflict);  // the name is taken
  ASSERT_TRUE(applied(resolve_traffic_delete(state_, "P", std::nullopt, by())));
  EXPECT_TRUE(traffic_policies(state_)->empty());
  EXPECT_EQ(state_.stored_objects.size(), 1U);  // the health check
}

TEST_F(TrafficPolicies, ACommentMayChangeAndTheDocumentNot) {
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(applied(resolve_traffic_comment(state_, "P", 1, "two\nlines\t", by())));
  const auto stored = traffic_policy_version(state_, "P", 1);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->comment, "two\nlines\t");
  EXPECT_EQ(stored->document, "single");
}

TEST_F(TrafficPolicies, FiftyOfAThousandVersionsAndNoMore) {
  for (std::size_t i = 0; i < max_traffic_policies; ++i)
    state_.stored_objects[{ObjectKind::traffic_policy, "Q" + std::to_string(100 + i)}] =
        encode(TrafficPolicy{"", "name " + std::to_string(i), 1});
  EXPECT_EQ(version("single", "one more").error().code(), ErrorCode::conflict);
  state_.stored_objects.erase({ObjectKind::traffic_policy, "Q100"});
  ASSERT_TRUE(version("single", "one more"));
  for (std::uint32_t i = 2; i <= max_traffic_policy_versions; ++i)
    state_.stored_objects[{ObjectKind::traffic_policy, "P/" + std::to_string(i)}] =
        encode(TrafficPolicyVersion{"P", i, RrType::A, "", ""});
  EXPECT_EQ(version("single").error().code(), ErrorCode::conflict);
}

TEST_F(TrafficPolicies, WhatADocumentRefersToMustExist) {
  documents_["bad"] = nested();
  documents_["bad"].rules[0].branches[0].health_check_id = "none";
  documents_["bad"].rules[0].branches[0].pointer = "/Rules/pool/Items/0";
  documents_["bad"].rules[1].branches[1].routing = Latency{"atlantis-1"};
  documents_["bad"].rules[1].branches[1].pointer = "/Rules/top/Regions/1";
  const auto refused = version("bad", "bad");
  ASSERT_FALSE(refused);
  const Error error = refused.error();
  ASSERT_EQ(error.causes().size(), 2U);
  EXPECT_EQ(error.causes()[0].code(), ErrorCode::health_check_missing);
  EXPECT_EQ(error.causes()[0].pointer(), "/document/Rules/pool/Items/0/HealthCheck");
  EXPECT_EQ(error.causes()[1].pointer(), "/document/Rules/top/Regions/1/Region");
}

TEST_F(TrafficPolicies, AnInstanceIsAGroupForEachRuleInOneCommit) {
  ASSERT_TRUE(version("nested", "first"));
  const auto commit = put(1);
  ASSERT_TRUE(commit) << commit.error().detail();
  EXPECT_EQ(made(), (Told{"www.example.com. b 30", "www.example.com. pool → _tp2.www.example.com.",
                          "_tp2.www.example.com. a 30", "_tp2.www.example.com. a-2 30"}));
  EXPECT_EQ(std::get<ZoneId>(commit->scope), ZoneId{"Z1"});
  ASSERT_EQ(commit->effects.objects.size(), 1U);
  const auto stored = traffic_policy_instance(state_, "I");
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->type, RrType::A);
  EXPECT_EQ(stored->change, commit->id);
}

TEST_F(TrafficPolicies, AnotherVersionOrTtlIsOneCommitThatLeavesNothingBehind) {
  ASSERT_TRUE(version("nested", "first"));
  ASSERT_TRUE(version("single"));
  ASSERT_TRUE(put(1));
  const auto commit = put(2);
  ASSERT_TRUE(commit) << commit.error().detail();
  EXPECT_EQ(made(), Told{"www.example.com.  30"});
  EXPECT_EQ(commit->effects.removed.size(), 5U);  // four sets and the SOA
  EXPECT_EQ(commit->effects.added.size(), 2U);

  ASSERT_TRUE(put(2, "www.example.com", 5));
  EXPECT_EQ(made(), Told{"www.example.com.  5"});
  ASSERT_TRUE(applied(resolve_instance_delete(state_, "I", by())));
  EXPECT_EQ(made(), Told{});
  EXPECT_FALSE(traffic_policy_instance(state_, "I"));
}

TEST_F(TrafficPolicies, AnInstanceKeepsItsType) {
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(version("other type"));
  ASSERT_TRUE(put(1));
  const auto refused = put(2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::bad_type);
  EXPECT_EQ(refused.error().pointer(), "/policy_version");
}

TEST_F(TrafficPolicies, WhatStandsAtTheNameOrAboveItRefusesAnInstance) {
  ASSERT_TRUE(version("nested", "first"));
  const auto all_at_the_name = [](const Result<Commit>& refused) {
    if (refused) return false;
    const Error error = refused.error();
    return !error.causes().empty() &&
           std::all_of(error.causes().begin(), error.causes().end(),
                       [](const Error& cause) { return cause.pointer() == "/name"; });
  };
  EXPECT_TRUE(all_at_the_name(put(1, "www.example.org")));
  EXPECT_EQ(put(9).error().code(), ErrorCode::not_found);
  state_.put(simple("www.example.com", RrType::A, "192.0.2.9"));
  EXPECT_TRUE(all_at_the_name(put(1)));
  state_.sets.clear();
  const std::string label(63, 'x');
  const Name longest = named("x." + label + "." + label + "." + label + ".example.com");
  EXPECT_FALSE(record_sets_of(nested(), longest.child(std::string(46, 'y')), 30, "I"));
  EXPECT_TRUE(record_sets_of(single(), longest.child(std::string(46, 'y')), 30, "I"));
}

TEST_F(TrafficPolicies, AnInstanceOfOneGroupMayHaveTheLongestName) {
  ASSERT_TRUE(version("single", "first"));
  const std::string label(63, 'x');
  const std::string longest = label + "." + label + "." + label + "." + std::string(49, 'y') +
                              ".example.com";  // 255 octets with the root's
  ASSERT_EQ(named(longest).octets(), dns::max_name_octets);
  ASSERT_TRUE(put(1, longest));
  ASSERT_TRUE(put(1, longest, 5));
  EXPECT_EQ(made().size(), 1U);
  ASSERT_TRUE(applied(resolve_instance_delete(state_, "I", by())));
  EXPECT_EQ(made(), Told{});
}

TEST_F(TrafficPolicies, NobodyElseChangesWhatAnInstanceHasMade) {
  ASSERT_TRUE(version("nested", "first"));
  ASSERT_TRUE(put(1));
  RecordSet other = simple("www.example.com", RrType::A, "192.0.2.9");
  other.set_id = "mine";
  other.routing = Failover{Failover::Role::secondary, 1};
  const RecordSet theirs = state_.sets.at({named("_tp2.www.example.com"), RrType::A, "a"});
  for (const Change& change :
       {Change{Change::Action::create, other}, Change{Change::Action::remove, theirs}}) {
    const auto refused = resolve(state_, {{"Z1"}, "", std::nullopt, {change}}, by());
    ASSERT_FALSE(refused);
    const Error error = refused.error();
    EXPECT_NE(error.detail().find("instance I"), std::string::npos) << error.detail();
  }
  // Another type at the name is its own affair.
  EXPECT_TRUE(resolve(state_,
                      {{"Z1"},
                       "",
                       std::nullopt,
                       {{Change::Action::create, simple("www.example.com", RrType::TXT, "\"x\"")}}},
                      by()));
}

TEST_F(TrafficPolicies, ABatchTakesAnInstanceAwayWithAllThatItMadeOrNotAtAll) {
  ASSERT_TRUE(version("nested", "first"));
  ASSERT_TRUE(put(1));
  ChangeBatch batch{{"Z1"}, "", std::nullopt, {}};
  for (const auto& [key, set] : state_.sets)
    if (set.traffic_policy_instance == "I") batch.changes.push_back({Change::Action::remove, set});
  EXPECT_FALSE(resolve(state_, batch, by()));  // it does not say that the instance goes
  batch.removed_instances = {"I"};
  const auto commit = resolve(state_, batch, by());
  ASSERT_TRUE(commit) << commit.error().detail();
  ASSERT_EQ(commit->effects.objects.size(), 1U);
  EXPECT_EQ(commit->effects.objects[0].key, (ObjectKey{ObjectKind::traffic_policy_instance, "I"}));
  EXPECT_TRUE(commit->effects.objects[0].before);
  EXPECT_FALSE(commit->effects.objects[0].after);

  // Nothing is left behind of an instance that has made more meanwhile.
  ASSERT_TRUE(version("single"));
  ASSERT_TRUE(put(2));
  ChangeBatch none{{"Z1"},
                   "",
                   std::nullopt,
                   {{Change::Action::create, simple("a.example.com", RrType::A, "192.0.2.1")}}};
  none.removed_instances = {"I"};
  EXPECT_EQ(resolve(state_, none, by()).error().code(), ErrorCode::version_mismatch);
}

TEST_F(TrafficPolicies, AnUpsertOfWhatAnInstanceMadeChangesNothing) {
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(put(1));
  RecordSet made = state_.sets.at({named("www.example.com"), RrType::A, ""});
  const auto commit =
      resolve(state_, {{"Z1"}, "", std::nullopt, {{Change::Action::upsert, made}}}, by());
  ASSERT_TRUE(commit) << commit.error().detail();
  EXPECT_TRUE(commit->effects.added.empty());
  made.ttl += 1;
  EXPECT_FALSE(resolve(state_, {{"Z1"}, "", std::nullopt, {{Change::Action::upsert, made}}}, by()));
}

TEST_F(TrafficPolicies, WhatWouldHideAnInstanceIsRefusedAndNamesIt) {
  ASSERT_TRUE(version("nested", "first"));
  ASSERT_TRUE(put(1, "www.sub.example.com"));
  const auto refused = [&](RecordSet set) {
    const auto commit =
        resolve(state_, {{"Z1"}, "", std::nullopt, {{Change::Action::create, set}}}, by());
    if (commit) return false;
    const Error error = commit.error(), fault = error.causes().empty() ? error : error.causes()[0];
    return fault.code() == ErrorCode::in_use && fault.pointer() == "/changes/0/record/name" &&
           fault.detail().find("instance I") != std::string::npos;
  };
  for (const char* at : {"sub.example.com", "www.sub.example.com", "_tp2.www.sub.example.com"})
    EXPECT_TRUE(refused(simple(at, RrType::NS, "ns.other.test."))) << at;
  for (const char* at : {"example.com", "sub.example.com", "www.sub.example.com"})
    EXPECT_TRUE(refused(simple(at, RrType::DNAME, "other.test."))) << at;
  for (const char* beside : {"other.example.com", "a.www.sub.example.com", "ww.sub.example.com"})
    EXPECT_FALSE(refused(simple(beside, RrType::NS, "ns.other.test."))) << beside;
}

TEST_F(TrafficPolicies, NoInstanceComesWhereSomethingHidesIt) {
  ASSERT_TRUE(version("single", "first"));
  for (const auto& [owner, type] :
       {std::pair("sub.example.com", RrType::NS), std::pair("sub.example.com", RrType::DNAME),
        std::pair("www.sub.example.com", RrType::NS)}) {
    const RecordSet hider = simple(owner, type, "ns.other.test.");
    state_.put(hider);
    const auto refused = put(1, "www.sub.example.com");
    ASSERT_FALSE(refused);
    const Error error = refused.error();
    EXPECT_EQ(error.pointer(), "/name");
    EXPECT_NE(error.detail().find(owner), std::string::npos) << error.detail();
    state_.sets.erase(hider.key());
  }
  EXPECT_TRUE(put(1, "www.sub.example.com"));
}

TEST_F(TrafficPolicies, AVersionInUseStays) {
  ASSERT_TRUE(version("nested", "first"));
  ASSERT_TRUE(version("single"));
  ASSERT_TRUE(put(1));
  for (const std::optional<std::uint32_t> one : {std::optional<std::uint32_t>(1), {}}) {
    const auto refused = resolve_traffic_delete(state_, "P", one, by());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::in_use);
  }
  EXPECT_TRUE(resolve_traffic_delete(state_, "P", 2, by()));
  EXPECT_EQ(resolve_traffic_delete(state_, "P", 7, by()).error().code(), ErrorCode::not_found);
}

TEST_F(TrafficPolicies, AnInstanceGoesWithItsZone) {
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(put(1));
  state_.stored_objects[{ObjectKind::zone, "Z1"}] = "{}";
  const auto commit = resolve_zone_delete(state_, {"Z1"}, true, by());
  ASSERT_TRUE(commit);
  EXPECT_TRUE(std::any_of(commit->effects.objects.begin(), commit->effects.objects.end(),
                          [](const ObjectChange& object) {
                            return object.key.kind == ObjectKind::traffic_policy_instance &&
                                   object.key.id == "I" && !object.after;
                          }));
}

TEST_F(TrafficPolicies, ASetOfAnInstanceIsEncodedWithItAndOthersAsEver) {
  RecordSet set = simple("www.example.com", RrType::A, "192.0.2.1");
  const Bytes plain = encode(set);
  set.traffic_policy_instance = "I";
  EXPECT_EQ(*decode_record_set(encode(set)), set);
  EXPECT_EQ(encode(set).size(), plain.size() + 4 + 1);  // a length and its octets, at the end
  EXPECT_EQ(plain[0], 1);
}

TEST_F(TrafficPolicies, TheLaterAPolicyIsMadeTheGreaterIsItsNumber) {
  state_.stored_objects[{ObjectKind::traffic_policy, "Q"}] = "1\tfrom before they were numbered";
  state_.stored_objects[{ObjectKind::traffic_policy, "R"}] = encode(TrafficPolicy{"R", "r", 1, 7});
  ASSERT_TRUE(version("single", "first"));
  ASSERT_TRUE(version("single"));  // keeps it
  const auto all = *traffic_policies(state_);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].first, (TrafficPolicy{"P", "first", 2, 8}));
  EXPECT_EQ(all[1].first, (TrafficPolicy{"Q", "from before they were numbered", 1, 0}));
}

TEST_F(TrafficPolicies, DamagedObjectsAreRefused) {
  EXPECT_FALSE(decode_traffic_policy("P", "1\tname\tx"));
  EXPECT_FALSE(decode_traffic_policy("P", "x\tname"));
  EXPECT_FALSE(decode_traffic_policy("P", "1"));
  EXPECT_FALSE(decode_traffic_policy_version("P", "A\n"));
  EXPECT_FALSE(decode_traffic_policy_version("P/1", "A"));
  EXPECT_FALSE(decode_traffic_policy_version("P/1", "?\n"));
  EXPECT_FALSE(decode_traffic_policy_instance("I", "Z1\twww.\tA\t30\tP\tx\tC1"));
  EXPECT_FALSE(decode_traffic_policy_instance("I", ""));
}

}  // namespace
}  // namespace waymark::zones
