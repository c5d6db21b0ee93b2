// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "app/config.h"

namespace waymark::app {
namespace {

TEST(HealthConfig, HasTheDefaultsOfTheRules) {
  const auto command = parse_serve({});
  ASSERT_TRUE(command);
  const health::TrustSettings& trust = (*command)->config.trust;
  EXPECT_EQ(trust.from_checks, 20U);
  EXPECT_EQ(trust.freeze_percent, 30U);
  EXPECT_EQ(trust.budget_percent, 10U);
  EXPECT_EQ(trust.budget_least, 2U);
  EXPECT_EQ(trust.flap_changes, 6U);
  EXPECT_EQ(trust.flap_window, std::chrono::minutes(10));
  EXPECT_TRUE(trust.references.empty());
}

TEST(HealthConfig, ReachesTheControlProcessWhole) {
  const auto command = parse_serve(
      {"--resolver=192.0.2.53", "--resolver=[2001:db8::53]:5353",
       "--health-reference=192.0.2.1:443", "--health-freeze-percent=0",
       "--health-removal-percent=25", "--health-removal-least=3", "--health-flap-changes=9",
       "--health-flap-window=60", "--health-rules-from=5", "--health-tls-dir=/etc/waymark/tls",
       "--webhook=http://192.0.2.9/x", "--webhook-secret-file=/etc/waymark/secret"});
  ASSERT_TRUE(command);
  const Config& config = (*command)->config;
  ASSERT_EQ(config.resolvers.size(), 2U);
  EXPECT_EQ(config.resolvers[0].port, 53);
  const auto again = parse_serve(to_words(config));
  ASSERT_TRUE(again);
  EXPECT_EQ(to_words((*again)->config), to_words(config));
  EXPECT_EQ((*again)->config.trust.flap_window, std::chrono::minutes(1));
  EXPECT_EQ((*again)->config.trust.references, config.trust.references);
  EXPECT_EQ((*again)->config.webhook, "http://192.0.2.9/x");
}

TEST(HealthConfig, RefusesWhatCanNotWork) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--resolver=dns.example"},
        {"--health-reference=192.0.2.1"},
        {"--health-freeze-percent=101"},
        {"--webhook=http://192.0.2.9/"},
        {"--webhook=http://hooks.example/", "--webhook-secret-file=x"},
        {"--webhook=gopher://192.0.2.9/", "--webhook-secret-file=x"}})
    EXPECT_FALSE(parse_serve(words)) << words.front();
}

}  // namespace
}  // namespace waymark::app
