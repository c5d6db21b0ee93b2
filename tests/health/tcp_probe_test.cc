// SPDX-License-Identifier: Apache-2.0
#include "health/tcp_probe.h"

#include <optional>
#include <sys/socket.h>
#include <vector>

#include <boost/asio/ip/tcp.hpp>
#include <gtest/gtest.h>

namespace waymark::health {
namespace {

using asio::ip::tcp;
using Kind = Outcome::Kind;

class TcpProbeTest : public testing::Test {
 protected:
  TcpProbeTest() {
    check.type = HealthCheck::Type::tcp;
    check.address = IpAddress::loopback_v4();
    check.port = acceptor.local_endpoint().port();
    check.timeout = std::chrono::milliseconds(200);
  }
  Outcome probe(const TargetRules& rules) {
    TcpProbe tcp_probe(io, rules);
    std::optional<Outcome> outcome;
    tcp_probe.start(check, [&](Outcome result) { outcome = std::move(result); });
    EXPECT_FALSE(outcome);
    io.restart();
    io.run();
    return outcome.value_or(Outcome{});
  }

  asio::io_context io;
  tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  TargetRules loopback{{*IpPrefix::parse("127.0.0.0/8")}, {}, {}};
  HealthCheck check;
};

TEST_F(TcpProbeTest, PassesWhenTheConnectionIsAccepted) {
  const Outcome outcome = probe(loopback);
  EXPECT_EQ(outcome.kind, Kind::passed);
  EXPECT_EQ(outcome.reason, "connected");
}

TEST_F(TcpProbeTest, FailsWhenRefused) {
  acceptor.close();
  const Outcome outcome = probe(loopback);
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "connection refused");
}

TEST_F(TcpProbeTest, TimesOutWhenNobodyAnswers) {
  // A listen queue that is full drops what comes: connections to it stay half open.
  acceptor.listen(0);
  const tcp::endpoint target = acceptor.local_endpoint();
  std::vector<tcp::socket> fill;
  for (int i = 0; i < 4; ++i) {
    fill.emplace_back(io, tcp::v4());
    fill.back().non_blocking(true);
    // Asio's own connect() would wait for its end.
    ::connect(fill.back().native_handle(), target.data(), static_cast<socklen_t>(target.size()));
  }
  const Outcome outcome = probe(loopback);
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "timed out after 0.2 s");
}

TEST_F(TcpProbeTest, AForbiddenAddressIsNotConnectedTo) {
  const Outcome outcome = probe(TargetRules());
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_TRUE(outcome.reason.starts_with("address 127.0.0.1 is not allowed: loopback"));

  acceptor.non_blocking(true);
  boost::system::error_code none;
  acceptor.accept(none);
  EXPECT_EQ(none, asio::error::would_block);
}

TEST_F(TcpProbeTest, DestroyedInFlightItTellsNothing) {
  {
    TcpProbe(io, loopback).start(check, [](const Outcome&) { FAIL(); });
  }
  io.run();
}

}  // namespace
}  // namespace waymark::health
