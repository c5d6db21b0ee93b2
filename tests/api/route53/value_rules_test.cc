// SPDX-License-Identifier: Apache-2.0
//
// Expected words: behaviour specification of the door, §4.2.
#include "api/route53/value_rules.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

using dns::RrType;

/// What is told of a value; "" when it is taken.
std::string told(RrType type, const std::string& value) {
  const auto rdata = parse_aws_value(type, value, ValueRules::route_53);
  return rdata ? "" : rdata.error().detail();
}

std::string problem(const std::string& what, const std::string& value) {
  return "Invalid Resource Record: 'FATAL problem: " + what + " encountered with '" + value + "''";
}

TEST(ValueRules, TakeWhatRoute53Takes) {
  const std::vector<std::pair<RrType, std::string>> good = {
      {RrType::TXT, R"("a" "b c" "")"},
      {RrType::TXT, R"("a""b")"},
      {RrType::SPF, R"("v=spf1 -all")"},
      {RrType::TXT, '"' + std::string(255, 'a') + '"'},
      {RrType::CAA, R"(0 issue "ca.example.net")"},
      {RrType::CAA, R"(0 IssueWild ";")"},
      {RrType::CAA, R"(0 iodef "mailto:a@example.net")"},
      {RrType::CAA, R"(0 issuemail "ca.example.net")"},
      {RrType::CAA, R"(128 tbs "unknown")"},
      {RrType::NAPTR, R"(100 50 "s" "SIP+D2U" "" _sip._udp.example.com)"},
      {RrType::NAPTR, R"(100 50 "u" "E2U+sip" "!^.*$!sip:a@example.com!" .)"},
      {RrType::TLSA, "3 1 2 " + std::string(128, 'a')},
      {RrType::TLSA, "0 0 0 aa"},
      {RrType::SSHFP, "4 2 " + std::string(64, 'a')},
      {RrType::SVCB, "32767 a.example.com port=443"},
      {RrType::HTTPS, "0 a.example.com"},
      {RrType::HTTPS,
       "1 . alpn=\"h2,h3\" no-default-alpn port=8443 ipv4hint=192.0.2.1 "
       "ipv6hint=2001:db8::1"},
      {RrType::SVCB, R"(1 dns.example.net alpn="h2" dohpath="/dns-query{?dns}")"},
      {RrType::MX, "65535 mail.example.com"},
  };
  for (const auto& [type, value] : good)
    EXPECT_EQ(told(type, value), "") << value;
}

TEST(ValueRules, StringsStandInQuotationMarks) {
  for (const auto& [type, value] : std::vector<std::pair<RrType, std::string>>{
           {RrType::TXT, "bare"},
           {RrType::TXT, R"("a" b)"},
           {RrType::SPF, R"("a" b "c")"},
           {RrType::TXT, "v=spf1; -all"},
           {RrType::CAA, "0 issue ca.example.net"},
           {RrType::NAPTR, R"(100 50 s "SIP+D2U" "" _sip._udp.example.com)"},
           {RrType::NAPTR, R"(100 50 "s" SIP+D2U "" _sip._udp.example.com)"}})
    EXPECT_EQ(
        told(type, value),
        problem("InvalidCharacterString (Value should be enclosed in quotation marks)", value));
}

TEST(ValueRules, AStringHas255OctetsAtMost) {
  const std::string value = R"("a" ")" + std::string(256, 'b') + '"';
  EXPECT_EQ(told(RrType::TXT, value), problem("CharacterStringTooLong (Value is too long)", value));
  std::string escaped = "\"";
  for (int i = 0; i < 256; ++i)
    escaped += "\\351";
  escaped += '"';
  EXPECT_EQ(told(RrType::TXT, escaped),
            problem("CharacterStringTooLong (Value is too long)", escaped));
}

TEST(ValueRules, TagsMeanSomethingOrAreCritical) {
  for (const std::string tag : {"contactemail", "tbs", "issue1"}) {
    const std::string value = "0 " + tag + R"( "a")";
    EXPECT_NE(told(RrType::CAA, value).find("CAARRDATAInvalidTag ("), std::string::npos) << value;
  }
}

TEST(ValueRules, NumbersAndKeysAreThoseOfRoute53) {
  for (const auto& [type, value] : std::vector<std::pair<RrType, std::string>>{
           {RrType::TLSA, "4 1 1 aa"},
           {RrType::TLSA, "3 2 1 aa"},
           {RrType::TLSA, "3 1 3 aa"},
           {RrType::TLSA, "255 1 1 aa"},
           {RrType::SSHFP, "5 1 aa"},
           {RrType::SSHFP, "1 3 aa"},
           {RrType::SSHFP, "0 1 aa"},
           {RrType::HTTPS, "32768 ."},
           {RrType::HTTPS, "40000 ."},
           {RrType::SVCB, "65535 a.example.com"},
           {RrType::SVCB, "1 a.example.com key65333=\"a\""},
           {RrType::SVCB, "1 a.example.com key3=\"a\""},
           {RrType::SVCB, "1 a.example.com mandatory=port port=443"},
           {RrType::HTTPS, "1 . no-default-alpn"},
           {RrType::NAPTR, R"(100 50 "u" "E2U+sip" "!^.*$!sip:a@b!" a.example.com)"},
           {RrType::DS, "1 13 2"},
           {RrType::MX, "65536 mail.example.com"}})
    EXPECT_NE(told(type, value).find("RRDATAInvalid ("), std::string::npos)
        << value << ": " << told(type, value);
}

TEST(ValueRules, NamesAreToldAsNames) {
  const std::string label(64, 'a');
  EXPECT_EQ(told(RrType::CNAME, label + ".example.com"),
            problem("DomainLabelTooLong (Domain label is too long)", label + ".example.com"));
  EXPECT_EQ(told(RrType::MX, "10 a..example.com"),
            problem("DomainLabelEmpty (Domain label is empty)", "10 a..example.com"));
  std::string name;
  for (int i = 0; i < 4; ++i)
    name += std::string(63, 'a') + ".";
  EXPECT_EQ(told(RrType::NS, name), problem("DomainNameTooLong (Domain name is too long)", name));
}

TEST(ValueRules, WhatIsStoredMayBeNamedWhateverMadeIt) {
  for (const auto& [type, value] : std::vector<std::pair<RrType, std::string>>{
           {RrType::HTTPS, "40000 ."},
           {RrType::TLSA, "255 1 1 aa"},
           {RrType::CAA, R"(0 contactemail "a@example.com")"},
           {RrType::SVCB, "1 a.example.com key65333=\"a\""}})
    EXPECT_TRUE(parse_aws_value(type, value, ValueRules::ours)) << value;
  EXPECT_FALSE(parse_aws_value(RrType::TXT, "bare", ValueRules::ours));
}

}  // namespace
}  // namespace waymark::api
