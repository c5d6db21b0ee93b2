// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "api/rest/traffic_document_json.h"

namespace waymark::api {
namespace {

/// "code pointer" of every fault, sorted.
std::vector<std::string> faults(const std::string& text) {
  const auto document = read_traffic_document(text);
  if (document) return {};
  const Error error = document.error();
  std::vector<std::string> told;
  for (const Error& cause : error.causes())
    told.push_back(std::string(to_string(cause.code())) + " " + cause.pointer());
  if (told.empty()) told.push_back(std::string(to_string(error.code())) + " " + error.pointer());
  std::sort(told.begin(), told.end());
  return told;
}

/// A document of type A whose endpoints are a and b, with these rules; "s" is the start.
std::string with_rules(const std::string& rules, const std::string& format = "2015-10-01") {
  return R"({"AWSPolicyFormatVersion":")" + format + R"(","RecordType":"A","StartRule":"s",)" +
         R"("Endpoints":{"a":{"Type":"value","Value":"192.0.2.1"},)" +
         R"("b":{"Type":"value","Value":"192.0.2.2"}},"Rules":)" + rules + "}";
}

TEST(TrafficDocument, AnEndpointWithoutRecordDataIsRefused) {
  EXPECT_EQ(faults(R"({"AWSPolicyFormatVersion":"2015-10-01","RecordType":"TXT",)"
                   R"("StartEndpoint":"a","Endpoints":{"a":{"Type":"value","Value":""}}})"),
            std::vector<std::string>{"bad_value /Endpoints/a/Value"});
}

TEST(TrafficDocument, EveryKindOfRuleIsReadWithBareAndQuotedNumbers) {
  const std::string text = with_rules(R"({
    "s":{"RuleType":"failover","Primary":{"RuleReference":"w","EvaluateTargetHealth":"true"},
         "Secondary":{"RuleReference":"g"}},
    "w":{"RuleType":"weighted","Items":[{"Weight":"7","EndpointReference":"a","HealthCheck":"c"},
         {"Weight":0,"RuleReference":"l","EvaluateTargetHealth":false}]},
    "l":{"RuleType":"latency","Regions":[{"Region":"eu-west-1","EndpointReference":"b"}]},
    "g":{"RuleType":"geo","Locations":[{"Country":"US","Subdivision":"WA","RuleReference":"p"},
         {"IsDefault":"true","RuleReference":"m"}]},
    "p":{"RuleType":"geoproximity","GeoproximityLocations":[
         {"Region":"aws:route53:us-east-1","Bias":"-10","EndpointReference":"a"},
         {"Latitude":"52.52","Longitude":13.4,"EndpointReference":"b"}]},
    "m":{"RuleType":"multivalue","Items":[{"EndpointReference":"a"},{"EndpointReference":"b"}]}})");
  ASSERT_EQ(faults(text), std::vector<std::string>());

  const auto document = read_traffic_document(text);
  ASSERT_EQ(document->rules.size(), 6U);
  const auto& weighted = document->rules[1].branches;
  EXPECT_EQ(weighted[0].routing, zones::Routing(zones::Weighted{7}));
  EXPECT_EQ(weighted[0].health_check_id, "c");
  EXPECT_FALSE(weighted[1].evaluate_target_health);
  EXPECT_TRUE(document->rules[0].branches[1].evaluate_target_health);  // when it is not said
  EXPECT_EQ(document->rules[3].branches[1].routing,
            zones::Routing(zones::Geolocation{"", "*", ""}));
  EXPECT_EQ(document->rules[4].branches[0].routing,
            zones::Routing(zones::Geoproximity{"us-east-1", 0, 0, -10}));
  EXPECT_EQ(document->rules[4].branches[1].routing,
            zones::Routing(zones::Geoproximity{"", 52.52, 13.4, 0}));
}

/// A weighted rule of so many branches, each with this.
std::string wide(std::size_t branches, const std::string& branch) {
  std::string text = R"({"s":{"RuleType":"weighted","Items":[)";
  for (std::size_t i = 0; i < branches; ++i)
    text += (i == 0 ? "" : ",") + branch;
  return with_rules(text + "]}}");
}

TEST(TrafficDocument, AHundredFaultsAreToldAndTheNumberOfTheOthers) {
  const auto document = read_traffic_document(wide(100, R"({"Weight":-1,"Wieght":1})"));
  ASSERT_FALSE(document);
  const Error error = document.error();
  ASSERT_EQ(error.causes().size(), 100U);
  EXPECT_EQ(error.causes().back().code(), ErrorCode::too_large);
  // Each branch has a bad weight, no reference and an unknown member.
  EXPECT_NE(error.causes().back().detail().find("201 faults more"), std::string::npos)
      << error.causes().back().detail();
}

TEST(TrafficDocument, TheNewerFormatSaysPlacesInALocation) {
  EXPECT_EQ(faults(with_rules(R"({"s":{"RuleType":"geoproximity","GeoproximityLocations":[
    {"Location":{"Type":"Region","LocationName":"us-east-1"},"EndpointReference":"a"},
    {"Location":{"Type":"Coordinate","Latitude":1.5,"Longitude":2},"EndpointReference":"b"}]}})",
                              "2023-05-09")),
            std::vector<std::string>());
}

struct Bad {
  const char* rules;
  std::vector<std::string> told;
};

TEST(TrafficDocument, EveryFaultIsToldAtOnceWhereItStands) {
  const std::vector<Bad> table{
      {R"({"s":{"RuleType":"weighted","Items":[{"Weight":1,"EndpointReference":"a"},
          {"Weight":256,"EndpointReference":"nobody"},{"EndpointReference":"b"}]}})",
       {"bad_value /Rules/s/Items/1/EndpointReference", "bad_value /Rules/s/Items/1/Weight",
        "missing_field /Rules/s/Items/2/Weight"}},
      {R"({"s":{"RuleType":"weighted","Items":[{"Weight":1,"RuleReference":"x~/y"},
          {"Weight":1,"EndpointReference":"a"},{"Weight":1,"EndpointReference":"b"}]},
          "x~/y":{"RuleType":"weighted","Items":[{"Weight":1,"RuleReference":"s"}]}})",
       {"alias_loop /Rules/x~0~1y/Items/0/RuleReference"}},
      {R"({"s":{"RuleType":"multivalue","Items":[{"EndpointReference":"a"}]},
          "t":{"RuleType":"multivalue","Items":[{"EndpointReference":"b"}]}})",
       {"bad_value /Endpoints/b", "bad_value /Rules/t"}},
      {R"({"s":{"RuleType":"failover","Primary":{"EndpointReference":"a"},
          "Secondary":{"EndpointReference":"b","RuleReference":"s"}}})",
       {"bad_value /Rules/s/Secondary/RuleReference",
        "policy_conflict /Rules/s/Primary/HealthCheck"}},
      {R"({"s":{"RuleType":"latency","Regions":[{"Region":"eu-west-1","EndpointReference":"a"},
          {"Region":"eu-west-1","EndpointReference":"b"}]}})",
       {"policy_conflict /Rules/s/Regions/1/Region"}},
      {R"({"s":{"RuleType":"geo","Locations":[{"Continent":"XX",
          "EndpointReference":"a"},{"Continent":"EU","IsDefault":true,"EndpointReference":"b"}]}})",
       {"bad_value /Rules/s/Locations/0", "bad_value /Rules/s/Locations/1/IsDefault"}},
      {R"({"s":{"RuleType":"geoproximity","GeoproximityLocations":[
          {"Latitude":91,"Longitude":1.234,"EndpointReference":"a","Bias":1.5},
          {"Region":"us-east-1","Latitude":1,"Longitude":2,"EndpointReference":"b","Bias":100}]}})",
       {"bad_value /Rules/s/GeoproximityLocations/0/Bias",
        "bad_value /Rules/s/GeoproximityLocations/0/Latitude",
        "bad_value /Rules/s/GeoproximityLocations/0/Longitude",
        "bad_value /Rules/s/GeoproximityLocations/1/Bias",
        "bad_value /Rules/s/GeoproximityLocations/1/Region"}},
      {R"({"s":{"RuleType":"multivalue","Items":[{"RuleReference":"m"}]},
          "m":{"RuleType":"multivalue","Items":[{"EndpointReference":"a"},{"EndpointReference":"b"}]}})",
       {"policy_conflict /Rules/s/Items/0/RuleReference"}},
      {R"({"s":{"RuleType":"random","Items":[]}})", {"bad_value /Rules/s/RuleType"}},
      {R"({"s":{"RuleType":"weighted","Items":[]}})", {"bad_value /Rules/s/Items"}},
      {R"({"s":{"RuleType":"multivalue","Items":[{"EndpointReference":"a","Weigth":1},
          {"EndpointReference":"b"}],"Region":"x"}})",
       {"unknown_field /Rules/s/Items/0/Weigth", "unknown_field /Rules/s/Region"}},
      {R"({})", {"bad_value /Endpoints/a", "bad_value /Endpoints/b", "bad_value /StartRule"}},
  };
  for (const Bad& bad : table)
    EXPECT_EQ(faults(with_rules(bad.rules)), bad.told) << bad.rules;
}

TEST(TrafficDocument, ItsHeadAndEndpointsAreJudged) {
  EXPECT_EQ(faults(R"({"AWSPolicyFormatVersion":"2014","RecordType":"NS","StartEndpoint":"x",
    "StartRule":"y","Endpoints":{"x":{"Type":"cloudfront","Value":"d.example."}}})"),
            (std::vector<std::string>{"bad_type /RecordType", "bad_value /AWSPolicyFormatVersion",
                                      "bad_value /Endpoints/x", "bad_value /StartRule",
                                      "bad_value /StartRule", "unsupported /Endpoints/x/Type"}));
  EXPECT_EQ(faults(R"({"AWSPolicyFormatVersion":"2015-10-01","RecordType":"MX","StartEndpoint":"x",
    "Endpoints":{"x":{"Type":"value","Value":"mail.example."}}})"),
            (std::vector<std::string>{"bad_rdata /Endpoints/x/Value"}));
  EXPECT_EQ(faults("[]").front(), "bad_value ");
  EXPECT_EQ(faults("{").front(), "bad_json ");
}

TEST(TrafficDocument, MayHave102400OctetsAndNoMore) {
  const std::string text = with_rules(
      R"({"s":{"RuleType":"multivalue","Items":[{"EndpointReference":"a"},{"EndpointReference":"b"}]}})");
  EXPECT_EQ(faults(text + std::string(102'400 - text.size(), ' ')), std::vector<std::string>());
  EXPECT_EQ(faults(text + std::string(102'401 - text.size(), ' ')),
            std::vector<std::string>{"too_large "});
}

TEST(TrafficDocument, HasRulesSixteenDeepAndNoMore) {
  const auto chain = [](int rules) {
    std::string text = "{";
    for (int i = 1; i < rules; ++i) {
      const std::string id = i == 1 ? "s" : "r" + std::to_string(i);
      text += "\"" + id + R"(":{"RuleType":"weighted","Items":[{"Weight":1,"RuleReference":"r)" +
              std::to_string(i + 1) + "\"}]},";
    }
    return with_rules(text + "\"r" + std::to_string(rules) +
                      R"(":{"RuleType":"multivalue","Items":[{"EndpointReference":"a"},)" +
                      R"({"EndpointReference":"b"}]}})");
  };
  EXPECT_EQ(faults(chain(16)), std::vector<std::string>());
  EXPECT_EQ(faults(chain(17)), std::vector<std::string>{"too_large /StartRule"});
}

TEST(TrafficDocument, HasAHundredBranchesARuleAndThirtyOfGeoproximity) {
  const auto weighted = [](int count) {
    std::string items = R"({"Weight":1,"EndpointReference":"b"})";
    for (int i = 1; i < count; ++i)
      items += R"(,{"Weight":1,"EndpointReference":"a"})";
    return with_rules(R"({"s":{"RuleType":"weighted","Items":[)" + items + "]}}");
  };
  EXPECT_EQ(faults(weighted(100)), std::vector<std::string>());
  EXPECT_EQ(faults(weighted(101)), std::vector<std::string>{"too_large /Rules/s/Items"});
  const auto near = [](int count) {
    std::string items = R"({"Latitude":0,"Longitude":0,"EndpointReference":"b"})";
    for (int i = 1; i < count; ++i)
      items +=
          R"(,{"Latitude":0,"Longitude":)" + std::to_string(i) + R"(,"EndpointReference":"a"})";
    return with_rules(R"({"s":{"RuleType":"geoproximity","GeoproximityLocations":[)" + items +
                      "]}}");
  };
  EXPECT_EQ(faults(near(30)), std::vector<std::string>());
  EXPECT_EQ(faults(near(31)),
            std::vector<std::string>{"too_large /Rules/s/GeoproximityLocations/30"});
}

}  // namespace
}  // namespace waymark::api
