// SPDX-License-Identifier: Apache-2.0
#include "zones/zone_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "zones/records/rdata.h"

namespace waymark::zones {
namespace {

using dns::Name;
using testing::HasSubstr;

const std::string apex =
    "@ 900 IN SOA ns1 hostmaster 1 7200 900 1209600 86400\n@ 900 IN NS ns1\n";  // two lines

Result<std::vector<RecordSet>> parse(std::string_view text) {
  return parse_zone_file(text, *Name::parse("example.com"), "zone.txt");
}
std::vector<std::string> faults(const std::string& text) {
  const auto parsed = parse(text);
  std::vector<std::string> sentences;
  if (parsed) return sentences;
  const Error error = parsed.error();
  for (const Error& cause : error.causes())
    sentences.push_back(cause.detail());
  if (sentences.empty()) sentences.push_back(error.detail());
  return sentences;
}

TEST(ZoneFile, GroupsAndSortsCanonically) {
  const auto sets = parse("$TTL 1h30m\n" + apex +
                          "www IN 60 A 192.0.2.2\n 30 IN A 192.0.2.1 ; inherited owner\n"
                          "a TXT ( \"x\" ; comment\n  y )\n*.a A 192.0.2.3\n");
  ASSERT_TRUE(sets);
  ASSERT_EQ(sets->size(), 5U);
  EXPECT_EQ((*sets)[2].owner.to_string(), "a.example.com.");
  EXPECT_EQ((*sets)[2].ttl, 5400U);
  EXPECT_EQ(rdata_to_string(dns::RrType::TXT, (*sets)[2].rdata[0]), "\"x\" \"y\"");
  EXPECT_EQ((*sets)[4].owner.to_string(), "www.example.com.");
  EXPECT_EQ((*sets)[4].ttl, 30U);  // RFC 2181 §5.2: the least
  EXPECT_EQ((*sets)[4].rdata, (std::vector<Bytes>{{192, 0, 2, 1}, {192, 0, 2, 2}}));
}

TEST(ZoneFile, APrefixListMayBeEmpty) {
  const auto sets = parse(apex + "none 5 IN APL\n");
  ASSERT_TRUE(sets);
  ASSERT_EQ(sets->back().type, dns::RrType::APL);
  EXPECT_EQ(sets->back().rdata, std::vector<Bytes>{Bytes()});  // RFC 3123 §4: zero or more items
  EXPECT_EQ(rdata_to_string(dns::RrType::APL, Bytes()), "\\# 0");
}

TEST(ZoneFile, WhatIsWrittenReadsBackTheSame) {
  const auto sets =
      parse(apex +
            "$ORIGIN sub\nx 5 CAA 0 issue \"a;b\"\ny 5 TYPE65280 \\# 2 abcd\n"
            "z 5 SRV 1 2 3 @\nt 5 TXT \"\\000\\\"\\\\\"\n\\*.q 7 HTTPS 1 . alpn=h2\n");
  ASSERT_TRUE(sets) << faults(apex)[0];
  std::string text;
  ZoneFileWriter writer(*Name::parse("example.com"),
                        [&](std::string_view piece) { text += piece; });
  for (const RecordSet& set : *sets)
    writer.add(set);

  EXPECT_THAT(text, testing::StartsWith("example.com. 900 IN SOA "));
  const auto again = parse(text);
  ASSERT_TRUE(again) << text;
  EXPECT_EQ(*again, *sets);
}

TEST(ZoneFile, RoutedSetsAreWrittenAsComments) {
  RecordSet set;
  set.owner = *Name::parse("www.example.com");
  set.type = dns::RrType::A;
  set.ttl = 60;
  set.set_id = "b\"\n";
  set.routing = Weighted{90};
  set.rdata = {{192, 0, 2, 1}};
  std::string text;
  ZoneFileWriter(*Name::parse("example.com"), [&](std::string_view piece) {
    text += piece;
  }).add(set);
  EXPECT_EQ(text,
            "; waymark: "
            "{\"name\":\"www.example.com.\",\"type\":\"A\",\"ttl\":60,\"values\":[\"192.0.2.1\"],"
            "\"set_id\":\"b\\\"\\u000a\",\"routing\":{\"policy\":\"weighted\",\"weight\":90}}\n");
}

TEST(ZoneFile, FaultsNameFileLineAndColumn) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"a 5 IN A 1.2.3\n", "zone.txt:3:10: "},
      {"a 5 IN A\n", "zone.txt:3:9: "},
      {"a 5 CH A 1.2.3.4\n", "zone.txt:3:5: class CH"},
      {"www.example.org. 5 A 1.2.3.4\n", "zone.txt:3:1: www.example.org. is not in zone"},
      {"$INCLUDE /etc/passwd\n", "zone.txt:3:1: $INCLUDE"},
      {"$GENERATE 1-2 a A 1.2.3.4\n", "zone.txt:3:1: $GENERATE"},
      {"$FOO x\n", "zone.txt:3:1: $FOO"},
      {"a 2147483648 A 1.2.3.4\n", "zone.txt:3:3: TTL"},
      {"a 5 A ( 1.2.3.4\n", "zone.txt:3:7: "},
      {"a 5 A 1.2.3.4 )\n", "zone.txt:3:15: "},
      {"a 5 TXT \"x\n", "zone.txt:3:9: "},
      {std::string("a 5 TXT x\0y\n", 12), "zone.txt:3:10: control octet 0x00"},
      {"a 5 NOPE 1\n", "zone.txt:3:5: "},
      {"a..b 5 A 1.2.3.4\n", "zone.txt:3:1: "},
      {"a 5 ANY \\# 0\n", "zone.txt:3:5: "},
      {"a 5 CNAME b\na 5 A 1.2.3.4\n", "zone.txt:4:1: a CNAME must be alone"},
      {"@ 5 SOA a. b. 2 3 4 5 6\n", "zone.txt:1:1: SOA has exactly one value"},
      {"*.w 5 NS b\n", "zone.txt:3:1: a wildcard"},
  };
  for (const auto& [line, expected] : rows)
    EXPECT_THAT(faults(apex + line), testing::Contains(HasSubstr(expected))) << line;
}

TEST(ZoneFile, ApexNeedsSoaAndNs) {
  EXPECT_THAT(faults("a 5 A 1.2.3.4\n"), testing::Contains(HasSubstr("needs SOA and NS")));
  EXPECT_THAT(faults("@ 5 NS ns1\n"), testing::Contains(HasSubstr("needs SOA")));
  EXPECT_THAT(faults(apex.substr(0, apex.find('\n') + 1)),
              testing::Contains(HasSubstr("needs NS")));
  EXPECT_FALSE(parse(""));
}

TEST(ZoneFile, TellsEveryFaultButAtMostAHundred) {
  std::string text = apex;
  for (int i = 0; i < 7; ++i)
    text += "a 5 A x\n";
  EXPECT_EQ(faults(text).size(), 7U);
  for (int i = 0; i < 200; ++i)
    text += "a 5 A x\n";
  EXPECT_EQ(faults(text).size(), 100U);
}

}  // namespace
}  // namespace waymark::zones
