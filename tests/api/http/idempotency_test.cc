// SPDX-License-Identifier: Apache-2.0
#include "api/http/idempotency.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

Request post(std::string path, std::string body) {
  Request request;
  request.method = "POST";
  request.path = std::move(path);
  request.body = std::move(body);
  request.principal.id = "T1";
  request.idempotency_key = "key";
  return request;
}

std::string content_of(Request request) {
  identify(request);
  return request.principal.content;
}

TEST(Idempotency, TellsRequestsApartWhoseTextsJoinToTheSame) {
  EXPECT_EQ(content_of(post("/a", "bc")), content_of(post("/a", "bc")));
  EXPECT_NE(content_of(post("/a", "bc")), content_of(post("/ab", "c")));
  EXPECT_NE(content_of(post("/a\n", "b")), content_of(post("/a", "\nb")));

  Request one = post("/a", "");
  Request other = one, third = one;
  one.query = {{"x", "1\ny=2"}};
  other.query = {{"x", "1"}, {"y", "2"}};
  third.query = {{"x=1\ny", "2"}};
  EXPECT_NE(content_of(one), content_of(other));
  EXPECT_NE(content_of(one), content_of(third));
}

TEST(Idempotency, TellsKeysOfTokensApartThatJoinToTheSame) {
  Request one = post("/a", ""), other = one;
  one.principal.id = "T1", one.idempotency_key = "23";
  other.principal.id = "T12", other.idempotency_key = "3";
  identify(one);
  identify(other);

  EXPECT_NE(one.principal.request, other.principal.request);
}

}  // namespace
}  // namespace waymark::api
