// SPDX-License-Identifier: Apache-2.0
#include "api/rest/response_json.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

// Written by hand after RFC 1035 §4.1: a question for example.com A, and one answer by pointer.
Bytes answer() {
  return {0x12, 0x34, 0x84, 0x00, 0,   1,   0,   1,   0, 0,   0,   0,                     //
          7,    'e',  'x',  'a',  'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0,   0, 1, 0, 1,  //
          0xC0, 0x0C, 0,    1,    0,   1,   0,   0,   0, 60,  0,   4,   192, 0, 2, 1};
}

TEST(ShowResponse, ReadsAnAnswerThroughItsPointer) {
  const Json told = show_response(answer());

  EXPECT_EQ(told["rcode"], "NOERROR");
  EXPECT_EQ(told["authoritative"], true);
  ASSERT_EQ(told["answer"].size(), 1U);
  EXPECT_EQ(told["answer"][0]["name"], "example.com.");
  EXPECT_EQ(told["answer"][0]["ttl"], 60);
  EXPECT_EQ(told["answer"][0]["value"], "192.0.2.1");
}

TEST(ShowResponse, EndsWhereACutMessageEnds) {
  const Bytes whole = answer();
  for (std::size_t octets = 0; octets < whole.size(); ++octets) {
    const Json told = show_response(ByteView(whole).first(octets));
    EXPECT_TRUE(!told.contains("answer") || told["answer"].empty()) << octets;
  }
}

TEST(ShowResponse, FollowsNoPointerForward) {
  Bytes message = answer();
  message[30] = 29;  // the owner points at itself
  EXPECT_TRUE(show_response(message)["answer"].empty());
}

}  // namespace
}  // namespace waymark::api
