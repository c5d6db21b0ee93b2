// SPDX-License-Identifier: Apache-2.0
#include "api/rest/health_check_json.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

/// "code pointer" of every fault of what a client sends.
std::vector<std::string> faults(const char* text) {
  const auto check = read_health_check(Json::parse(text));
  if (check) return {};
  const Error all = check.error();
  std::vector<std::string> told;
  for (const Error& fault : all.causes())
    told.push_back(std::string(to_string(fault.code())) + " " + fault.pointer());
  if (told.empty()) told.push_back(std::string(to_string(all.code())) + " " + all.pointer());
  return told;
}

TEST(Behaviour, Rule10_2_TheDefaultsAreThreeFailuresAndTheUsualPorts) {
  const auto http = read_health_check(Json::parse(R"({"type":"http","address":"10.0.0.1"})"));
  ASSERT_TRUE(http);
  EXPECT_EQ(http->port, 80);
  EXPECT_EQ(http->fall, 3);
  EXPECT_FALSE(http->inverted || http->disabled);
  const auto https = read_health_check(Json::parse(R"({"type":"https","address":"10.0.0.1"})"));
  ASSERT_TRUE(https);
  EXPECT_EQ(https->port, 443);
  EXPECT_TRUE(https->sni);
  EXPECT_FALSE(https->verify);  // §10.3: chain, name and expiry are not validated
}

TEST(Behaviour, Rule10_2_EachFieldHasItsRangeAndItsTypes) {
  using Told = std::vector<std::string>;
  EXPECT_EQ(faults(R"({"type":"http"})"), Told{"missing_field /address"});
  EXPECT_EQ(faults(R"({"type":"tcp","address":"10.0.0.1"})"), Told{"missing_field /port"});
  EXPECT_EQ(faults(R"({"type":"tcp","address":"10.0.0.1","port":1,"path":"/"})"),
            Told{"unknown_field /path"});
  EXPECT_EQ(faults(R"({"type":"http","address":"10.0.0.1","sni":true})"),
            Told{"unknown_field /sni"});
  for (const char* port : {"0", "65536"})
    EXPECT_EQ(
        faults(
            (std::string(R"({"type":"http","address":"10.0.0.1","port":)") + port + "}").c_str()),
        Told{"bad_value /port"});
  for (const char* fall : {"0", "11"})
    EXPECT_EQ(
        faults(
            (std::string(R"({"type":"http","address":"10.0.0.1","fall":)") + fall + "}").c_str()),
        Told{"bad_value /fall"});
  const std::string match(256, 'x');
  EXPECT_EQ(faults((R"({"type":"http","address":"10.0.0.1","match":")" + match + "\"}").c_str()),
            Told{"bad_value /match"});
  EXPECT_EQ(faults(R"({"type":"calculated","children":["a"],"needed":257})"),
            Told{"bad_value /needed"});
}

TEST(Behaviour, Rule10_9_AnUpdateChangesOnlyTheElementsThatArePresent) {
  const auto before = read_health_check(Json::parse(
      R"({"type":"http","address":"10.0.0.1","path":"/up","match":"ok","fall":5,"inverted":true})"));
  ASSERT_TRUE(before);
  Json merged = settings_of(*before);
  merged.merge_patch(Json::parse(R"({"fall":2,"match":null})"));  // null resets
  const auto after = read_health_check(merged);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->fall, 2);
  EXPECT_EQ(after->match, "");
  EXPECT_EQ(after->path, "/up");
  EXPECT_TRUE(after->inverted);
  EXPECT_EQ(after->address, before->address);
}

TEST(HealthCheckJson, IsStoredWithItsOverride) {
  auto check = *read_health_check(Json::parse(
      R"({"type":"https","address":"10.0.0.5","path":"/health","host":"www.example.com","match":"ok",
          "interval":2,"timeout":1.5,"fall":2,"rise":4,"inverted":true,"name":"web"})"));
  check.id = "11111111-2222-3333-4444-555555555555";
  check.forced = health::HealthCheck::Forced::down;
  check.forced_until = TimePoint{std::chrono::seconds(1'800'000'000)};
  check.version = 7;

  const auto stored = decode_health_check(check.id, encode_health_check(check));

  ASSERT_TRUE(stored);
  EXPECT_EQ(*stored, check);
  EXPECT_EQ(stored->port, 443);
  EXPECT_EQ(stored->timeout, std::chrono::milliseconds(1500));
}

TEST(HealthCheckJson, TellsEveryFault) {
  const auto check = read_health_check(
      Json::parse(R"({"type":"http","address":"web","port":0,"interval":0,"fall":11,"pth":"/"})"));

  ASSERT_FALSE(check);
  std::vector<std::string> pointers;
  const Error all = check.error();
  for (const Error& fault : all.causes())
    pointers.push_back(fault.pointer());
  EXPECT_EQ(pointers,
            (std::vector<std::string>{"/address", "/port", "/interval", "/fall", "/pth"}));
}

TEST(HealthCheckJson, SaysWhichTypesWork) {
  const auto check =
      read_health_check(Json::parse(R"({"type":"icmp","address":"10.0.0.1","port":1})"));
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().detail(),
            "type \"icmp\" is unknown; use http, https, tcp, dns, push or calculated");
}

TEST(HealthCheckJson, EveryKindIsStoredWhole) {
  for (
      const char* text : {
          R"({"type":"https","target":"app.internal.","verify":true,"ca_file":"ca.pem",
               "client_certificate":"me.pem","client_key":"me.key"})",
          R"({"type":"https","address":"10.0.0.1","sni":false})",
          R"({"type":"dns","address":"10.0.0.1","query_name":"www.example.com.","query_type":"AAAA",
               "rcode":"NXDOMAIN"})",
          R"({"type":"dns","address":"10.0.0.1","rcode":"RCODE99"})",
          R"({"type":"push","ttl":2.5,"fall":2})",
          R"({"type":"calculated","children":["a","b"],"needed":2,"inverted":true})"}) {
    const auto check = read_health_check(Json::parse(text));
    ASSERT_TRUE(check) << text << check.error().detail();
    const auto stored = decode_health_check("", encode_health_check(*check));
    ASSERT_TRUE(stored) << text;
    EXPECT_EQ(*stored, *check) << text;
    EXPECT_TRUE(read_health_check(settings_of(*check))) << text;  // what PATCH merges into
  }
}

TEST(HealthCheckJson, AKindTakesItsOwnFieldsAlone) {
  for (const char* text : {R"({"type":"push","address":"10.0.0.1"})",
                           R"({"type":"calculated","children":[],"fall":1})",
                           R"({"type":"calculated","children":["a","a"]})",
                           R"({"type":"http","address":"10.0.0.1","verify":true})",
                           R"({"type":"https","address":"10.0.0.1","target":"app.internal"})",
                           R"({"type":"https","address":"10.0.0.1","verify":true,"sni":false})",
                           R"({"type":"https","address":"10.0.0.1","ca_file":"../ca.pem"})",
                           R"({"type":"https","address":"10.0.0.1","client_key":"me.key"})",
                           R"({"type":"dns","address":"10.0.0.1","rcode":"NOPE"})",
                           R"({"type":"dns","address":"10.0.0.1","query_name":"a..b"})",
                           R"({"type":"push","ttl":0.5})"})
    EXPECT_FALSE(read_health_check(Json::parse(text))) << text;
}

TEST(HealthCheckJson, KeepsHeaderLinesWhole) {
  const auto check = read_health_check(Json::parse(
      R"({"type":"http","address":"10.0.0.1","path":"/ HTTP/1.1\r\nX: y","host":"a b"})"));
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().causes().size(), 2U);
}

TEST(HealthCheckJson, AHostIsAHostNameOrAnAddress) {
  const auto told = [](const std::string& host) {
    return faults((R"({"type":"http","address":"10.0.0.1","host":")" + host + "\"}").c_str());
  };
  for (const char* good : {"www.example.com", "app_1.internal.", "10.0.0.1", "2001:db8::1", ""})
    EXPECT_EQ(told(good), std::vector<std::string>()) << good;
  for (const std::string& bad : {std::string("a..b"), std::string("http://a"), std::string("a/b"),
                                 std::string("a:80"), std::string(64, 'a')})
    EXPECT_EQ(told(bad), std::vector<std::string>{"bad_name /host"}) << bad;
}

TEST(HealthCheckJson, WantsATimeoutBelowTheInterval) {
  EXPECT_FALSE(read_health_check(
      Json::parse(R"({"type":"tcp","address":"10.0.0.1","port":1,"interval":3,"timeout":3})")));
}

}  // namespace
}  // namespace waymark::api
