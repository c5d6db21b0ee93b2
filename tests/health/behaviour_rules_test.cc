// SPDX-License-Identifier: Apache-2.0
//
// Route 53's rules of health checks (behaviour §10), each by its number.
#include <array>
#include <atomic>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

#include "health/http_probe.h"
#include "health/prober.h"
#include "health/tcp_probe.h"
#include "tests/health/hostile_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using Kind = Outcome::Kind;
using Type = HealthCheck::Type;

TargetRules loopback() {
  return {{*IpPrefix::parse("127.0.0.0/8")}, {}, {}};
}

/// Attempts at a server that answers with one text.
class BehaviourProbe : public testing::Test {
 protected:
  BehaviourProbe() {
    check.address = IpAddress::loopback_v4();
    check.timeout = 2s;
  }
  Kind probe(const std::string& answer) {
    server.emplace(io, HostileServer::answer(answer));
    check.port = server->port();
    HttpProbe http(io, loopback());
    std::optional<Outcome> outcome;
    http.start(check, [&](Outcome result) { outcome = std::move(result); });
    io.restart();
    const auto latest = std::chrono::steady_clock::now() + 5s;
    while (!outcome && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    return outcome.value_or(Outcome{}).kind;
  }
  static std::string status(int code) {
    return "HTTP/1.1 " + std::to_string(code) + " Word\r\nContent-Length: 0\r\n\r\n";
  }
  static std::string body(const std::string& text) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  }

  asio::io_context io;
  std::optional<HostileServer> server;
  HealthCheck check;
};

TEST_F(BehaviourProbe, Rule10_1_HttpPassesOnAStatusOf200To399) {
  for (const int code : {200, 204, 299, 301, 399})
    EXPECT_EQ(probe(status(code)), Kind::passed) << code;
  for (const int code : {400, 404, 500, 599})
    EXPECT_EQ(probe(status(code)), Kind::failed) << code;
}

TEST_F(BehaviourProbe, Rule10_1_AStringMatchNeedsTheStatusAndTheString) {
  check.match = "fine";
  EXPECT_EQ(probe(body("all fine")), Kind::passed);
  EXPECT_EQ(probe(body("all well")), Kind::failed);
  EXPECT_EQ(probe("HTTP/1.1 500 No\r\nContent-Length: 4\r\n\r\nfine"), Kind::failed);
}

TEST_F(BehaviourProbe, Rule10_3_TheHostHeaderIsTheNameOrTheAddressWithItsPort) {
  check.host = "www.example.com";
  EXPECT_EQ(probe(status(200)), Kind::passed);
  EXPECT_NE(
      server->request().find("\r\nHost: www.example.com:" + std::to_string(check.port) + "\r\n"),
      std::string::npos);
  check.host.clear();
  EXPECT_EQ(probe(status(200)), Kind::passed);
  EXPECT_NE(server->request().find("\r\nHost: 127.0.0.1:" + std::to_string(check.port) + "\r\n"),
            std::string::npos);
}

TEST_F(BehaviourProbe, Rule10_3_ARedirectPassesAndIsNotFollowed) {
  HostileServer elsewhere(io, HostileServer::answer(status(500)));
  EXPECT_EQ(probe("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:" +
                  std::to_string(elsewhere.port()) + "/\r\nContent-Length: 0\r\n\r\n"),
            Kind::passed);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(BehaviourProbe, Rule10_3_TheStringIsFoundInItsCaseWithinTheFirst5120Octets) {
  check.match = "Needle";
  EXPECT_EQ(probe(body(std::string(5114, '.') + "Needle")), Kind::passed);
  EXPECT_EQ(probe(body(std::string(5115, '.') + "Needle")), Kind::failed);
  EXPECT_EQ(probe(body("needle")), Kind::failed);
}

TEST_F(BehaviourProbe, Rule10_3_AHeaderBlockHas16384OctetsAtMost) {
  const std::string line = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ", end = "\r\n\r\n";
  const std::size_t room = 16'384 - line.size() - end.size();
  EXPECT_EQ(probe(line + std::string(room, 'x') + end), Kind::passed);
  EXPECT_EQ(probe(line + std::string(room + 1, 'x') + end), Kind::failed);
}

TEST_F(BehaviourProbe, Rule10_3_ATcpCheckConnectsAndSendsNothing) {
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  check.type = Type::tcp;
  check.port = acceptor.local_endpoint().port();
  TcpProbe tcp(io, loopback());
  std::optional<Outcome> outcome;
  tcp.start(check, [&](Outcome result) { outcome = std::move(result); });
  io.run();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->kind, Kind::passed);
  asio::ip::tcp::socket accepted = acceptor.accept();
  std::array<char, 8> octets{};
  boost::system::error_code error;
  EXPECT_EQ(accepted.read_some(asio::buffer(octets), error), 0U);
  EXPECT_TRUE(error);  // the end, or a reset: nothing came before it
}

TEST(Behaviour, Rule10_4_OnlyResultsInARowFlipAVerdictInBothDirections) {
  for (const bool up : {true, false}) {
    Threshold threshold(3, 3, up);
    for (const bool passed : {!up, !up, up, !up, !up})
      EXPECT_EQ(threshold.record(passed), Threshold::Crossing::none);
    EXPECT_EQ(threshold.up(), up);
    threshold.record(!up);
    EXPECT_EQ(threshold.up(), !up);
  }
}

TEST(Behaviour, Rule10_4_UntilThereAreResultsACheckIsHealthy) {
  Threshold threshold(3, 3);
  EXPECT_TRUE(threshold.up());
  threshold.record(false);
  threshold.record(false);
  EXPECT_TRUE(threshold.up());
}

TEST(Behaviour, Rule10_6_TheStatusIsTheRawOneInverted) {
  const TimePoint now{};
  for (const bool inverted : {false, true}) {
    HealthCheck check;
    check.id = "c";
    check.fall = check.rise = 1;
    check.inverted = inverted;
    CheckState state(check, true, now);
    state.record({"c", true, {}, "", now});
    EXPECT_EQ(state.healthy(), !inverted);
    state.record({"c", false, {}, "", now});
    EXPECT_EQ(state.healthy(), inverted);

    check.disabled = true;  // raw: healthy
    state.use(check, now);
    EXPECT_EQ(state.healthy(), !inverted);
  }
}

TEST(Behaviour, Rule10_6_OneThatIsEnabledAgainHasNoDataYet) {
  const TimePoint now{};
  HealthCheck check;
  check.id = "c";
  check.fall = check.rise = 1;
  CheckState state(check, true, now);
  state.record({"c", false, {}, "", now});
  ASSERT_FALSE(state.healthy());
  check.disabled = true;
  state.use(check, now);
  check.disabled = false;
  state.use(check, now);
  EXPECT_TRUE(state.healthy());
  state.record({"c", false, {}, "", now});
  EXPECT_FALSE(state.healthy());
}

TEST(Behaviour, Rule10_10_TheFailureIsStillShownWithItsReasonAfterTheRecovery) {
  HealthCheck check;
  check.id = "c";
  check.fall = check.rise = 1;
  const TimePoint now{};
  CheckState state(check, true, now);
  state.record({"c", false, {}, "connection timed out", now});
  state.record({"c", true, {}, "HTTP 200", now});
  EXPECT_TRUE(state.status().healthy);
  const auto last = state.last();
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[0].reason, "HTTP 200");
  EXPECT_FALSE(last[1].passed);
  EXPECT_EQ(last[1].reason, "connection timed out");

  for (int i = 0; i < 20; ++i)
    state.record({"c", true, {}, "HTTP 200", now});
  ASSERT_TRUE(state.last_failure());
  EXPECT_EQ(state.last_failure()->reason, "connection timed out");
}

/// Checks that the test reports the results of.
class BehaviourProber : public testing::Test {
 protected:
  BehaviourProber() { table.set_all(); }
  static SlottedCheck push(const std::string& id, std::uint32_t slot) {
    SlottedCheck made{{}, HealthSlot{slot}};
    made.check.id = id;
    made.check.type = Type::push;
    made.check.ttl = 1h;
    made.check.fall = made.check.rise = 1;
    return made;
  }
  static SlottedCheck calculated(std::uint32_t slot, std::uint32_t needed,
                                 std::vector<CheckId> children) {
    SlottedCheck made{{}, HealthSlot{slot}};
    made.check.id = "calculated " + std::to_string(slot);
    made.check.type = Type::calculated;
    made.check.needed = needed;
    made.check.children = std::move(children);
    return made;
  }
  bool healthy(std::uint32_t slot) const { return graph.healthy(HealthSlot{slot}); }

  asio::io_context io;
  std::array<std::atomic<std::uint64_t>, 4> words{};
  HealthTable table{words};
  HealthGraph graph{table};
  SystemClock clock;
  Prober prober{io, graph, clock, {}};
};

TEST_F(BehaviourProber, Rule10_5_WithOneCheckerTheAggregateIsThatChecker) {
  prober.use({push("one", 1)});
  for (const bool passed : {false, true, false}) {
    ASSERT_TRUE(prober.heartbeat("one", passed, ""));
    EXPECT_EQ(healthy(1), passed);
  }
}

TEST_F(BehaviourProber, Rule10_6_ANewCheckIsHealthyAndANewInvertedOneIsNot) {
  SlottedCheck plain = push("a", 1), inverted = push("b", 2);
  inverted.check.inverted = true;
  plain.never_probed = inverted.never_probed = true;
  prober.use({plain, inverted});
  EXPECT_TRUE(healthy(1));
  EXPECT_FALSE(healthy(2));
  ASSERT_TRUE(prober.heartbeat("b", false, ""));
  EXPECT_TRUE(healthy(2));
}

TEST_F(BehaviourProber, Rule10_6_ARestartKeepsTheVerdictOfAnInvertedCheck) {
  SlottedCheck inverted = push("b", 2);
  inverted.check.inverted = true;
  for (const bool bit : {true, false}) {
    graph.set(HealthSlot{2}, bit);
    Prober anew(io, graph, clock, {});
    anew.use({inverted});
    EXPECT_EQ(healthy(2), bit);
  }
}

TEST_F(BehaviourProber, Rule10_7_CountsTheChildrenThatAreHealthy) {
  prober.use({push("a", 1), push("b", 2), push("c", 3), calculated(9, 2, {"a", "b", "c"})});
  ASSERT_TRUE(prober.heartbeat("a", false, ""));
  EXPECT_TRUE(healthy(9));
  ASSERT_TRUE(prober.heartbeat("b", false, ""));
  EXPECT_FALSE(healthy(9));
  ASSERT_TRUE(prober.heartbeat("a", true, ""));
  EXPECT_TRUE(healthy(9));
}

TEST_F(BehaviourProber, Rule10_7_ThresholdZeroIsAlwaysHealthyAndMoreThanThereAreNever) {
  prober.use({push("a", 1), calculated(8, 0, {"a"}), calculated(9, 2, {"a"})});
  for (const bool passed : {false, true}) {
    ASSERT_TRUE(prober.heartbeat("a", passed, ""));
    EXPECT_TRUE(healthy(8));
    EXPECT_FALSE(healthy(9));
  }
}

TEST_F(BehaviourProber, Rule10_7_ADisabledChildIsHealthyUnlessInverted) {
  SlottedCheck disabled = push("a", 1), inverted = push("b", 2);
  disabled.check.disabled = inverted.check.disabled = inverted.check.inverted = true;
  prober.use({disabled, inverted, calculated(8, 1, {"a"}), calculated(9, 1, {"b"})});
  EXPECT_TRUE(healthy(8));
  EXPECT_FALSE(healthy(9));
}

TEST_F(BehaviourProber, Rule10_9_ACheckThatIsDeletedCountsAsHealthy) {
  prober.use({push("a", 1), calculated(9, 1, {"a"})});
  ASSERT_TRUE(prober.heartbeat("a", false, ""));
  EXPECT_FALSE(healthy(1));
  EXPECT_FALSE(healthy(9));
  prober.use({calculated(9, 1, {"a"})});
  EXPECT_TRUE(healthy(1));
  EXPECT_TRUE(healthy(9));
}

TEST_F(BehaviourProber, Rule10_8_AnExternalSignalSetsTheStatusAndAMissingOneIsNoneKnown) {
  prober.use({push("alarm", 1)});
  EXPECT_TRUE(healthy(1));  // none known: healthy
  ASSERT_TRUE(prober.heartbeat("alarm", false, "ALARM"));
  EXPECT_FALSE(healthy(1));
  EXPECT_EQ(prober.status("alarm")->reason, "ALARM");
  ASSERT_TRUE(prober.heartbeat("alarm", true, "OK"));
  EXPECT_TRUE(healthy(1));
}

}  // namespace
}  // namespace waymark::health
