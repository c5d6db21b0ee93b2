// SPDX-License-Identifier: Apache-2.0
#include "api/http/json.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

std::string nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

TEST(ParseJson, TakesThirtyTwoLevelsAndNotOneMore) {
  EXPECT_TRUE(parse_json(nested(32)));

  const auto deeper = parse_json(nested(33));

  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code(), ErrorCode::bad_json);
}

TEST(ParseJson, EndsEarlyInAMillionLevels) {
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(ParseJson, RefusesAKeyThatStandsTwice) {
  EXPECT_FALSE(parse_json(R"({"a":1,"a":2})"));
  EXPECT_FALSE(parse_json(R"([{"b":{"c":1,"c":1}}])"));
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":2}])"));
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{\"a\":1,}", "nul", "1 2", "\"\xC3\x28\"", "{'a':1}"})
    EXPECT_FALSE(parse_json(text)) << text;
}

}  // namespace
}  // namespace waymark::api
