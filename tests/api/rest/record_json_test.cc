// SPDX-License-Identifier: Apache-2.0
#include "api/rest/record_json.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

Json round_trip(const char* text) {
  std::vector<Error> faults;
  const auto set = decode_record(Json::parse(text), "", faults);
  for (const Error& fault : faults)
    ADD_FAILURE() << fault.pointer() << ": " << fault.detail();
  return encode_record(set);
}

TEST(RecordJson, ComesBackAsItWasSent) {
  for (const char* text :
       {R"({"name":"www.example.com.","type":"A","ttl":60,"values":["192.0.2.1","192.0.2.2"]})",
        R"({"name":"www.example.com.","type":"A","ttl":60,"values":["192.0.2.1"],"set_id":"blue",
               "routing":{"policy":"weighted","weight":90},"health_check_id":"h1"})",
        R"({"name":"www.example.com.","type":"AAAA","ttl":0,"values":["2001:db8::1"],"set_id":"p",
               "routing":{"policy":"failover","role":"primary"}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"e",
               "routing":{"policy":"latency","region":"eu-west-1"}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"t",
               "routing":{"policy":"failover","role":"secondary","tier":3}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"h",
               "routing":{"policy":"weighted","weight":65535}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"m",
               "routing":{"policy":"multivalue"}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"g",
               "routing":{"policy":"geolocation","country":"US","subdivision":"CA"}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"c",
               "routing":{"policy":"geolocation","continent":"EU"}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"n",
               "routing":{"policy":"geoproximity","latitude":53.35,"longitude":-6.25,"bias":-20}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"r",
               "routing":{"policy":"geoproximity","region":"eu-west-1","bias":0}})",
        R"({"name":"www.example.com.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"i",
               "routing":{"policy":"cidr","collection_id":"7a","location":"office"}})",
        R"({"name":"www.example.com.","type":"A",
               "alias":{"name":"pool.example.com.","evaluate_target_health":true}})",
        R"({"name":"example.com.","type":"AAAA",
               "alias":{"external":"lb.example.net.","evaluate_target_health":false}})",
        R"({"name":"example.com.","type":"MX","ttl":300,"values":["10 mail.example.com."]})"})
    EXPECT_EQ(Json(round_trip(text)), Json::parse(text)) << text;
}

TEST(RecordJson, AddsTheLastDot) {
  const Json out = round_trip(
      R"({"name":"WWW.Example.com","type":"cname","ttl":1,"values":["a.example.com."]})");
  EXPECT_EQ(out["name"], "www.example.com.");
  EXPECT_EQ(out["type"], "CNAME");
}

TEST(RecordJson, SaysWhatARoutingLacks) {
  const std::map<std::string, std::string> faulty{
      {R"({"policy":"weighted","weight":65536})", "/routing/weight"},
      {R"({"policy":"failover","role":"third"})", "/routing/role"},
      {R"({"policy":"geoproximity","latitude":91,"longitude":0})", "/routing/latitude"},
      {R"({"policy":"geoproximity","latitude":1})", "/routing/region"},
      {R"({"policy":"geoproximity","region":"r","latitude":1,"longitude":1})", "/routing/region"},
      {R"({"policy":"geoproximity","region":"r","bias":1.5})", "/routing/bias"},
      {R"({"policy":"geoproximity","region":"r","bias":100})", "/routing/bias"},
      {R"({"policy":"cidr","location":"l"})", "/routing/collection_id"},
      {R"({"policy":"multivalue","weight":1})", "/routing/weight"}};
  for (const auto& [routing, pointer] : faulty) {
    std::vector<Error> faults;
    decode_record(
        Json::parse(
            R"({"name":"a.","type":"A","ttl":5,"values":["192.0.2.1"],"set_id":"x","routing":)" +
            routing + "}"),
        "", faults);
    ASSERT_FALSE(faults.empty()) << routing;
    EXPECT_EQ(faults.front().pointer(), pointer) << routing;
  }
}

TEST(BatchJson, TellsEveryFaultWithItsPointer) {
  const auto batch = decode_batch({"Z1"}, Json::parse(R"({"changes":[
    {"action":"make","record":{"name":"a..b","type":"A","ttl":60,"values":["192.0.2.1"]}},
    {"action":"create","record":{"name":"a.example.com","type":"A","values":["192.0.2.1","x"],
     "routing":{"policy":"geo","country":"US"},"vlues":1}}],"coment":""})"));

  EXPECT_FALSE(batch.changes[0].readable);
  EXPECT_FALSE(batch.changes[1].readable);
  std::map<std::string, ErrorCode> faults;
  for (const Error& fault : batch.faults)
    faults[fault.pointer()] = fault.code();
  const std::map<std::string, ErrorCode> expected{
      {"/changes/0/action", ErrorCode::bad_value},
      {"/changes/0/record/name", ErrorCode::bad_name},
      {"/changes/1/record/ttl", ErrorCode::missing_field},
      {"/changes/1/record/values/1", ErrorCode::bad_rdata},
      {"/changes/1/record/routing/policy", ErrorCode::bad_value},
      {"/changes/1/record/vlues", ErrorCode::unknown_field},
      {"/coment", ErrorCode::unknown_field}};
  EXPECT_EQ(faults, expected);
}

TEST(BatchJson, WantsAtLeastOneChange) {
  EXPECT_EQ(decode_batch({"Z1"}, Json::parse(R"({"changes":[]})")).faults.size(), 1U);
  EXPECT_EQ(decode_batch({"Z1"}, Json::parse("{}")).faults.size(), 1U);
}

}  // namespace
}  // namespace waymark::api
