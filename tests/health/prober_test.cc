// SPDX-License-Identifier: Apache-2.0
#include "health/prober.h"

#include <array>
#include <atomic>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "tests/health/hostile_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using Forced = HealthCheck::Forced;

class ProberTest : public testing::Test {
 protected:
  ProberTest() {
    table.set_all();
    prober.on_transition([this](const Transition& transition) { told.push_back(transition); });
  }
  static ProberSettings settings() {
    ProberSettings settings;
    settings.attempts.rules = TargetRules({*IpPrefix::parse("127.0.0.0/8")}, {}, {});
    settings.seed = 7;
    return settings;
  }
  SlottedCheck tcp_check(const char* id, std::uint32_t slot) const {
    HealthCheck check;
    check.id = id;
    check.type = HealthCheck::Type::tcp;
    check.address = IpAddress::loopback_v4();
    check.port = port;
    check.interval = 20ms;
    check.timeout = 15ms;
    return {check, HealthSlot{slot}};
  }
  /// Runs until it is true; false when that takes over two seconds.
  template <class Condition>
  bool until(Condition condition) {
    const auto latest = std::chrono::steady_clock::now() + 2s;
    while (!condition() && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    return condition();
  }

  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::uint16_t port = acceptor.local_endpoint().port();
  std::array<std::atomic<std::uint64_t>, 1> words{};
  HealthTable table{words};
  HealthGraph graph{table};
  SystemClock clock;
  Prober prober{io, graph, clock, settings()};
  std::vector<Transition> told;
};

TEST_F(ProberTest, AKilledEndpointLeavesAfterItsFailuresAndComesBack) {
  graph.define({{HealthSlot{9}, 1, {HealthSlot{1}}}});
  prober.use({tcp_check("a", 1)});
  ASSERT_TRUE(until([&] { return prober.totals().passed >= 3; }));
  EXPECT_TRUE(told.empty());

  acceptor.close();
  const auto killed = std::chrono::steady_clock::now();
  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }));
  EXPECT_LE(std::chrono::steady_clock::now() - killed, 3 * 20ms + 1s);  // fall × interval + 1 s
  EXPECT_FALSE(graph.healthy(HealthSlot{9}));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].reason, "connection refused");
  EXPECT_GE(prober.totals().failed, 3U);

  acceptor = {io, {asio::ip::address_v4::loopback(), port}};
  ASSERT_TRUE(until([&] { return graph.healthy(HealthSlot{1}); }));
  EXPECT_TRUE(graph.healthy(HealthSlot{9}));
  EXPECT_EQ(prober.totals().transitions, 2U);
  EXPECT_EQ(prober.status("a")->last.front().reason, "connected");
  EXPECT_TRUE(prober.status("a")->up);
}

TEST_F(ProberTest, ASilentEndpointLeavesAfterItsTimeouts) {
  HostileServer silent(io, &HostileServer::silence);
  SlottedCheck slotted = tcp_check("a", 1);
  slotted.check.type = HealthCheck::Type::http;
  slotted.check.port = silent.port();
  prober.use({slotted});

  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }));
  EXPECT_EQ(told[0].reason, "timed out after 0.015 s");
}

TEST_F(ProberTest, StartsAsTheBoardShows) {
  table.set(HealthSlot{1}, false);
  SlottedCheck slow = tcp_check("a", 1);
  slow.check.interval = 1h;
  prober.use({slow});

  EXPECT_FALSE(prober.status("a")->healthy);
  EXPECT_FALSE(graph.healthy(HealthSlot{1}));
  EXPECT_TRUE(told.empty());
}

TEST_F(ProberTest, ForceActsAtOnceAndEndsByItself) {
  SlottedCheck slotted = tcp_check("a", 1);
  prober.use({slotted});
  slotted.check.forced = Forced::down;
  slotted.check.forced_until = clock.now() + 60ms;
  prober.use({slotted});
  EXPECT_FALSE(graph.healthy(HealthSlot{1}));
  EXPECT_TRUE(prober.status("a")->up);
  EXPECT_EQ(prober.status("a")->forced, Forced::down);

  EXPECT_TRUE(until([&] { return graph.healthy(HealthSlot{1}); }));
  EXPECT_GE(clock.now(), *slotted.check.forced_until);
  EXPECT_EQ(told.back().reason, "no longer forced");
}

TEST_F(ProberTest, ADisabledCheckIsNotProbed) {
  SlottedCheck off = tcp_check("off", 1);
  off.check.disabled = true;
  off.check.inverted = true;
  prober.use({off, tcp_check("on", 2)});

  ASSERT_TRUE(until([&] { return prober.totals().passed >= 3; }));
  EXPECT_FALSE(graph.healthy(HealthSlot{1}));
  EXPECT_TRUE(prober.status("off")->last.empty());
}

TEST_F(ProberTest, ARemovedCheckStopsAndItsBitIsHealthy) {
  acceptor.close();
  prober.use({tcp_check("a", 1)});
  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }));
  prober.use({});

  EXPECT_TRUE(graph.healthy(HealthSlot{1}));
  EXPECT_FALSE(prober.status("a"));
  EXPECT_TRUE(until([&] { return prober.totals().in_flight == 0; }));
}

TEST_F(ProberTest, ASlotMayPassToAnotherCheckInOneStep) {
  acceptor.close();
  prober.use({tcp_check("a", 1)});
  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }));

  SlottedCheck other = tcp_check("b", 1);
  other.check.interval = 1h;
  prober.use({other});
  EXPECT_TRUE(prober.status("b")->healthy);
  EXPECT_TRUE(graph.healthy(HealthSlot{1}));
}

TEST_F(ProberTest, KnownChecksKeepTheirStateWhenSettingsChange) {
  acceptor.close();
  SlottedCheck slotted = tcp_check("a", 1);
  prober.use({slotted});
  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }));
  slotted.check.interval = 1h;
  slotted.check.port = 1;
  slotted.slot = HealthSlot{2};
  prober.use({slotted});

  EXPECT_FALSE(prober.status("a")->up);
  EXPECT_FALSE(graph.healthy(HealthSlot{2}));
  EXPECT_TRUE(graph.healthy(HealthSlot{1}));  // given back
  EXPECT_EQ(told.size(), 1U);
}

TEST_F(ProberTest, AllStatusesAreShownWithoutResults) {
  prober.use({tcp_check("a", 1), tcp_check("b", 2)});
  ASSERT_TRUE(until([&] { return prober.totals().passed >= 2; }));
  const auto statuses = prober.statuses();

  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_TRUE(statuses[0].last.empty());
}

}  // namespace
}  // namespace waymark::health
