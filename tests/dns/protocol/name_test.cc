// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/name.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace waymark::dns {
namespace {

Name name(std::string_view text) {
  return Name::parse(text).value();
}

TEST(Name, IsFoldedAndMayMissItsLastDot) {
  EXPECT_EQ(name("WWW.Example.COM").to_string(), "www.example.com.");
  EXPECT_EQ(name("WWW.Example.COM."), name("www.example.com"));
  EXPECT_EQ(name("."), Name());
}

TEST(Name, KeepsDotsAndZerosInsideLabels) {
  const Name dotted = name("a\\.b.c");
  EXPECT_EQ(dotted.labels(), 2);
  EXPECT_EQ(dotted.to_string(), "a\\.b.c.");
  EXPECT_EQ(name("a\\000b.").to_string(), "a\\000b.");
  EXPECT_EQ(name("\\065.").to_string(), "a.");  // \065 is 'A', a letter like others
  EXPECT_EQ(name("a\\ b."), name("a\\032b."));  // RFC 1035 §5.1: \X is X
}

TEST(Name, RefusesWhatIsNoName) {
  const std::vector<std::string> bad{"",
                                     "..",
                                     ".a",
                                     "a..b",
                                     "a b",
                                     "a\tb",
                                     "a\\",
                                     "a\\25",
                                     "a\\256.",
                                     "a\\2x5.",
                                     "\x7F.",
                                     "\xC3\xA4.",
                                     "a...",
                                     std::string(64, 'a'),
                                     std::string(64, 'a') + ".com."};
  for (const auto& text : bad) {
    const auto parsed = Name::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), ErrorCode::bad_name);
  }
}

TEST(Name, HasAtMost255Octets) {
  std::string longest;
  for (int i = 0; i < 3; ++i)
    longest += std::string(63, 'a') + ".";
  longest += std::string(61, 'a');
  EXPECT_EQ(name(longest).octets(), max_name_octets);
  EXPECT_FALSE(Name::parse(longest + "b"));
}

TEST(Name, IsRelativeToAnOriginWithoutALastDot) {
  const Name origin = name("example.com.");
  EXPECT_EQ(Name::parse("www", origin).value().to_string(), "www.example.com.");
  EXPECT_EQ(Name::parse("www.", origin).value().to_string(), "www.");
  EXPECT_EQ(Name::parse("@", origin).value(), origin);
  EXPECT_FALSE(Name::parse(std::string(63, 'a') + "." + std::string(63, 'a') + "." +
                               std::string(63, 'a') + "." + std::string(55, 'a'),
                           origin));
}

TEST(Name, IsReadFromWholeWireNamesOnly) {
  const Bytes good{3, 'W', 'w', 'w', 0};
  EXPECT_EQ(Name::from_wire(good).value().to_string(), "www.");
  for (const Bytes& bad : {Bytes{}, Bytes{3, 'a', 'b'}, Bytes{1, 'a'}, Bytes{1, 'a', 0, 0},
                           Bytes{0xC0, 0x0C}, Bytes{64, 0}})
    EXPECT_FALSE(Name::from_wire(bad));
}

TEST(Name, IsUnderItsAncestorsOnWholeLabelsOnly) {
  EXPECT_TRUE(name("a.example.").is_under(name("example.")));
  EXPECT_TRUE(name("example.").is_under(name("example.")));
  EXPECT_TRUE(name("example.").is_under(Name()));
  EXPECT_FALSE(name("aexample.").is_under(name("example.")));
  EXPECT_FALSE(name("example.").is_under(name("a.example.")));
  EXPECT_FALSE(name("a\\007example.").is_under(name("example.")));
}

// RFC 4034 §6.1, the list as it stands there.
TEST(Name, SortsInCanonicalOrder) {
  const std::vector<std::string> sorted{
      "example.",   "a.example.",       "yljkjljk.a.example.", "Z.a.example.",    "zABC.a.EXAMPLE.",
      "z.example.", "\\001.z.example.", "*.z.example.",        "\\200.z.example."};
  for (std::size_t i = 0; i + 1 < sorted.size(); ++i) {
    const Name first = name(sorted[i]), second = name(sorted[i + 1]);
    EXPECT_LT(first, second);
    EXPECT_LT(first.sort_key(), second.sort_key());
  }
}

TEST(Name, SortKeysComeBackAndBeginWithTheAncestors) {
  for (const char* text : {".", "com.", "a\\000b.\\001\\002.example.", "*.example."}) {
    const Name original = name(text);
    EXPECT_EQ(Name::from_sort_key(original.sort_key()), original);
    const Bytes key = original.sort_key(), child = original.child("x").sort_key();
    EXPECT_TRUE(std::equal(key.begin(), key.end(), child.begin()));
  }
}

TEST(Name, KnowsParentChildAndWildcard) {
  EXPECT_EQ(name("www.example.").parent(), name("example."));
  EXPECT_EQ(name("example.").child("WWW"), name("www.example."));
  EXPECT_TRUE(name("*.example.").is_wildcard());
  EXPECT_FALSE(name("a.*.example.").is_wildcard());
  EXPECT_FALSE(Name().is_wildcard());
}

}  // namespace
}  // namespace waymark::dns
