// SPDX-License-Identifier: Apache-2.0
#include "api/rest/health_check_json.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

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

TEST(HealthCheckJson, WantsATimeoutBelowTheInterval) {
  EXPECT_FALSE(read_health_check(
      Json::parse(R"({"type":"tcp","address":"10.0.0.1","port":1,"interval":3,"timeout":3})")));
}

}  // namespace
}  // namespace waymark::api
