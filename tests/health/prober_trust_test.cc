// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <atomic>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "health/prober.h"
#include "tests/health/name_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Type = HealthCheck::Type;
using Forced = HealthCheck::Forced;

class ProberTrustTest : public testing::Test {
 protected:
  ProberTrustTest() {
    table.set_all();
    settings.attempts.rules = TargetRules({*IpPrefix::parse("127.0.0.0/8")}, {}, {});
  }
  Prober& prober() {
    if (!made) {
      made.emplace(io, graph, clock, settings);
      made->on_transition([this](const Transition& one) { told.push_back(one); });
    }
    return *made;
  }
  /// A push check decides on its heartbeats alone: each result is the test's.
  static SlottedCheck push(const std::string& id, std::uint32_t slot) {
    SlottedCheck slotted{{}, HealthSlot{slot}};
    slotted.check.id = id;
    slotted.check.type = Type::push;
    slotted.check.ttl = 1h;
    slotted.check.fall = slotted.check.rise = 1;
    return slotted;
  }
  static SlottedCheck calculated(const std::string& id, std::uint32_t slot, std::uint32_t needed,
                                 std::vector<CheckId> children) {
    SlottedCheck slotted{{}, HealthSlot{slot}};
    slotted.check.id = id;
    slotted.check.type = Type::calculated;
    slotted.check.needed = needed;
    slotted.check.children = std::move(children);
    return slotted;
  }
  std::vector<SlottedCheck> pushes(std::uint32_t count) {
    std::vector<SlottedCheck> checks;
    for (std::uint32_t i = 1; i <= count; ++i)
      checks.push_back(push("p" + std::to_string(i), i));
    return checks;
  }
  void beat(std::uint32_t number, bool passed) {
    EXPECT_TRUE(prober().heartbeat("p" + std::to_string(number), passed, passed ? "up" : "down"));
  }
  std::uint32_t down(std::uint32_t count) const {
    std::uint32_t down = 0;
    for (std::uint32_t i = 1; i <= count; ++i)
      down += graph.healthy(HealthSlot{i}) ? 0U : 1U;
    return down;
  }
  template <class Condition>
  bool until(Condition condition, std::chrono::milliseconds most = 2s) {
    const auto latest = std::chrono::steady_clock::now() + most;
    while (!condition() && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    return condition();
  }

  asio::io_context io;
  std::array<std::atomic<std::uint64_t>, 32> words{};
  HealthTable table{words};
  HealthGraph graph{table};
  SystemClock clock;
  ProberSettings settings;
  std::vector<Transition> told;
  std::optional<Prober> made;
};

TEST_F(ProberTrustTest, AHeartbeatLastsForItsTtl) {
  SlottedCheck slotted = push("p1", 1);
  slotted.check.ttl = 80ms;
  prober().use({slotted});
  beat(1, true);
  EXPECT_TRUE(graph.healthy(HealthSlot{1}));
  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }));
  EXPECT_EQ(told.back().reason, "no heartbeat for 0.08 s");
  beat(1, true);
  EXPECT_TRUE(graph.healthy(HealthSlot{1}));
}

TEST_F(ProberTrustTest, HeartbeatsAreForPushChecksAlone) {
  prober().use({push("p1", 1), calculated("c", 2, 1, {"p1"})});
  EXPECT_EQ(prober().heartbeat("c", true, "").error().code(), ErrorCode::conflict);
  EXPECT_EQ(prober().heartbeat("x", true, "").error().code(), ErrorCode::not_found);
}

TEST_F(ProberTrustTest, ACalculatedCheckCountsTheVerdictsOfItsChildren) {
  prober().use(
      {push("p1", 1), push("p2", 2), push("p3", 3), calculated("c", 9, 2, {"p1", "p2", "p3"})});
  beat(1, false);
  EXPECT_TRUE(graph.healthy(HealthSlot{9}));
  beat(2, false);
  EXPECT_FALSE(graph.healthy(HealthSlot{9}));
  EXPECT_EQ(told.back().id, "c");
  EXPECT_EQ(told.back().reason, "1 of 3 children healthy; 2 needed");
  EXPECT_FALSE(prober().status("c")->healthy);
  beat(1, true);
  EXPECT_TRUE(graph.healthy(HealthSlot{9}));
  EXPECT_TRUE(prober().status("c")->healthy);
}

TEST_F(ProberTrustTest, ThresholdZeroIsAlwaysHealthyAndTooManyNever) {
  prober().use({push("p1", 1), calculated("zero", 8, 0, {"p1"}), calculated("two", 9, 2, {"p1"})});
  beat(1, false);
  EXPECT_TRUE(graph.healthy(HealthSlot{8}));
  beat(1, true);
  EXPECT_FALSE(graph.healthy(HealthSlot{9}));
}

TEST_F(ProberTrustTest, InvertedAndDisabledChildrenCountByTheirVerdict) {
  SlottedCheck inverted = push("p1", 1), disabled = push("p2", 2);
  inverted.check.inverted = true;  // up, so unhealthy
  disabled.check.disabled = true;  // healthy
  prober().use({inverted, disabled, calculated("one", 8, 1, {"p1", "p2"}),
                calculated("both", 9, 2, {"p1", "p2"}), calculated("gone", 10, 1, {"deleted"})});
  beat(1, true);
  EXPECT_TRUE(graph.healthy(HealthSlot{8}));
  EXPECT_FALSE(graph.healthy(HealthSlot{9}));
  EXPECT_TRUE(graph.healthy(HealthSlot{10}));  // a dangling id counts as healthy
}

TEST_F(ProberTrustTest, CalculatedChecksNestInvertAndCanBeForced) {
  SlottedCheck outer = calculated("outer", 9, 1, {"inner"});
  outer.check.inverted = true;
  prober().use({push("p1", 1), calculated("inner", 8, 1, {"p1"}), outer});
  EXPECT_FALSE(graph.healthy(HealthSlot{9}));
  beat(1, false);
  EXPECT_TRUE(graph.healthy(HealthSlot{9}));

  outer.check.forced = Forced::down;
  outer.check.forced_until = clock.now() + 50ms;
  prober().use({push("p1", 1), calculated("inner", 8, 1, {"p1"}), outer});
  EXPECT_FALSE(graph.healthy(HealthSlot{9}));
  EXPECT_TRUE(until([&] { return graph.healthy(HealthSlot{9}); }));
  prober().use({push("p1", 1)});
  EXPECT_TRUE(graph.healthy(HealthSlot{8}));
  EXPECT_EQ(graph.gates(), 0U);
}

TEST_F(ProberTrustTest, Prb5NothingIsRemovedWhileAllFailAtOnce) {
  std::vector<SlottedCheck> checks = pushes(100);
  for (SlottedCheck& one : checks)
    one.check.fall = 2;
  prober().use(checks);
  for (int round = 0; round < 5; ++round)
    for (std::uint32_t i = 1; i <= 100; ++i)
      beat(i, false);
  EXPECT_EQ(down(100), 0U);
  EXPECT_FALSE(prober().trust().frozen.empty());
  EXPECT_EQ(prober().status("p50")->held_back,
            "frozen, push checks: more than 30 % turned to failing within one interval");
  EXPECT_GE(prober().totals().held_back, 60U);

  for (std::uint32_t i = 1; i <= 100; ++i)
    beat(i, true);
  EXPECT_TRUE(prober().trust().frozen.empty());
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(prober().status("p50")->held_back, "");
  beat(1, false), beat(1, false);  // a single real failure leaves
  EXPECT_EQ(down(100), 1U);
}

TEST_F(ProberTrustTest, Prb7BeyondTheBudgetARemovalWaitsForAnOperator) {
  settings.trust.freeze_percent = 0;
  std::vector<SlottedCheck> checks = pushes(1'000);
  prober().use(checks);
  for (std::uint32_t i = 1; i <= 500; ++i)
    beat(i, false);
  EXPECT_EQ(down(1'000), 100U);
  EXPECT_EQ(prober().status("p500")->held_back, "removal budget: 100 checks a minute");

  checks[499].check.forced = Forced::down;  // the operator is not held back
  prober().use(checks);
  EXPECT_EQ(down(1'000), 101U);
}

TEST_F(ProberTrustTest, Prb8AFlappingCheckIsHeldAfterSixChanges) {
  prober().use({push("p1", 1)});
  for (int i = 0; i < 100; ++i)
    beat(1, i % 2 == 1);
  EXPECT_EQ(told.size(), 6U);
  EXPECT_TRUE(graph.healthy(HealthSlot{1}));
  beat(1, false);
  EXPECT_EQ(prober().status("p1")->held_back, "unstable: 6 changes within 600 s");
}

TEST_F(ProberTrustTest, Prb10ARestartChangesNoState) {
  std::vector<SlottedCheck> checks = pushes(100);
  prober().use(checks);
  for (std::uint32_t i = 1; i <= 8; ++i)
    beat(i, false);
  ASSERT_EQ(down(100), 8U);
  told.clear();
  made.reset();
  prober().use(checks);
  for (std::uint32_t i = 1; i <= 100; ++i)
    beat(i, i > 8);
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(down(100), 8U);
  EXPECT_TRUE(prober().trust().frozen.empty());
}

TEST_F(ProberTrustTest, Prb1ANameThatMovesToAForbiddenAddressIsNotConnectedTo) {
  asio::ip::tcp::acceptor allowed(io, {asio::ip::make_address_v4("127.0.0.2"), 0});
  asio::ip::tcp::acceptor forbidden(
      io, {asio::ip::make_address_v4("127.0.0.3"), allowed.local_endpoint().port()});
  std::string address = "\x7F\0\0\2"s;
  NameServer server(io, [&](const Bytes& query) {
    return NameServer::answer(query, 0, NameServer::a_record(0, address), 1);
  });
  settings.attempts.rules = TargetRules({*IpPrefix::parse("127.0.0.2/32")}, {}, {});
  settings.attempts.resolvers = {server.endpoint()};
  SlottedCheck slotted{{}, HealthSlot{1}};
  slotted.check.id = "a";
  slotted.check.type = Type::tcp;
  slotted.check.target = "rebinding.test";
  slotted.check.port = allowed.local_endpoint().port();
  slotted.check.interval = 200ms;
  slotted.check.timeout = 150ms;
  slotted.check.fall = 1;
  prober().use({slotted});
  ASSERT_TRUE(until([&] { return prober().totals().passed > 0; }));
  address = "\x7F\0\0\3"s;
  ASSERT_TRUE(until([&] { return !graph.healthy(HealthSlot{1}); }, 3s));
  EXPECT_EQ(told.back().reason.substr(0, 31), "address 127.0.0.3 is not allowe");
  forbidden.non_blocking(true);
  boost::system::error_code nobody;
  asio::ip::tcp::socket socket(io);
  forbidden.accept(socket, nobody);
  EXPECT_EQ(nobody, asio::error::would_block);
}

TEST_F(ProberTrustTest, Prb5AResolverThatIsSilentRemovesNobody) {
  NameServer silent(io, [](const Bytes&) { return Bytes{}; });
  settings.attempts.resolvers = {silent.endpoint()};
  SlottedCheck slotted{{}, HealthSlot{1}};
  slotted.check.id = "a";
  slotted.check.type = Type::tcp;
  slotted.check.target = "app.internal";
  slotted.check.interval = 40ms;
  slotted.check.timeout = 20ms;
  slotted.check.fall = 1;
  prober().use({slotted});
  ASSERT_TRUE(until([&] { return prober().totals().not_counted >= 3; }));
  EXPECT_TRUE(graph.healthy(HealthSlot{1}));
  EXPECT_TRUE(told.empty());
}

TEST_F(ProberTrustTest, Prb5ReferencesThatFailAreSeenWithinTwoSeconds) {
  asio::ip::tcp::acceptor reference(io, {asio::ip::address_v4::loopback(), 0});
  settings.trust.references = {{IpAddress::loopback_v4(), reference.local_endpoint().port()}};
  prober().use({push("p1", 1)});
  EXPECT_TRUE(until([&] { return prober().trust().references_answering == 1; }));
  reference.close();
  EXPECT_TRUE(until([&] { return !prober().trust().frozen.empty(); }));
}

}  // namespace
}  // namespace waymark::health
