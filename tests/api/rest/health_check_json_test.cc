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
  for (const Error& fault : all.causes()) pointers.push_back(fault.pointer());
  EXPECT_EQ(pointers, (std::vector<std::string>{"/address", "/port", "/interval", "/fall", "/pth"}));
}

TEST(HealthCheckJson, SaysWhichTypesWork) {
  const auto check = read_health_check(Json::parse(R"({"type":"calculated","address":"10.0.0.1","port":1})"));
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().code(), ErrorCode::unsupported);
}

TEST(HealthCheckJson, KeepsHeaderLinesWhole) {
  const auto check = read_health_check(
      Json::parse(R"({"type":"http","address":"10.0.0.1","path":"/ HTTP/1.1\r\nX: y","host":"a b"})"));
  ASSERT_FALSE(check);
  EXPECT_EQ(check.error().causes().size(), 2U);
}

TEST(HealthCheckJson, WantsATimeoutBelowTheInterval) {
  EXPECT_FALSE(read_health_check(Json::parse(R"({"type":"tcp","address":"10.0.0.1","port":1,"interval":3,"timeout":3})")));
}

}  // namespace
}  // namespace waymark::api
