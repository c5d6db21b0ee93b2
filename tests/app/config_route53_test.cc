// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "app/config.h"

namespace waymark::app {
namespace {

TEST(Route53Config, OpensTheDoorOnLoopbackAndAsksForSignatures) {
  const auto command = parse_serve({});
  ASSERT_TRUE(command);
  EXPECT_EQ((*command)->config.route53_api, default_route53());
  EXPECT_TRUE((*command)->config.aws_auth);
}

TEST(Route53Config, ReachesTheControlProcessWhole) {
  for (const std::string door : {"off", "[::1]:5391"}) {
    const auto command = parse_serve({"--route53-api=" + door, "--aws-auth=off"});
    ASSERT_TRUE(command) << command.error().detail();
    const Config& config = (*command)->config;
    EXPECT_EQ(config.route53_api ? config.route53_api->to_string() : "off", door);
    const auto again = parse_serve(to_words(config));
    ASSERT_TRUE(again);
    EXPECT_EQ((*again)->config.route53_api, config.route53_api);
    EXPECT_FALSE((*again)->config.aws_auth);
  }
}

TEST(Route53Config, IsNotOpenedToOthersInTheClearOrUnsigned) {
  EXPECT_FALSE(parse_serve({"--route53-api=192.0.2.1:5381"}));
  EXPECT_TRUE(parse_serve({"--route53-api=192.0.2.1:5381", "--insecure-api"}));
  EXPECT_FALSE(parse_serve({"--route53-api=192.0.2.1:5381", "--insecure-api", "--aws-auth=off"}));
  EXPECT_FALSE(parse_serve({"--route53-api=nowhere"}));
  EXPECT_FALSE(parse_serve({"--aws-auth=token"}));
}

}  // namespace
}  // namespace waymark::app
