// SPDX-License-Identifier: Apache-2.0
#include "health/resolver.h"

#include <optional>

#include <gtest/gtest.h>

#include "health/dns_probe.h"
#include "tests/health/name_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Kind = Outcome::Kind;

class ResolverTest : public testing::Test {
 protected:
  template <class Condition>
  bool until(Condition condition) {
    io.restart();
    const auto latest = std::chrono::steady_clock::now() + 2s;
    while (!condition() && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    return condition();
  }
  std::string resolve(Resolver& resolver, const std::string& name) {
    std::optional<Result<IpAddress>> result;
    resolver.resolve(name, 200ms, [&](Result<IpAddress> found) { result = std::move(found); });
    EXPECT_FALSE(result);  // never from within resolve()
    EXPECT_TRUE(until([&] { return result.has_value(); }));
    return *result ? (*result)->to_string() : result->error().detail();
  }
  Outcome probe(const NameServer& server, std::uint16_t rcode) {
    HealthCheck check;
    check.type = HealthCheck::Type::dns;
    check.address = server.endpoint().address;
    check.port = server.endpoint().port;
    check.query_name = "www.example.com";
    check.query_type = 1;
    check.rcode = rcode;
    check.timeout = 150ms;
    DnsProbe dns(io, TargetRules({*IpPrefix::parse("127.0.0.0/8")}, {}, {}));
    std::optional<Outcome> outcome;
    dns.start(check, [&](Outcome result) { outcome = std::move(result); });
    EXPECT_TRUE(until([&] { return outcome.has_value(); }));
    return outcome.value_or(Outcome{});
  }

  asio::io_context io;
  ManualClock clock;
};

TEST_F(ResolverTest, AnAnswerIsKeptForItsTtl) {
  std::string address = "\xC0\0\2\1"s;
  NameServer server(io, [&](const Bytes& query) {
    return NameServer::answer(query, 0, NameServer::a_record(20, address), 1);
  });
  Resolver resolver(io, clock, {server.endpoint()});
  EXPECT_EQ(resolve(resolver, "app.internal"), "192.0.2.1");
  address = "\xC0\0\2\2"s;
  clock.advance(19s);
  EXPECT_EQ(resolve(resolver, "app.internal"), "192.0.2.1");
  EXPECT_EQ(server.asked(), 1);
  clock.advance(1s);
  EXPECT_EQ(resolve(resolver, "app.internal"), "192.0.2.2");
  EXPECT_EQ(server.asked(), 2);
}

TEST_F(ResolverTest, ManyWaitForOneQuestion) {
  NameServer server(io, [&](const Bytes& query) {
    return NameServer::answer(query, 0, NameServer::a_record(20, "\xC0\0\2\1"s), 1);
  });
  Resolver resolver(io, clock, {server.endpoint()});
  int found = 0;
  for (int i = 0; i < 100; ++i)
    resolver.resolve("app.internal", 200ms,
                     [&](const Result<IpAddress>& r) { found += r ? 1 : 0; });
  EXPECT_TRUE(until([&] { return found == 100; }));
  EXPECT_EQ(server.asked(), 1);
}

TEST_F(ResolverTest, ForgedRepliesArePassedOver) {
  NameServer server(io, [&](const Bytes& query) {
    Bytes reply = NameServer::answer(query, 0, NameServer::a_record(20, "\xC0\0\2\1"s), 1);
    reply[0] ^= 0xFF;  // another id
    return reply;
  });
  NameServer other(io, [&](const Bytes& query) {
    Bytes reply = NameServer::answer(query, 0, NameServer::a_record(20, "\xC0\0\2\1"s), 1);
    reply[13] ^= 0x01;  // another question
    return reply;
  });
  Resolver resolver(io, clock, {server.endpoint(), other.endpoint()});
  EXPECT_EQ(resolve(resolver, "app.internal"),
            "\"app.internal\" could not be resolved: timed out after 0.05 s");
}

TEST_F(ResolverTest, TheNextResolverIsAskedWhenOneFails) {
  NameServer broken(io, [](const Bytes& query) { return NameServer::answer(query, 2); });
  NameServer server(io, [](const Bytes& query) {
    return NameServer::answer(query, 0, NameServer::a_record(20, "\xC0\0\2\1"s), 1);
  });
  Resolver resolver(io, clock, {broken.endpoint(), server.endpoint()});
  EXPECT_EQ(resolve(resolver, "app.internal"), "192.0.2.1");
}

TEST_F(ResolverTest, AaaaIsAskedWhereThereIsNoA) {
  NameServer server(io, [](const Bytes& query) {
    if (NameServer::type_of(query) == 1) return NameServer::answer(query, 0);
    return NameServer::answer(
        query, 0, "\xC0\x0C\0\x1C\0\1\0\0\0\x14\0\x10\x20\1\xD\xB8\0\0\0\0\0\0\0\0\0\0\0\1"s, 1);
  });
  Resolver resolver(io, clock, {server.endpoint()});
  EXPECT_EQ(resolve(resolver, "app.internal"), "2001:db8::1");
}

TEST_F(ResolverTest, Prb5ASilentResolverLeavesTheLastAddress) {
  bool silent = false;
  NameServer server(io, [&](const Bytes& query) {
    return silent ? Bytes{}
                  : NameServer::answer(query, 0, NameServer::a_record(1, "\xC0\0\2\1"s), 1);
  });
  Resolver resolver(io, clock, {server.endpoint()});
  EXPECT_EQ(resolve(resolver, "app.internal"), "192.0.2.1");
  silent = true;
  clock.advance(1h);
  EXPECT_EQ(resolve(resolver, "app.internal"), "192.0.2.1");
  EXPECT_GE(server.asked(), 2);
}

TEST_F(ResolverTest, ANameThatDoesNotExistHasNoAddress) {
  NameServer server(io, [](const Bytes& query) { return NameServer::answer(query, 3); });
  Resolver resolver(io, clock, {server.endpoint()});
  EXPECT_EQ(resolve(resolver, "gone.internal"), "\"gone.internal\" has no address");
  EXPECT_EQ(server.asked(), 1);
  EXPECT_EQ(resolve(resolver, "a..b").substr(0, 6), "\"a..b\"");
}

TEST_F(ResolverTest, ADnsCheckPassesOnTheExpectedRcode) {
  NameServer server(io, [](const Bytes& query) { return NameServer::answer(query, 3); });
  EXPECT_EQ(probe(server, 3).kind, Kind::passed);
  const Outcome outcome = probe(server, 0);
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "NXDOMAIN; expected NOERROR");
  EXPECT_EQ(outcome.cause, Cause::dns);
}

TEST_F(ResolverTest, ADnsCheckFailsOnSilenceAndOnForgedReplies) {
  NameServer silent(io, [](const Bytes&) { return Bytes{}; });
  EXPECT_EQ(probe(silent, 0).reason, "timed out after 0.15 s");
  NameServer forger(io, [](const Bytes& query) {
    Bytes reply = NameServer::answer(query, 0);
    reply[1] ^= 1;
    return reply;
  });
  EXPECT_EQ(probe(forger, 0).reason, "timed out after 0.15 s");
}

TEST_F(ResolverTest, ADnsCheckAsksNoForbiddenAddress) {
  NameServer server(io, [](const Bytes& query) { return NameServer::answer(query, 0); });
  HealthCheck check;
  check.address = server.endpoint().address;
  check.port = server.endpoint().port;
  DnsProbe dns(io, TargetRules());
  std::optional<Outcome> outcome;
  dns.start(check, [&](Outcome result) { outcome = std::move(result); });
  ASSERT_TRUE(until([&] { return outcome.has_value(); }));
  EXPECT_EQ(outcome->kind, Kind::failed);
  EXPECT_EQ(server.asked(), 0);
}

}  // namespace
}  // namespace waymark::health
