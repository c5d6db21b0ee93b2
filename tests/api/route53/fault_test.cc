// SPDX-License-Identifier: Apache-2.0
#include "api/route53/fault.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

struct Case {
  ErrorCode code;
  unsigned status;
  std::string_view word;
};

TEST(AwsFault, OfOurOwnFailuresIsWhatRoute53CallsThem) {
  const std::vector<Case> cases = {
      {ErrorCode::zone_not_found, 404, "NoSuchHostedZone"},
      {ErrorCode::denied, 403, "AccessDenied"},
      {ErrorCode::conflict, 400, "PriorRequestNotComplete"},
      {ErrorCode::version_mismatch, 400, "PriorRequestNotComplete"},
      {ErrorCode::unavailable, 503, "ServiceUnavailable"},
      {ErrorCode::storage_full, 503, "ServiceUnavailable"},
      {ErrorCode::bad_value, 400, "InvalidInput"},
      {ErrorCode::too_large, 400, "InvalidInput"},
      {ErrorCode::io, 500, "InternalFailure"},
      {ErrorCode::internal, 500, "InternalFailure"},
  };
  for (const Case& one : cases) {
    const AwsFault fault = fault_of(Error(one.code, "why"));
    EXPECT_EQ(fault.status, one.status) << to_string(one.code);
    EXPECT_EQ(fault.code, one.word) << to_string(one.code);
    EXPECT_EQ(fault.message, "why");
  }
}

TEST(AwsFault, IsToldWithWhoHasToMendItAndItsRequestInBodyAndHeader) {
  const Response ours = to_response({503, "ServiceUnavailable", "a < b"}, "request-1");
  EXPECT_EQ(ours.status, 503U);
  EXPECT_NE(ours.body.find("<Type>Receiver</Type>"), std::string::npos);
  EXPECT_NE(ours.body.find("<Message>a &lt; b</Message>"), std::string::npos);
  EXPECT_NE(ours.body.find("<RequestId>request-1</RequestId>"), std::string::npos);
  ASSERT_EQ(ours.headers.size(), 1U);
  EXPECT_EQ(ours.headers[0].first, "x-amzn-RequestId");
  EXPECT_EQ(ours.headers[0].second, "request-1");
  EXPECT_NE(to_response(invalid_input("x"), "r").body.find("<Type>Sender</Type>"),
            std::string::npos);
}

}  // namespace
}  // namespace waymark::api
