// SPDX-License-Identifier: Apache-2.0
#include "zones/external_resolver.h"

#include <gtest/gtest.h>

namespace waymark::zones {
namespace {

using namespace std::chrono_literals;
using dns::RrType;
using health::DnsReply;

IpAddress ip(const char* text) {
  return IpAddress::parse(text).value();
}
ExternalTarget target(const char* name = "lb.example.net.", RrType type = RrType::A) {
  return {dns::Name::parse(name).value(), type};
}
ExternalAlias alias(const ExternalTarget& to, const char* owner = "www.example.com.") {
  return {to, dns::Name::parse(owner).value(), false};
}
DnsReply reply(std::vector<DnsReply::Address> addresses, std::uint16_t rcode = 0) {
  return {rcode, false, std::move(addresses)};
}

class ExternalResolverTest : public testing::Test {
 protected:
  /// What it asks for when its time has come.
  void wait() {
    const auto due = resolver.next_due();
    ASSERT_TRUE(due);
    if (*due > clock.monotonic()) clock.advance(*due - clock.monotonic());
  }
  void answer(const Result<DnsReply>& with, const ExternalTarget& to = target()) {
    wait();
    const auto asked = resolver.take_due();
    ASSERT_EQ(asked, std::vector{to});
    resolver.heard(to, with);
  }
  std::optional<ExternalAnswer> known(const ExternalTarget& to = target()) {
    const auto status = resolver.status(to);
    return status ? status->answer : std::nullopt;
  }

  ManualClock clock;
  ExternalResolver resolver{clock, Random(1), {5s, 3'600s, 4}};
};

TEST_F(ExternalResolverTest, ManyAliasesShareOneResolution) {
  resolver.want({alias(target(), "a.example.com."), alias(target(), "b.example.com.")});
  EXPECT_EQ(resolver.take_due(), std::vector{target()});
  EXPECT_TRUE(resolver.take_due().empty());  // it is under way
  EXPECT_EQ(resolver.status(target())->owners.size(), 2U);
}

TEST_F(ExternalResolverTest, WhatComesAndGoesIsToldByDifferences) {
  resolver.change(
      {{true, alias(target(), "a.example.com.")}, {true, alias(target(), "b.example.com.")}});
  EXPECT_EQ(resolver.take_due(), std::vector{target()});
  resolver.change({{false, alias(target(), "a.example.com.")}});
  EXPECT_EQ(resolver.status(target())->owners.size(), 1U);
  // The last goes, and another comes in the same breath: nothing is forgotten.
  resolver.heard(target(), reply({{ip("192.0.2.1"), 60s}}));
  resolver.change(
      {{false, alias(target(), "b.example.com.")}, {true, alias(target(), "c.example.com.")}});
  EXPECT_TRUE(known());
  resolver.change({{false, alias(target(), "c.example.com.")}});
  EXPECT_FALSE(resolver.status(target()));
  EXPECT_FALSE(resolver.next_due());
}

TEST_F(ExternalResolverTest, WhatTheImageHadIsStaleAndAskedForAtOnce) {
  ExternalAnswer had;
  had.addresses = {ip("192.0.2.1")};
  had.ttl = 60;
  resolver.seed({{target(), had}});
  resolver.want({alias(target())});
  EXPECT_EQ(known()->addresses, had.addresses);
  EXPECT_EQ(resolver.take_due(), std::vector{target()});
  resolver.heard(target(), Error(ErrorCode::timed_out, "no reply"));
  EXPECT_TRUE(known());
  clock.advance(1s);
  EXPECT_TRUE(resolver.status(target())->stale);
}

TEST_F(ExternalResolverTest, AnAnswerHoldsForItsLeastTtlAndIsAskedForAgainAfterIt) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.2"), 300s}, {ip("192.0.2.1"), 60s}}));
  ASSERT_TRUE(known());
  EXPECT_EQ(known()->addresses, (std::vector{ip("192.0.2.1"), ip("192.0.2.2")}));
  EXPECT_EQ(known()->ttl, 60U);

  const Duration until = *resolver.next_due() - clock.monotonic();
  EXPECT_GE(until, 60s);
  EXPECT_LE(until, 66s);  // a tenth of jitter
}

TEST_F(ExternalResolverTest, TheTtlHasAFloorAndACeiling) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.1"), 0s}}));
  EXPECT_EQ(known()->ttl, 5U);
  answer(reply({{ip("192.0.2.1"), 86'400s}}));
  EXPECT_EQ(known()->ttl, 3'600U);
}

TEST_F(ExternalResolverTest, OnlyADifferentAnswerIsAChange) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.1"), 60s}, {ip("192.0.2.2"), 60s}}));
  EXPECT_EQ(resolver.take_changes().size(), 1U);
  answer(reply({{ip("192.0.2.2"), 60s}, {ip("192.0.2.1"), 60s}}));  // in another order
  EXPECT_TRUE(resolver.take_changes().empty());
  answer(reply({{ip("192.0.2.3"), 60s}}));
  const auto changes = resolver.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].second->addresses, std::vector{ip("192.0.2.3")});
}

TEST_F(ExternalResolverTest, AFailureKeepsTheLastGoodAnswerAndSaysHowStaleItIs) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.1"), 60s}}));
  (void)resolver.take_changes();
  DnsReply cut = reply({});
  cut.truncated = true;
  for (const Result<DnsReply>& failure :
       {Result<DnsReply>(reply({}, 2)), Result<DnsReply>(cut),
        Result<DnsReply>(Error(ErrorCode::timed_out, "timed out after 2 s"))})
    answer(failure);

  const auto status = resolver.status(target());
  EXPECT_EQ(status->answer->addresses, std::vector{ip("192.0.2.1")});
  EXPECT_TRUE(status->stale);
  EXPECT_EQ(status->failures, 3U);
  EXPECT_EQ(status->last_error, "timed out after 2 s");
  EXPECT_EQ(resolver.failing(), 1U);
  EXPECT_TRUE(resolver.take_changes().empty());
  answer(reply({{ip("192.0.2.1"), 60s}}));
  EXPECT_FALSE(resolver.status(target())->stale);
  EXPECT_EQ(resolver.failing(), 0U);
}

TEST_F(ExternalResolverTest, PausesDoubleUpToFiveMinutes) {
  resolver.want({alias(target())});
  Duration least = 2s;
  for (int i = 0; i < 12; ++i) {
    answer(reply({}, 2));
    const Duration pause = *resolver.next_due() - clock.monotonic();
    EXPECT_GE(pause, least);
    EXPECT_LE(pause, least * 5 / 4);  // a quarter of jitter
    least = std::min<Duration>(least * 2, 300s);
  }
}

TEST_F(ExternalResolverTest, ThatThereIsNoneIsAnAnswer) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.1"), 60s}}));
  (void)resolver.take_changes();
  answer(reply({}, 3));  // NXDOMAIN
  const auto changes = resolver.take_changes();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].second->addresses.empty());
  EXPECT_EQ(resolver.failing(), 0U);
}

TEST_F(ExternalResolverTest, AddressesOfTheOtherFamilyAndMoreThan64AreLeftOut) {
  std::vector<DnsReply::Address> many{{ip("2001:db8::1"), 1s}};
  for (std::uint32_t i = 0; i < 100; ++i)
    many.push_back({IpAddress::v4(0xC0000200 + i), 60s});
  resolver.want({alias(target())});
  answer(reply(many));
  EXPECT_EQ(known()->addresses.size(), 64U);
  EXPECT_EQ(known()->ttl, 60U);
}

TEST_F(ExternalResolverTest, NoMoreAreUnderWayThanMayBe) {
  std::vector<ExternalAlias> aliases;
  for (char letter = 'a'; letter < 'i'; ++letter)
    aliases.push_back(alias(target((std::string(1, letter) + ".example.net.").c_str())));
  resolver.want(aliases);
  auto asked = resolver.take_due();
  EXPECT_EQ(asked.size(), 4U);
  EXPECT_FALSE(resolver.next_due());
  resolver.heard(asked[0], reply({{ip("192.0.2.1"), 60s}}));
  EXPECT_EQ(resolver.take_due().size(), 1U);
}

TEST_F(ExternalResolverTest, WhatNobodyWantsIsForgottenAlsoWhileItIsUnderWay) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.1"), 60s}}));
  (void)resolver.take_changes();
  (void)resolver.take_kept();
  wait();
  ASSERT_EQ(resolver.take_due().size(), 1U);
  resolver.want({});
  resolver.heard(target(), reply({{ip("192.0.2.2"), 60s}}));

  const ExternalChanges gone{{target(), std::nullopt}};
  EXPECT_EQ(resolver.take_changes(), gone);
  EXPECT_EQ(resolver.take_kept(), gone);
  EXPECT_FALSE(resolver.status(target()));
  EXPECT_FALSE(resolver.next_due());
}

TEST_F(ExternalResolverTest, WhatWasKeptIsGoodForWhatIsLeftOfItsTtl) {
  resolver.restore({{target(), {{ip("192.0.2.1")}, 60, clock.now() - 20s}}});
  resolver.want({alias(target())});
  EXPECT_EQ(known()->addresses, std::vector{ip("192.0.2.1")});
  EXPECT_TRUE(resolver.take_due().empty());
  EXPECT_EQ(*resolver.next_due() - clock.monotonic(), 40s);
}

TEST_F(ExternalResolverTest, WhatIsConfirmedIsKeptAgainAfterTenMinutes) {
  resolver.want({alias(target())});
  answer(reply({{ip("192.0.2.1"), 300s}}));
  EXPECT_EQ(resolver.take_kept().size(), 1U);
  answer(reply({{ip("192.0.2.1"), 300s}}));
  EXPECT_TRUE(resolver.take_kept().empty());
  answer(reply({{ip("192.0.2.1"), 300s}}));
  EXPECT_EQ(resolver.take_kept().size(), 1U);
}

}  // namespace
}  // namespace waymark::zones
