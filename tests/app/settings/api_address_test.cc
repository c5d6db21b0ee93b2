// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.h"

namespace waymark::app {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::vector<std::string>& words) {
  const auto command = parse_serve(words);
  return command ? "" : command.error().detail();
}

TEST(ApiAddress, IsLoopbackByDefault) {  // API-13
  const auto command = parse_serve({});
  ASSERT_TRUE(command);
  EXPECT_TRUE((*command)->config.api.address.is_loopback());
}

TEST(ApiAddress, OfTheNetworkNeedsTlsOrAnExplicitWord) {  // API-13
  for (const char* address :
       {"0.0.0.0:5380", "192.0.2.1:5380", "[::]:5380", "[2001:db8::1]:5380"}) {
    const std::string api = std::string("--api=") + address;
    EXPECT_THAT(refusal({api}), HasSubstr("--api-cert")) << address;
    EXPECT_EQ(refusal({api, "--insecure-api"}), "") << address;
    EXPECT_EQ(refusal({api, "--api-cert=c.pem", "--api-key=k.pem"}), "") << address;
    EXPECT_THAT(refusal({api, "--auth=off", "--api-cert=c.pem", "--api-key=k.pem"}),
                HasSubstr("loopback"))
        << address;
  }
  for (const char* address : {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1"})
    EXPECT_EQ(refusal({std::string("--api=") + address}), "") << address;
}

}  // namespace
}  // namespace waymark::app
