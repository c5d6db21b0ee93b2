// SPDX-License-Identifier: Apache-2.0
#include "api/http/grant.h"

#include <gtest/gtest.h>

#include "api/http/access_keys.h"
#include "api/http/authentication.h"

namespace waymark::api {
namespace {

TEST(Grant, IsReadBackAsItWasStored) {
  Grant grant;
  grant.name = "ci";
  grant.may_write = true;
  grant.zones = {"Z1", "Z2"};
  grant.created = TimePoint(std::chrono::hours(24 * 365 * 56));
  grant.expires = grant.created + std::chrono::hours(1);
  const auto read = decode_grant("1", grant_json(grant));
  ASSERT_TRUE(read) << read.error().detail();
  EXPECT_EQ(read->id, "1");
  EXPECT_EQ(read->name, grant.name);
  EXPECT_TRUE(read->may_write);
  EXPECT_EQ(read->zones, grant.zones);
  EXPECT_EQ(read->created, grant.created);
  EXPECT_EQ(read->expires, grant.expires);
}

TEST(Grant, OfADamagedRowIsRefusedInsteadOfRulingMoreOrLonger) {
  for (const char* fields :
       {R"("name":1)", R"("scope":[])", R"("zones":"Z1")", R"("zones":[1])", R"("created":{})",
        R"("expires":"tomorrow")", R"("expires":7)", R"("expires":null)"}) {
    const std::string row = std::string("{") + fields + R"(,"hash":"00","sealed_secret":"00"})";
    EXPECT_EQ(decode_token("1", row).error().code(), ErrorCode::bad_json) << row;
    EXPECT_EQ(decode_access_key("1", row).error().code(), ErrorCode::bad_json) << row;
  }
  EXPECT_FALSE(decode_token("1", "{}"));       // without a hash
  EXPECT_FALSE(decode_access_key("1", "{}"));  // without a secret
  EXPECT_FALSE(decode_token("1", "[]"));
  EXPECT_FALSE(decode_access_key("1", R"({"sealed_secret":1})"));
}

}  // namespace
}  // namespace waymark::api
