// SPDX-License-Identifier: Apache-2.0
#include "api/route53/names.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "api/route53/door.h"

namespace waymark::api {
namespace {

TEST(AwsNames, TakeBothSpellingsAndTellOctalEscapes) {
  EXPECT_EQ(aws_name(*parse_aws_name("*.Example.com")), "\\052.example.com.");
  EXPECT_EQ(aws_name(*parse_aws_name("\\052.example.com.")), "\\052.example.com.");
  EXPECT_EQ(aws_name(*parse_aws_name("a!@_-9.example.com")), "a\\041\\100_-9.example.com.");
  EXPECT_EQ(aws_name(*parse_aws_name("\\101\\056b.example.com")), "a\\056b.example.com.");
  EXPECT_EQ(aws_name(*parse_aws_name("\\377.example.com")), "\\377.example.com.");
}

TEST(AwsNames, RefuseWhatIsNoName) {
  const std::string label(63, 'a');
  EXPECT_TRUE(parse_aws_name(label + "." + label + "." + label + "." + std::string(61, 'a')));
  for (const std::string& text :
       {std::string(), std::string("a..b"), std::string(64, 'a'), std::string("\\089.com"),
        std::string("\\400.com"), std::string("a\\"), std::string("a b.com"),
        std::string("\xC3\xA9.com"),
        label + "." + label + "." + label + "." + std::string(62, 'a')}) {
    const auto name = parse_aws_name(text);
    ASSERT_FALSE(name) << text;
    EXPECT_EQ(name.error().code, "InvalidDomainName");
  }
}

TEST(AwsNames, TellWhatIsWrongWithAName) {
  const std::string label(63, 'a');
  const auto told = [](const std::string& text) { return parse_aws_name(text).error().message; };
  const auto problem = [](const std::string& what, const std::string& text) {
    return "FATAL problem: " + what + " encountered with '" + text + "'";
  };
  EXPECT_EQ(told(""), problem("DomainNameEmpty (Domain name is empty)", ""));
  for (const std::string& text : {std::string("a..b"), std::string(".a"), std::string("a..")})
    EXPECT_EQ(told(text), problem("DomainLabelEmpty (Domain label is empty)", text));
  for (const std::string& text : {label + "a.b", "a." + label + "\\056", "b." + label + "\\101."})
    EXPECT_EQ(told(text), problem("DomainLabelTooLong (Domain label is too long)", text));
  const std::string long_name =
      label + "." + label + "." + label + "." + std::string(62, 'a') + ".";
  EXPECT_EQ(told(long_name), problem("DomainNameTooLong (Domain name is too long)", long_name));
  EXPECT_EQ(told("a b.com"),
            problem("UnsupportedCharacter (Value contains unsupported characters)", " "));
}

TEST(AwsNames, EscapesAreOctalOutsideAndDecimalInside) {
  EXPECT_EQ(octal_to_decimal(R"("a\"b\\c\101\377")"), R"("a\"b\\c\065\255")");
  EXPECT_EQ(decimal_to_octal(R"("a\"b\\c\065\255")"), R"("a\"b\\c\101\377")");
  EXPECT_EQ(octal_to_decimal("\"\\389\""), std::nullopt);
  EXPECT_EQ(octal_to_decimal("\\01"), std::nullopt);
}

TEST(AwsNames, AreListedByReversedLabelsAndOctets) {
  const std::vector<std::string> in_order = {
      "example.com.",         "a-b.example.com.",  "a.example.com.",   "0.a.example.com.",
      "\\052.a.example.com.", "_x.a.example.com.", "z.a.example.com.", "b.example.com.",
  };
  for (std::size_t i = 1; i < in_order.size(); ++i)
    EXPECT_LT(listing_key(*parse_aws_name(in_order[i - 1])),
              listing_key(*parse_aws_name(in_order[i])))
        << in_order[i];
  EXPECT_LT(listing_key(*parse_aws_name("ex-ample.com")), listing_key(*parse_aws_name("ex.com")));
  EXPECT_EQ(listing_key(*parse_aws_name("www.example.com")), "com.example.www.");
}

TEST(AwsNames, IdsLoseTheirPrefixes) {
  EXPECT_EQ(bare_id("/hostedzone/Z1"), "Z1");
  EXPECT_EQ(bare_id("Z1"), "Z1");
  const std::string plain = "/2013-04-01/hostedzone/Z1/rrset?name=a%20b";
  for (const char* target :
       {"/2013-04-01/hostedzone/Z1/rrset?name=a+b", "/2013-04-01/hostedzone/Z1/rrset/?name=a%20b",
        "/2013-04-01/hostedzone//hostedzone/Z1/rrset?name=a+b",
        "/2013-04-01/hostedzone/%2Fhostedzone%2FZ1/rrset?name=a+b"})
    EXPECT_EQ(normal_target(target), plain) << target;
}

}  // namespace
}  // namespace waymark::api
