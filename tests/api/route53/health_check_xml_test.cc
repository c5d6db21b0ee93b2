// SPDX-License-Identifier: Apache-2.0
#include "api/route53/health_check_xml.h"

#include <gtest/gtest.h>

#include "api/route53/geo_names.h"
#include "policy/geo_code.h"

namespace waymark::api {
namespace {

using health::HealthCheck;

AwsResult<HealthCheck> made(const std::string& config) {
  const auto body = parse_xml(
      "<CreateHealthCheckRequest><CallerReference>r</CallerReference><HealthCheckConfig>" + config +
      "</HealthCheckConfig></CreateHealthCheckRequest>");
  return read_aws_health_check(*body);
}

AwsResult<HealthCheck> updated(const HealthCheck& before, const std::string& settings) {
  const auto body =
      parse_xml("<UpdateHealthCheckRequest>" + settings + "</UpdateHealthCheckRequest>");
  return update_aws_health_check(*body, before);
}

std::string told(const HealthCheck& check) {
  XmlWriter xml("x");
  append_health_check(xml, check);
  return xml.finish();
}

const std::string http = "<IPAddress>10.0.0.1</IPAddress><Type>HTTP</Type>";

TEST(Behaviour, Rule10_2_ACheckOfRoute53HasItsDefaults) {
  const auto check = made(http);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_EQ(check->port, 80);
  EXPECT_EQ(check->interval, std::chrono::seconds(30));
  EXPECT_EQ(check->fall, 3);
  EXPECT_EQ(check->rise, 3);
  EXPECT_EQ(made("<IPAddress>10.0.0.1</IPAddress><Type>HTTPS</Type>")->port, 443);
}

TEST(Behaviour, Rule10_4_TheThresholdCountsBothWays) {
  const auto check = made(http + "<FailureThreshold>5</FailureThreshold>");
  ASSERT_TRUE(check);
  EXPECT_EQ(check->fall, 5);
  EXPECT_EQ(check->rise, 5);
}

TEST(AwsHealthCheck, ANameAloneIsResolvedAndBesideAnAddressIsTheHost) {
  const std::string name = "<FullyQualifiedDomainName>a.example</FullyQualifiedDomainName>";
  const auto alone = made("<Type>HTTP</Type>" + name);
  ASSERT_TRUE(alone) << alone.error().message;
  EXPECT_EQ(alone->target, "a.example");
  EXPECT_EQ(told(*alone).find("<IPAddress>"), std::string::npos);
  const auto both = made(http + name);
  ASSERT_TRUE(both);
  EXPECT_EQ(both->host, "a.example");
  EXPECT_TRUE(both->target.empty());
  // behaviour §10.2: the value of the address may change, whether there is one may not.
  EXPECT_FALSE(updated(*alone, "<IPAddress>10.0.0.2</IPAddress>"));
  EXPECT_FALSE(updated(*alone,
                       "<ResetElements><ResettableElementName>FullyQualifiedDomainName"
                       "</ResettableElementName></ResetElements>"));
  EXPECT_TRUE(updated(*both, "<IPAddress>10.0.0.2</IPAddress>"));
}

TEST(AwsHealthCheck, APathThatWasNotGivenIsNotTold) {
  EXPECT_EQ(told(*made(http)).find("ResourcePath"), std::string::npos);
  EXPECT_NE(told(*made(http + "<ResourcePath>live</ResourcePath>"))
                .find("<ResourcePath>/live</ResourcePath>"),
            std::string::npos);
}

TEST(AwsHealthCheck, AnUpdateNamesTheVersionItWasMadeFrom) {
  HealthCheck before = *made(http);
  before.version = 3;
  const auto good = updated(before, "<HealthCheckVersion>3</HealthCheckVersion><Port>81</Port>");
  ASSERT_TRUE(good);
  EXPECT_EQ(good->port, 81);
  const auto old = updated(before, "<HealthCheckVersion>2</HealthCheckVersion><Port>81</Port>");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code, "HealthCheckVersionMismatch");
  EXPECT_EQ(old.error().status, 409U);
}

TEST(AwsHealthCheck, OnlyTypesThatRoute53KnowsAreTold) {
  HealthCheck check;
  check.type = HealthCheck::Type::dns;
  EXPECT_FALSE(is_aws_health_check(check));
  check.type = HealthCheck::Type::push;
  EXPECT_TRUE(is_aws_health_check(check));
  EXPECT_NE(told(check).find("<Type>CLOUDWATCH_METRIC</Type>"), std::string::npos);
}

TEST(GeoNames, EveryPlaceIsOneThatRecordSetsMayName) {
  for (const GeoName& one : continent_names())
    EXPECT_NE(policy::continent_code(one.code), policy::geo_everywhere) << one.code;
  for (const GeoName& one : country_names())
    EXPECT_NE(policy::country_code(one.code), policy::geo_everywhere) << one.code;
  for (const GeoName& one : us_state_names())
    EXPECT_NE(policy::subdivision_code("US", one.code), policy::geo_everywhere) << one.code;
  EXPECT_EQ(continent_names().size(), 7U);
  EXPECT_EQ(us_state_names().size(), 51U);
}

}  // namespace
}  // namespace waymark::api
