// SPDX-License-Identifier: Apache-2.0
#include "api/http/router.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

Router some_routes() {
  Router router;
  router.add(
      {"GET", "/v1/zones/{zone}/records", Access::read, Body::none, {"name", "limit"}, "", {}});
  router.add({"GET", "/v1/zones/{zone}", Access::read, Body::none, {}, "", {}});
  router.add({"DELETE", "/v1/zones/{zone}", Access::write, Body::none, {}, "", {}});
  return router;
}

TEST(Router, DecodesSegmentsAfterItHasSplitThem) {
  const Router router = some_routes();
  Request request;

  const auto match =
      router.match("GET", "/v1/zones/0%2F25.2.0.192.in-addr.arpa./records?limit=5", request);

  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(request.parameter("zone"), "0/25.2.0.192.in-addr.arpa.");
  EXPECT_EQ(request.value("limit"), "5");
}

TEST(Router, NamesTheMethodsOfAPathThatExists) {
  const Router router = some_routes();
  Request request;

  const auto match = router.match("PUT", "/v1/zones/a", request);

  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allow, "GET, HEAD, DELETE");
}

TEST(Router, AnswersHeadAsGet) {
  const Router router = some_routes();
  Request request;
  EXPECT_NE(router.match("HEAD", "/v1/zones/a", request).route, nullptr);
}

TEST(Router, KnowsNothingOfOtherPaths) {
  const Router router = some_routes();
  Request request;
  for (const char* target : {"/", "/v1", "/v1/zones/a/records/b", "/v1/zones/a/"}) {
    const auto match = router.match("GET", target, request);
    EXPECT_EQ(match.route, nullptr) << target;
    EXPECT_EQ(match.fault.code(), ErrorCode::not_found) << target;
  }
}

TEST(Router, RefusesAnUnknownQueryParameterAndNamesTheNearest) {
  const Router router = some_routes();
  Request request;

  const auto match = router.match("GET", "/v1/zones/a/records?limt=5", request);

  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.fault.code(), ErrorCode::bad_request);
  EXPECT_NE(match.fault.detail().find("\"limit\""), std::string::npos);
}

TEST(PercentDecode, RefusesACutEscape) {
  EXPECT_EQ(*percent_decode("a%20b"), "a b");
  for (const char* text : {"%", "%2", "%zz", "a%2"})
    EXPECT_FALSE(percent_decode(text)) << text;
}

}  // namespace
}  // namespace waymark::api
