// SPDX-License-Identifier: Apache-2.0
#include "dns/rate_limit.h"

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand
using Action = RateLimit::Action;

IpAddress address_of(std::string_view text) {
  return IpAddress::parse(text).value();
}

class RateLimitTest : public ::testing::Test {
 protected:
  Action ask(std::string_view from, std::uint64_t key = 1,
             AnswerClass answers = AnswerClass::positive) {
    return limit.judge(address_of(from), answers, key, now);
  }
  /// How many of so many are let through.
  int passed(int asked, std::string_view from, std::uint64_t key = 1) {
    int count = 0;
    for (int i = 0; i < asked; ++i)
      count += ask(from, key) == Action::pass ? 1 : 0;
    return count;
  }

  std::uint64_t now = 5'000'000;
  RateLimit limit{{.per_second = 10, .slip = 0, .log_only = false, .exempt = {}}, 7};
};

TEST_F(RateLimitTest, PassesSoManyASecond) {
  EXPECT_EQ(passed(100, "192.0.2.1"), 10);
  now += 100'000;
  EXPECT_EQ(passed(100, "192.0.2.1"), 1);
  now += 1'000'000;
  EXPECT_EQ(passed(100, "192.0.2.1"), 10);
  now += 3600'000'000;
  EXPECT_EQ(passed(100, "192.0.2.1"), 10);
}

TEST_F(RateLimitTest, CountsAPrefixTogetherAndOthersApart) {
  EXPECT_EQ(passed(10, "192.0.2.1"), 10);
  EXPECT_EQ(ask("192.0.2.255"), Action::drop);
  EXPECT_EQ(ask("192.0.3.1"), Action::pass);
  EXPECT_EQ(passed(10, "2001:db8:0:1200::1"), 10);
  EXPECT_EQ(ask("2001:db8:0:12ff:1::"), Action::drop);
  EXPECT_EQ(ask("2001:db8:0:1300::"), Action::pass);
}

TEST_F(RateLimitTest, CountsNamesAndClassesApart) {
  EXPECT_EQ(passed(10, "192.0.2.1"), 10);
  EXPECT_EQ(ask("192.0.2.1"), Action::drop);
  EXPECT_EQ(ask("192.0.2.1", 2), Action::pass);
  EXPECT_EQ(ask("192.0.2.1", 1, AnswerClass::negative), Action::pass);
  EXPECT_EQ(ask("192.0.2.1", 1, AnswerClass::error), Action::pass);
}

TEST_F(RateLimitTest, SlipsEveryNth) {
  limit = RateLimit({.per_second = 1, .slip = 3, .log_only = false, .exempt = {}}, 7);
  EXPECT_EQ(ask("192.0.2.1"), Action::pass);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ask("192.0.2.1"), Action::drop);
    EXPECT_EQ(ask("192.0.2.1"), Action::drop);
    EXPECT_EQ(ask("192.0.2.1"), Action::slip);
  }
}

TEST_F(RateLimitTest, LetsTheExemptPass) {
  limit = RateLimit({.per_second = 1,
                     .slip = 1,
                     .log_only = false,
                     .exempt = {IpPrefix::parse("192.0.2.0/25").value()}},
                    7);
  EXPECT_EQ(passed(50, "192.0.2.1"), 50);
  EXPECT_EQ(ask("192.0.2.200"), Action::slip);  // the prefix is used up by its neighbours
}

TEST_F(RateLimitTest, OnlyLogsWhenToldSo) {
  limit = RateLimit({.per_second = 1, .slip = 1, .log_only = true, .exempt = {}}, 7);
  EXPECT_EQ(ask("192.0.2.1"), Action::pass);
  EXPECT_EQ(ask("192.0.2.1"), Action::log);
}

TEST_F(RateLimitTest, HoldsALimitWhileAMillionOtherClientsPassBy) {
  int through = 0;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    now += 10;  // ten seconds in all
    (void)limit.judge(IpAddress::v4(0x0A000000 + (i << 8)), AnswerClass::positive, 1, now);
    if (i % 100 == 0 && ask("192.0.2.1") == Action::pass) ++through;  // 1,000 a second
  }
  EXPECT_GE(through, 100);
  EXPECT_LE(through, 200);  // evicted now and then, never free
}

class LimitedServer : public ::testing::Test {
 protected:
  static Zones zones() {
    std::vector<Bytes> many;
    for (int i = 0; i < 100; ++i)
      many.push_back(address("192.0.2." + std::to_string(i)));
    Zones zones;
    zones.zone("example.com.")
        .add("example.com.", RrType::NS, {host("ns.example.com.")})
        .add("www.example.com.", RrType::A, {address("192.0.2.1")})
        .add("*.wild.example.com.", RrType::A, {address("192.0.2.2")})
        .add("big.example.com.", RrType::A, many);
    return zones;
  }
  static ResponderSettings settings() {
    ResponderSettings settings;
    settings.rate_limit = {.per_second = 5, .slip = 2, .log_only = false, .exempt = {}};
    return settings;
  }
  void SetUp() override { server.responder().set_time({1'000'000, 1'000'000}); }
  Bytes ask(std::string_view name, Transport transport = Transport::udp) {
    return server.send(QuerySpec{.name = name}.encode(), transport);
  }

  Server server{zones(), settings()};
};

TEST_F(LimitedServer, DropsAndSlipsOverTheLimit) {
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(Message::decode(ask("www.example.com.")).answer.size(), 1U);

  EXPECT_TRUE(ask("www.example.com.").empty());
  const Message slipped = Message::decode(ask("www.example.com."));
  EXPECT_TRUE(slipped.tc());
  EXPECT_FALSE(slipped.aa());
  EXPECT_TRUE(slipped.answer.empty());
  EXPECT_EQ(server.counters().rate_dropped.value(), 1U);
  EXPECT_EQ(server.counters().rate_slipped.value(), 1U);
}

TEST_F(LimitedServer, AnswersOverTcpWhatItLimitsOverUdp) {
  for (int i = 0; i < 20; ++i)
    (void)ask("www.example.com.");
  EXPECT_EQ(Message::decode(ask("www.example.com.", Transport::tcp)).answer.size(), 1U);
}

TEST_F(LimitedServer, CountsRandomNamesTogether) {
  for (const char* zone : {".example.com.", ".wild.example.com."}) {
    int answered = 0;
    for (int i = 0; i < 20; ++i)
      if (const Bytes answer = ask("r" + std::to_string(i) + zone); !answer.empty())
        answered += Message::decode(answer).tc() ? 0 : 1;
    EXPECT_EQ(answered, 5) << zone;
  }
}

TEST_F(LimitedServer, CountsTruncatedAnswersByTheirName) {
  for (int i = 0; i < 20; ++i)
    (void)ask("big.example.com.");  // more than fits: TC each time
  EXPECT_EQ(server.counters().rate_dropped.value(), 8U);
  EXPECT_FALSE(ask("none.example.com.").empty());
}

TEST_F(LimitedServer, SlipsErrorsAsTheyAre) {
  int refused = 0;
  for (int i = 0; i < 15; ++i)
    if (const Bytes answer = ask("other.test."); !answer.empty())
      refused += Message::decode(answer).rcode() == Rcode::REFUSED ? 1 : 0;
  EXPECT_EQ(refused, 10);
}

TEST_F(LimitedServer, NeverLimitsAGoodCookie) {  // RFC 7873 §5.2.5
  CookieSecrets secrets;
  secrets.add({1, 2});
  server.responder().use(secrets);
  QuerySpec spec{.opt = {{1232, 0, option(10, Bytes(8, 'c'))}}};
  const Message first = server.ask(spec);
  spec.opt->options = *first.opt;
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(server.ask(spec).answer.size(), 1U);
  EXPECT_EQ(server.counters().cookies_good.value(), 50U);
}

}  // namespace
}  // namespace waymark::dns
