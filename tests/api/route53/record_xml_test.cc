// SPDX-License-Identifier: Apache-2.0
#include "api/route53/record_xml.h"

#include <gtest/gtest.h>

#include "api/route53/batch_faults.h"

namespace waymark::api {
namespace {

zones::HostedZone example() {
  zones::HostedZone zone;
  zone.id = {"Z1"};
  zone.name = *dns::Name::parse("example.com");
  return zone;
}

AwsResult<zones::ChangeBatch> batch_of(const std::string& changes) {
  const auto root = parse_xml("<ChangeBatch><Changes>" + changes + "</Changes></ChangeBatch>");
  EXPECT_TRUE(root) << root.error().detail();
  return decode_change_batch(&*root, example());
}

std::string change(const std::string& action, const std::string& set) {
  return "<Change><Action>" + action + "</Action><ResourceRecordSet>" + set +
         "</ResourceRecordSet></Change>";
}
std::string values(std::size_t count, const std::string& value = "192.0.2.1") {
  std::string out = "<TTL>0</TTL><ResourceRecords>";
  for (std::size_t i = 0; i < count; ++i)
    out += "<ResourceRecord><Value>" + value + "</Value></ResourceRecord>";
  return out + "</ResourceRecords>";
}
std::string named(const std::string& type = "A") {
  return "<Name>*.Example.com</Name><Type>" + type + "</Type>";
}
std::string routed(const std::string& rule) {
  return named() + "<SetIdentifier>s</SetIdentifier>" + rule + values(1);
}
std::string alias(const std::string& zone) {
  return named() + "<AliasTarget><HostedZoneId>" + zone +
         "</HostedZoneId><DNSName>b.example.com</DNSName><EvaluateTargetHealth>true"
         "</EvaluateTargetHealth></AliasTarget>";
}

TEST(RecordXml, EveryPolicyComesBackAsItCame) {
  for (const std::string& set :
       {named() + values(1), routed("<Weight>0</Weight>"), routed("<Region>eu-west-1</Region>"),
        routed("<Failover>SECONDARY</Failover>"),
        routed("<MultiValueAnswer>true</MultiValueAnswer>"),
        routed("<GeoLocation><ContinentCode>EU</ContinentCode></GeoLocation>"),
        routed("<GeoLocation><CountryCode>US</CountryCode><SubdivisionCode>CA</SubdivisionCode>"
               "</GeoLocation>"),
        alias("Z1")}) {
    const auto batch = batch_of(change("CREATE", set));
    ASSERT_TRUE(batch) << set << batch.error().message;
    ASSERT_TRUE(batch->faults.empty()) << batch->faults[0].detail();
    EXPECT_TRUE(batch->in_order);
    XmlWriter xml("R");
    append_record_set(xml, example(), batch->changes[0].record_set);
    const std::string text = xml.finish();
    std::string wanted = set;
    wanted.replace(0, named().size(), "<Name>\\052.example.com.</Name><Type>A</Type>");
    if (const auto at = wanted.find("b.example.com<"); at != std::string::npos)
      wanted.insert(at + 13, ".");
    EXPECT_NE(text.find("<ResourceRecordSet>" + wanted + "</ResourceRecordSet>"), std::string::npos)
        << text << "\n"
        << wanted;
  }
}

TEST(RecordXml, GeoproximityAndCidrComeLast) {
  const std::string place =
      "<GeoProximityLocation><Coordinates><Latitude>49.22</Latitude><Longitude>-74.01</Longitude>"
      "</Coordinates><Bias>-5</Bias></GeoProximityLocation>";
  const std::string cidr =
      "<CidrRoutingConfig><CollectionId>c</CollectionId><LocationName>*</LocationName>"
      "</CidrRoutingConfig>";
  for (const std::string& rule : {place, cidr}) {
    const auto batch = batch_of(change("UPSERT", routed(rule)));
    ASSERT_TRUE(batch) << batch.error().message;
    XmlWriter xml("R");
    append_record_set(xml, example(), batch->changes[0].record_set);
    const std::string text = xml.finish();
    EXPECT_NE(text.find("</ResourceRecords>" + rule + "</ResourceRecordSet>"), std::string::npos)
        << text;
  }
}

TEST(RecordXml, RefusesASetThatIsNotOneThing) {
  for (const std::string& set :
       {named(), named() + "<TTL>60</TTL>", alias("Z1") + "<TTL>60</TTL>", alias("Z1") + values(1),
        named() + "<TTL>60</TTL><ResourceRecords/>", named() + "<TTL>-1</TTL>" + values(1),
        named() + values(1) + "<Weight>1</Weight>", named() + values(1) + "<Surprise/>",
        named("LOC") + values(1), named("a") + values(1), routed(""),
        routed("<Weight>256</Weight>"), routed("<Weight>1</Weight><Region>eu-west-1</Region>"),
        routed("<Failover>THIRD</Failover>"), routed("<MultiValueAnswer>false</MultiValueAnswer>"),
        routed("<GeoLocation><ContinentCode>EU</ContinentCode><CountryCode>FR</CountryCode>"
               "</GeoLocation>"),
        routed("<GeoProximityLocation/>"), named() + values(1, ""),
        named() + "<TrafficPolicyInstanceId>t</TrafficPolicyInstanceId>"}) {
    const auto batch = batch_of(change("CREATE", set));
    ASSERT_FALSE(batch) << set;
    EXPECT_EQ(batch.error().code, "InvalidInput") << set;
  }
  EXPECT_EQ(batch_of("").error().code, "InvalidInput");
  EXPECT_EQ(batch_of(change("REPLACE", named() + values(1))).error().code, "InvalidInput");
  EXPECT_NE(
      batch_of(change("CREATE", named()))
          .error()
          .message.find("but found none in Change with [Action=CREATE, Name=*.Example.com, Type=A, "
                        "SetIdentifier=null]"),
      std::string::npos);
}

TEST(RecordXml, CountsRecordsAndCharactersAndUpsertsTwice) {
  const auto count = [](const std::string& action, std::size_t records) {
    std::string changes;
    for (; records > 100; records -= 100)
      changes += change(action, named() + values(100));
    const auto batch = batch_of(changes + change(action, named() + values(records)));
    return batch ? "" : batch.error().code + " " + batch.error().message;
  };
  EXPECT_EQ(count("CREATE", 1000), "");
  EXPECT_EQ(count("CREATE", 1001),
            "InvalidChangeBatch [Number of records limit of 1000 exceeded.]");
  EXPECT_EQ(count("UPSERT", 500), "");
  EXPECT_EQ(count("UPSERT", 501), "InvalidChangeBatch [Number of records limit of 1000 exceeded.]");

  const std::string long_value = "\"" + std::string(198, 'a') + "\"";
  const auto characters = [&](std::size_t records) {
    return batch_of(change("CREATE", named("TXT") + values(records, long_value))).has_value();
  };
  EXPECT_TRUE(characters(160));
  EXPECT_FALSE(characters(161));
}

TEST(RecordXml, TellsBadValuesTogetherInTheWordsOfRoute53) {
  const auto batch =
      batch_of(change("CREATE", named() + values(1, "192.0.2.256")) +
               change("CREATE", named("TXT") + values(1, "bare")) + change("CREATE", alias("Z2")));
  ASSERT_TRUE(batch);
  ASSERT_EQ(batch->faults.size(), 3U);
  const AwsFault fault = fault_of_batch(Error::batch(batch->faults), *batch, example());
  EXPECT_EQ(fault.code, "InvalidChangeBatch");
  EXPECT_TRUE(fault.message.starts_with(
      "[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid "
      "IPv4 address) encountered with '192.0.2.256'', Invalid Resource Record: 'FATAL problem: "
      "InvalidCharacterString (Value should be enclosed in quotation marks) encountered with "
      "'bare'', Tried to create an alias that targets b.example.com., type A in zone Z2, but that "
      "target was not found"))
      << fault.message;
}

TEST(RecordXml, LimitsCountCharactersAndNotOctets) {
  const auto with_set_id = [](std::size_t count) {
    std::string id;
    for (std::size_t i = 0; i < count; ++i)
      id += "\u00FC";
    return batch_of(change("CREATE", named() + "<SetIdentifier>" + id +
                                         "</SetIdentifier><Weight>1</Weight>" + values(1)));
  };
  EXPECT_TRUE(with_set_id(128));
  ASSERT_FALSE(with_set_id(129));
  EXPECT_EQ(with_set_id(129).error().message, "A SetIdentifier has 1 to 128 characters");
}

TEST(RecordXml, AnInstanceIsSentBackAsItIsListed) {
  const std::string set = named() + "<TrafficPolicyInstanceId>t</TrafficPolicyInstanceId>";
  for (const std::string action : {"DELETE", "UPSERT"}) {
    const auto batch = batch_of(change(action, set));
    ASSERT_TRUE(batch) << batch.error().message;
    EXPECT_EQ(batch->changes[0].record_set.traffic_policy_instance, "t");
    for (const std::string& more :
         {values(1), std::string("<SetIdentifier>s</SetIdentifier><Weight>1</Weight>"),
          std::string("<HealthCheckId>h</HealthCheckId>")})
      EXPECT_FALSE(batch_of(change(action, set + more))) << more;
  }
}

TEST(RecordXml, DeletesWhatRestMadeThoughRoute53TakesLess) {
  const std::string set = named("HTTPS") + values(1, "40000 .");
  EXPECT_TRUE(batch_of(change("DELETE", set))->faults.empty());
  EXPECT_EQ(batch_of(change("UPSERT", set))->faults.size(), 1U);
}

// A simple set may have no health check, whichever it names.
TEST(RecordXml, ASimpleSetHearsThatItHasNoHealthCheckAndNotThatThereIsNone) {
  const std::string set = named() + values(1) + "<HealthCheckId>none</HealthCheckId>";
  const auto batch = batch_of(change("CREATE", set));
  ASSERT_TRUE(batch);
  const std::string at = "/changes/0/record/health_check_id";
  const AwsFault fault = fault_of_batch(
      Error::batch({Error(ErrorCode::policy_conflict, "no routing", at),
                    Error(ErrorCode::health_check_missing, "there is no such check", at)}),
      *batch, example());
  EXPECT_EQ(fault.code, "InvalidChangeBatch");
  EXPECT_NE(fault.message.find("DNS name must have alternate"), std::string::npos);
}

TEST(RecordXml, TextsHaveOctalEscapesOutside) {
  const auto batch = batch_of(change("CREATE", named("TXT") + values(1, "\"a\\351\\\"\"")));
  ASSERT_TRUE(batch);
  ASSERT_TRUE(batch->faults.empty());
  EXPECT_EQ(batch->changes[0].record_set.rdata[0], (Bytes{3, 'a', 0351, '"'}));
  XmlWriter xml("R");
  append_record_set(xml, example(), batch->changes[0].record_set);
  const std::string text = xml.finish();
  EXPECT_NE(text.find("<Value>\"a\\351\\\"\"</Value>"), std::string::npos) << text;
}

}  // namespace
}  // namespace waymark::api
