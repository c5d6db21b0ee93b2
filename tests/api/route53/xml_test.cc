// SPDX-License-Identifier: Apache-2.0
#include "api/route53/xml.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

TEST(Xml, ReadsElementsWithAnyPrefixAndTheirText) {
  const auto root = parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding='UTF-8'?>\n<!-- < & --><r:Request xmlns:r=\"u\">"
      "<r:Name>a &amp; &#x62; <![CDATA[<c>]]></r:Name>\n <Empty/></r:Request>\n");
  ASSERT_TRUE(root) << root.error().detail();
  EXPECT_EQ(root->name, "Request");
  ASSERT_EQ(root->children.size(), 2U);
  EXPECT_EQ(root->children[0].name, "Name");
  EXPECT_EQ(root->children[0].text, "a & b <c>");
  EXPECT_EQ(root->children[1].text, "");
}

TEST(Xml, RefusesWhatWouldMakeADocumentMoreThanItIs) {
  for (const std::string text : {
           "<!DOCTYPE a><a/>",
           "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>",
           "<!DOCTYPE a SYSTEM \"http://127.0.0.1/\"><a/>",
           "<?xml version=\"1.0\"?><!DOCTYPE a><a/>",
           "<a><!ENTITY b \"c\"></a>",
           "<a>&b;</a>",
           "<a b=\"&c;\"/>",
           "<a>&#0;</a>",
           "<a>&#xFFFF;</a>",
           "<a>&</a>",
           "<?php x?><a/>",
           "<a><?php x?></a>",
           "<a/><?xml version=\"1.0\"?>",
           " <?xml version=\"1.0\"?><a/>",
           "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
           "<?xml version=\"1.0\" encoding=\"utf-16\"?><a/>",
       })
    EXPECT_FALSE(parse_xml(text)) << text;
}

TEST(Xml, RefusesWhatIsNotOneWholeElement) {
  for (const std::string text : {"", " ", "text", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>text",
                                 "text<a/>", "<a", "<a b=\"", "<a b=\"<\"/>", "<a><b>c</b>d</a>",
                                 "<!-- ", "<a><![CDATA[", "<![CDATA[a]]><a/>", "<a b></a>"})
    EXPECT_FALSE(parse_xml(text)) << text;
}

TEST(Xml, RefusesWhatIsNoUtf8) {
  for (const std::string& text :
       {std::string("<a>\xFF</a>"), std::string("<a>\xC0\x80</a>"),
        std::string("<a>\xED\xA0\x80</a>"), std::string("<a>\xF4\x90\x80\x80</a>"),
        std::string("<a>\xC3</a>"), std::string("<a>\0</a>", 8),
        std::string("\xFF\xFE<\0a\0/\0>\0", 10), std::string("<a>\x01</a>")})
    EXPECT_FALSE(parse_xml(text)) << text;
  EXPECT_TRUE(parse_xml("<a>\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8C\x8D</a>"));
}

TEST(Xml, KeepsItsLimits) {
  const auto nested = [](std::size_t depth) {
    return repeated("<a>", depth) + repeated("</a>", depth);
  };
  EXPECT_TRUE(parse_xml(nested(max_xml_depth)));
  EXPECT_FALSE(parse_xml(nested(max_xml_depth + 1)));
  EXPECT_FALSE(parse_xml(nested(100'000)));

  const auto siblings = [](std::size_t elements) {
    return "<a>" + repeated("<b/>", elements - 1) + "</a>";
  };
  EXPECT_TRUE(parse_xml(siblings(max_xml_elements)));
  EXPECT_FALSE(parse_xml(siblings(max_xml_elements + 1)));

  const auto attributes = [](std::size_t count) {
    std::string text = "<a";
    for (std::size_t i = 0; i < count; ++i)
      text += " b" + std::to_string(i) + "='>'";
    return text + "/>";
  };
  EXPECT_TRUE(parse_xml(attributes(max_xml_attributes)));
  EXPECT_FALSE(parse_xml(attributes(max_xml_attributes + 1)));
}

TEST(Xml, WritesAQuestionMarkForWhatNoDocumentMayHold) {
  for (const auto& [given, written] : std::vector<std::pair<std::string, std::string>>{
           {"\xC3\xBC \xE2\x80\xAE \xF0\x9F\x92\xA9", "\xC3\xBC \xE2\x80\xAE \xF0\x9F\x92\xA9"},
           {"'\xE2'", "'?'"},        // half a character
           {"\xE2\x80", "??"},       // at the end
           {"\xC0\xAF", "??"},       // longer than it need be
           {"\xED\xA0\x80", "???"},  // a surrogate
           {"\x01\x1F\t", "??\t"},
           {"\xEF\xBF\xBF", "???"}}) {  // U+FFFF
    XmlWriter xml("Root");
    xml.text("Value", given);
    const auto root = parse_xml(xml.finish());
    ASSERT_TRUE(root) << root.error().detail();
    EXPECT_EQ(root->children[0].text, written);
  }
}

TEST(Xml, WritesWhatItReads) {
  XmlWriter xml("Root");
  xml.open("List");
  xml.text("Value", "\"a<b>&c\r\n\"");
  xml.close();
  xml.flag("Last", true);
  const std::string text = xml.finish();
  EXPECT_TRUE(
      text.starts_with("<?xml version=\"1.0\"?>\n<Root xmlns=\"https://route53.amazonaws.com/"
                       "doc/2013-04-01/\"><List><Value>\"a&lt;b&gt;&amp;c&#13;\n\"</Value>"))
      << text;
  const auto root = parse_xml(text);
  ASSERT_TRUE(root) << root.error().detail();
  EXPECT_EQ(root->children[0].children[0].text, "\"a<b>&c\r\n\"");
  EXPECT_EQ(root->children[1].text, "true");
}

}  // namespace
}  // namespace waymark::api
