// SPDX-License-Identifier: Apache-2.0
#include "api/http/problem.h"

#include <gtest/gtest.h>

#include "api/http/json.h"

namespace waymark::api {
namespace {

TEST(Problem, TellsEveryFaultOfABatch) {
  const Error batch =
      Error::batch({Error(ErrorCode::bad_ttl, "too long", "/changes/0/record/ttl"),
                    Error(ErrorCode::bad_name, "empty label", "/changes/1/record/name")});

  const Response response = problem(batch);

  EXPECT_EQ(response.status, 422U);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const Json body = Json::parse(response.body);
  EXPECT_EQ(body["code"], "bad_batch");
  ASSERT_EQ(body["errors"].size(), 2U);
  EXPECT_EQ(body["errors"][1]["pointer"], "/changes/1/record/name");
}

TEST(Problem, HasTheStatusThatItsCausesAgreeOn) {
  const Error missing =
      Error::batch({Error(ErrorCode::record_not_found, "a"), Error(ErrorCode::not_found, "b")});
  EXPECT_EQ(problem(missing).status, 404U);
}

TEST(Problem, AsksForATokenWhenThereIsNone) {
  const Response response = problem(Error(ErrorCode::unauthorized, "no token"));
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].first, "WWW-Authenticate");
}

}  // namespace
}  // namespace waymark::api
