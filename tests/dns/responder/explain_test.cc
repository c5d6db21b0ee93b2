// SPDX-License-Identifier: Apache-2.0
#include "dns/explain.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "policy/latency_writer.h"
#include "policy/policy_builder.h"
#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

std::vector<std::string> kinds(const Explanation& explanation) {
  std::vector<std::string> all;
  for (const Step& step : explanation.steps)
    all.push_back(step.kind);
  return all;
}

Zones zones() {
  policy::WeightedSpec weights{{1, 3}, {policy::BranchSpec(), policy::BranchSpec()}};
  weights.branches[0].health = health::HealthSlot{1};
  weights.branches[1].index = 1;
  Zones zones;
  zones.zone("example.com.")
      .add("alias.example.com.", RrType::CNAME, {host("www.example.com.")})
      .add("sub.example.com.", RrType::NS, {host("ns.sub.example.com.")})
      .add("old.example.com.", RrType::DNAME, {host("new.example.com.")})
      .route("www.example.com.", RrType::A,
             {records("www.example.com.", RrType::A, {address("192.0.2.1")}),
              records("www.example.com.", RrType::A, {address("192.0.2.2")})},
             policy::build_policy({weights}, 2).value());
  return zones;
}

Labels labels() {
  return {[](ZoneNumber, const Name&, RrType, std::uint16_t index) {
            return "set-" + std::to_string(index);
          },
          [](health::HealthSlot) { return std::string("down since noon"); },
          [](std::uint16_t) { return std::string(); },
          [](const IpAddress&) { return std::string("operator"); },
          [](std::uint32_t, std::uint32_t) { return std::string(); }};
}

TEST(Explain, TellsEveryStepToAPolicysAnswer) {
  Server server(zones());
  server.set_health(1, false);
  Question question;
  question.name = Name::parse("alias.example.com.").value();

  const Explanation told = explain(server.image(), server.health(), question, labels());

  EXPECT_EQ(kinds(told), (std::vector<std::string>{"zone", "exact", "answer", "cname", "zone",
                                                   "exact", "policy", "answer"}));
  const auto& candidates = told.steps[6].candidates;
  ASSERT_EQ(candidates.size(), 2U);
  EXPECT_EQ(candidates[0].label, "set-0");
  EXPECT_FALSE(candidates[0].healthy);
  EXPECT_EQ(candidates[0].why_out, "down since noon");
  EXPECT_EQ(candidates[0].share, 0);
  EXPECT_TRUE(candidates[1].chosen);
  EXPECT_EQ(candidates[1].value, 3U);
  EXPECT_EQ(candidates[1].share, 1);
  EXPECT_EQ(
      Message::decode(told.response).answer,
      (Lines{"alias.example.com. 300 CNAME www.example.com.", "www.example.com. 300 A 192.0.2.2"}));
}

TEST(Explain, TellsTheRuleTheDrawAndWhatEachOneShouldGet) {
  Server server(zones());
  Question question;
  question.name = Name::parse("www.example.com.").value();

  const Explanation told = explain(server.image(), server.health(), question, labels());

  const Step& policy = told.steps[2];
  EXPECT_EQ(policy.rule, "weighted");
  EXPECT_EQ(policy.group, "www.example.com. A");
  EXPECT_EQ(policy.of, 4U);
  EXPECT_EQ(policy.candidates[policy.drawn == 0 ? 0 : 1].chosen, true);
  EXPECT_EQ(policy.candidates[0].share, 0.25);
  EXPECT_EQ(policy.candidates[1].share, 0.75);
  EXPECT_FALSE(policy.failed_open);
}

TEST(Explain, TellsWhatAClientsRegionsGoBy) {
  policy::LatencySpec spec{{0, 1, 2}, {"r0", "r1", "r2"}, {}, {}};
  for (std::uint16_t i = 0; i < 3; ++i)
    spec.branches.push_back({policy::BranchSpec::Kind::target, i});
  std::vector<TargetSpec> targets(3,
                                  records("www.example.com.", RrType::A, {address("192.0.2.1")}));
  Zones zones;
  zones.zone("example.com.")
      .route("www.example.com.", RrType::A, targets, policy::build_policy({spec}, 3).value());
  zones.latency(policy::write_latency_table(
      std::vector<policy::LatencyRow>{
          {IpPrefix::parse("10.0.0.0/8").value(), {policy::no_measurement, 40, 20}}},
      3));
  Server server(zones);
  Question question;
  question.name = Name::parse("www.example.com.").value();
  question.subnet = IpPrefix::parse("10.1.2.0/24").value();

  const Explanation told = explain(server.image(), server.health(), question, labels());

  EXPECT_EQ(kinds(told),
            (std::vector<std::string>{"zone", "exact", "client", "client", "policy", "answer"}));
  EXPECT_EQ(told.steps[2].text, "10.1.2.0/24 is in the latency table");
  EXPECT_EQ(told.steps[2].bits, 8);
  EXPECT_EQ(told.steps[3].source, "nothing");  // nobody says where it is
  const auto& candidates = told.steps[4].candidates;
  EXPECT_EQ(candidates[0].value_from, "nothing");
  EXPECT_EQ(candidates[1].value_from, "table");
  EXPECT_TRUE(candidates[2].chosen);
  EXPECT_EQ(candidates[2].share, 1);
  EXPECT_EQ(told.scope_prefix, 8);
}

TEST(Explain, TellsReferralsAbsenceAndRefusal) {
  Server server(zones());
  auto ask = [&](std::string_view name) {
    Question question;
    question.name = Name::parse(name).value();
    return kinds(explain(server.image(), server.health(), question, labels()));
  };
  EXPECT_EQ(ask("a.sub.example.com."), (std::vector<std::string>{"zone", "delegation"}));
  EXPECT_EQ(ask("none.example.com."), (std::vector<std::string>{"zone", "absent"}));
  EXPECT_EQ(ask("other.test."), std::vector<std::string>{"outside"});
}

TEST(Explain, TellsThatADnameRenames) {
  Server server(zones());
  Question question;
  question.name = Name::parse("a.old.example.com.").value();

  const Explanation told = explain(server.image(), server.health(), question, labels());

  EXPECT_EQ(kinds(told), (std::vector<std::string>{"zone", "dname", "cname", "zone", "absent"}));
  EXPECT_EQ(told.steps[1].text,
            "old.example.com. is a DNAME: names below it are names below new.example.com.");
}

TEST(Explain, EqualSeedsGiveEqualAnswers) {
  Server server(zones());
  Question question;
  question.name = Name::parse("www.example.com.").value();
  for (question.seed = 1; question.seed < 50; ++question.seed)
    EXPECT_EQ(explain(server.image(), server.health(), question, labels()).response,
              explain(server.image(), server.health(), question, labels()).response);
}

}  // namespace
}  // namespace waymark::dns
