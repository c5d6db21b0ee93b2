// SPDX-License-Identifier: Apache-2.0
#include "health/http_probe.h"

#include <cstdlib>
#include <optional>

#include <gtest/gtest.h>

#include "tests/health/hostile_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using Kind = Outcome::Kind;
using Socket = HostileServer::Socket;

const std::string ok = "HTTP/1.1 200 OK\r\n";

class HttpProbeTest : public testing::Test {
 protected:
  HttpProbeTest() { check.timeout = 300ms; }
  static TargetRules loopback() { return {{*IpPrefix::parse("127.0.0.0/8")}, {}, {}}; }

  /// One attempt against a server that behaves so. Fails when it lasts over timeout + 0.5 s
  /// (PRB-4).
  Outcome probe(HostileServer::Behaviour behave, const TargetRules& rules = loopback()) {
    server.emplace(io, std::move(behave));
    check.port = server->port();
    return run(rules);
  }
  Outcome run(const TargetRules& rules = loopback()) {
    HttpProbe http(io, rules);
    std::optional<Outcome> outcome;
    check.address = IpAddress::loopback_v4();
    http.start(check, [&](Outcome result) { outcome = std::move(result); });
    EXPECT_FALSE(outcome);  // never from within start()
    io.restart();
    const auto latest = std::chrono::steady_clock::now() + check.timeout + 500ms;
    while (!outcome && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    EXPECT_TRUE(outcome) << "the attempt did not end in time";
    return outcome.value_or(Outcome{});
  }

  asio::io_context io;
  std::optional<HostileServer> server;
  HealthCheck check;
};

TEST_F(HttpProbeTest, PassesOn200) {
  check.path = "/health?deep=1";
  check.host = "www.example.com";
  const Outcome outcome = probe(HostileServer::answer(ok + "Content-Length: 2\r\n\r\nok"));

  EXPECT_EQ(outcome.kind, Kind::passed);
  EXPECT_EQ(outcome.reason, "HTTP 200");
  EXPECT_TRUE(server->request().starts_with("GET /health?deep=1 HTTP/1.1\r\n"))
      << server->request();
  EXPECT_NE(server->request().find("\r\nHost: www.example.com:" + std::to_string(server->port()) +
                                   "\r\n"),
            std::string::npos);
  EXPECT_NE(server->request().find("\r\nUser-Agent: Waymark-Health-Check/0.1\r\n"),
            std::string::npos);
  for (const char* secret : {"Cookie:", "Authorization:", "Proxy-"})
    EXPECT_EQ(server->request().find(secret), std::string::npos);
}

TEST_F(HttpProbeTest, FailsOn503) {
  const Outcome outcome =
      probe(HostileServer::answer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "HTTP 503; expected 200 to 399");
}

TEST_F(HttpProbeTest, FollowsNoRedirect) {
  for (const char* status : {"301", "302", "303", "307", "308"}) {
    HostileServer elsewhere(io, HostileServer::answer(ok + "\r\n"));
    const Outcome outcome = probe(HostileServer::answer(
        "HTTP/1.1 " + std::string(status) + " Moved\r\nLocation: http://127.0.0.1:" +
        std::to_string(elsewhere.port()) + "/\r\nContent-Length: 0\r\n\r\n"));
    EXPECT_EQ(outcome.kind, Kind::passed);
    EXPECT_EQ(outcome.reason, "HTTP " + std::string(status));
    EXPECT_EQ(elsewhere.connections(), 0);
    EXPECT_EQ(server->connections(), 1);
  }
}

TEST_F(HttpProbeTest, FollowsNoRedirectEitherWhereItLooksForAString) {
  check.match = "found";
  HostileServer elsewhere(io, HostileServer::answer(ok + "\r\nfound"));
  const std::string location = "http://127.0.0.1:" + std::to_string(elsewhere.port()) + "/";
  const auto redirect = [&](const std::string& body) {
    return HostileServer::answer("HTTP/1.1 302 Found\r\nLocation: " + location +
                                 "\r\nContent-Length: 5\r\n\r\n" + body);
  };

  EXPECT_EQ(probe(redirect("found")).kind, Kind::passed);  // in the answer that came
  EXPECT_EQ(server->connections(), 1);
  EXPECT_EQ(probe(redirect("other")).kind, Kind::failed);
  EXPECT_EQ(server->connections(), 1);
  EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(HttpProbeTest, AsksNoProxyOfTheEnvironment) {
  HostileServer proxy(io, HostileServer::answer(ok + "\r\n"));
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY"})
    setenv(name, url.c_str(), 1);
  EXPECT_EQ(probe(HostileServer::answer(ok + "\r\n")).kind, Kind::passed);
  for (const char* name : {"http_proxy", "https_proxy", "ALL_PROXY"})
    unsetenv(name);
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(HttpProbeTest, FindsTheStringInTheBody) {
  check.match = "all well";
  EXPECT_EQ(probe(HostileServer::answer(ok + "Content-Length: 13\r\n\r\nnow all well!")).kind,
            Kind::passed);

  const Outcome outcome = probe(HostileServer::answer(ok + "Content-Length: 3\r\n\r\nbad"));
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "\"all well\" not found in the first 5,120 octets");
}

TEST_F(HttpProbeTest, TheStringMustEndWithin5120Octets) {
  check.match = "ok";
  EXPECT_EQ(probe(HostileServer::answer(ok + "\r\n" + std::string(5'118, '.') + "ok")).kind,
            Kind::passed);
  EXPECT_EQ(probe(HostileServer::answer(ok + "\r\n" + std::string(5'119, '.') + "ok")).kind,
            Kind::failed);
}

TEST_F(HttpProbeTest, InflatesNoMoreThan5120Octets) {
  // 1 MiB of "a", deflated: RFC 1951 fixed codes, one literal and then matches of length 258 at
  // distance 1 (8 one-bits' code 285 = 11000101, distance code 0 = 00000), 10 bits each.
  std::string bits = "110";  // final block, fixed codes
  bits += "10010001";        // literal 0x61
  for (int i = 0; i < 4'064; ++i)
    bits += "1100010100000";
  bits += "0000000";  // end of block
  std::string deflated;
  for (std::size_t i = 0; i < bits.size(); i += 8) {
    unsigned octet = 0;
    for (std::size_t j = 0; j < 8 && i + j < bits.size(); ++j)
      octet |= (bits[i + j] == '1' ? 1U : 0U) << j;
    deflated.push_back(static_cast<char>(octet));
  }
  const std::string head = ok + "Content-Encoding: deflate\r\n\r\n";
  check.match = "aaaa";
  EXPECT_EQ(probe(HostileServer::answer(head + deflated)).kind, Kind::passed);
  check.match = "b";
  EXPECT_EQ(probe(HostileServer::answer(head + deflated)).reason,
            "\"b\" not found in the first 5,120 octets");
}

TEST_F(HttpProbeTest, AnEndlessBodyIsCutOff) {
  check.match = "never";
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, ok + "\r\n");
    co_await HostileServer::send_for_ever(socket, std::string(10'000, '.'));
  });
  EXPECT_EQ(outcome.reason, "\"never\" not found in the first 5,120 octets");
}

TEST_F(HttpProbeTest, ABodyThatNobodyAskedForIsNotWaitedFor) {
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, ok + "Content-Length: 100\r\n\r\n");
    co_await HostileServer::silence(socket);
  });
  EXPECT_EQ(outcome.kind, Kind::passed);
}

TEST_F(HttpProbeTest, NeverEndingHeadersAreCutOff) {
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, ok);
    co_await HostileServer::send_for_ever(socket, "X-Filler: " + std::string(500, 'x') + "\r\n");
  });
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "the header block is over 16,384 octets");
}

TEST_F(HttpProbeTest, ANeverEndingHeaderLineIsCutOff) {
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, ok + "X-Filler: ");
    co_await HostileServer::send_for_ever(socket, std::string(10'000, 'x'));
  });
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "a header line is too long");
}

TEST_F(HttpProbeTest, EndlessInterimAnswersAreCutOff) {
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send_for_ever(socket, "HTTP/1.1 100 Continue\r\n\r\n");
  });
  EXPECT_EQ(outcome.reason, "the header block is over 16,384 octets");
}

TEST_F(HttpProbeTest, OneOctetAtATimeTimesOut) {
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, ok + "X: ");
    co_await HostileServer::send_for_ever(socket, "x", 20ms);
  });
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "timed out after 0.3 s");
}

TEST_F(HttpProbeTest, SilenceTimesOut) {
  const Outcome outcome = probe(&HostileServer::silence);
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "timed out after 0.3 s");
}

TEST_F(HttpProbeTest, AStalledHandshakeTimesOut) {
  check.type = HealthCheck::Type::https;
  EXPECT_EQ(probe(&HostileServer::silence).reason, "timed out after 0.3 s");
}

TEST_F(HttpProbeTest, FailsWhenTheServerClosesAtOnce) {
  const Outcome outcome = probe([](Socket&) -> Awaitable<void> { co_return; });
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "connection closed without an answer");
}

TEST_F(HttpProbeTest, FailsWhenTheServerResets) {
  const Outcome outcome = probe([](Socket& socket) -> Awaitable<void> {
    socket.set_option(asio::socket_base::linger(true, 0));
    socket.close();
    co_return;
  });
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "connection reset");
}

TEST_F(HttpProbeTest, FailsWhenTheBodyIsCutShort) {
  check.match = "ok";
  EXPECT_EQ(probe(HostileServer::answer(ok + "Content-Length: 100\r\n\r\nshort")).reason,
            "connection closed in the middle of the body");
}

TEST_F(HttpProbeTest, WhatIsNotHttpFails) {
  using namespace std::string_literals;
  for (const std::string& text : {"SSH-2.0-OpenSSH_9.2\r\n"s, "\0\0\0\0\0\0\0\0"s,
                                  "HTTP/9.9 200 OK\r\n\r\n"s, "HTTP/1.1 abc\r\n\r\n"s, "\r\n\r\n"s})
    EXPECT_EQ(probe(HostileServer::answer(text)).kind, Kind::failed) << text;
}

TEST_F(HttpProbeTest, ARefusedConnectionFails) {
  check.port = [this] {
    HostileServer gone(io, HostileServer::answer(ok));
    return gone.port();
  }();
  const Outcome outcome = run();
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_EQ(outcome.reason, "connection refused");
}

TEST_F(HttpProbeTest, AForbiddenAddressIsNotConnectedTo) {
  check.host = "www.example.com";  // PRB-1: the address counts, not the name in the URL
  const Outcome outcome = probe(HostileServer::answer(ok + "\r\n"), TargetRules());
  EXPECT_EQ(outcome.kind, Kind::failed);
  EXPECT_TRUE(outcome.reason.starts_with("address 127.0.0.1 is not allowed: loopback"));
  EXPECT_EQ(server->connections(), 0);
}

TEST_F(HttpProbeTest, NothingCanBeSmuggledIntoTheRequest) {
  check.path = "/ HTTP/1.1\r\nX-Evil: 1";
  EXPECT_EQ(probe(HostileServer::answer(ok + "\r\n")).kind, Kind::failed);
  check.path = "/";
  for (const char* host : {"a\r\nX-Evil: 1", "a b", "user@a", "a/b", "a?b", "a#b"}) {
    check.host = host;
    EXPECT_EQ(probe(HostileServer::answer(ok + "\r\n")).kind, Kind::failed) << host;
    EXPECT_EQ(server->connections(), 0) << host;
  }
}

TEST_F(HttpProbeTest, DestroyedInFlightItTellsNothing) {
  HostileServer silent(io, &HostileServer::silence);
  check.address = IpAddress::loopback_v4();
  check.port = silent.port();
  {
    HttpProbe http(io, loopback());
    http.start(check, [](const Outcome&) { FAIL(); });
    while (silent.request().empty())
      io.run_one();
  }
  silent.close();
  io.run();  // ends: the connection was closed
}

TEST_F(HttpProbeTest, AFoldedFirstHeaderLineHarmsNothingAfterAnotherAttempt) {
  // Of libcurl 7.83 to 8.0 with a handle that was used before it, it read freed memory.
  std::vector<std::string> answers(
      20, "HTTP/1.1 200 OK\r\nX-Much: " + std::string(200, 'x') + "\r\nX-More: y\r\n\r\nok");
  answers.insert(answers.end(), 20,
                 "HTTP/1.1 200 OK\r\n\tfolded: " + std::string(400, 'z') + "\r\nX: y\r\n\r\nok");
  std::size_t next = 0;
  HostileServer hostile(io, [&](Socket& socket) -> Awaitable<void> {
    const std::string answer = answers[next++];
    co_await HostileServer::send(socket, answer);
  });
  check.address = IpAddress::loopback_v4();
  check.port = hostile.port();
  check.timeout = 4s;
  HttpProbe http(io, loopback());
  std::size_t ended = 0;
  std::function<void(const Outcome&)> again = [&](const Outcome&) {
    if (++ended < answers.size()) http.start(check, again);
  };
  http.start(check, again);
  const auto latest = std::chrono::steady_clock::now() + 10s;
  while (ended < answers.size() && std::chrono::steady_clock::now() < latest)
    io.run_one_until(latest);
  EXPECT_EQ(ended, answers.size());
}

TEST_F(HttpProbeTest, AHundredAttemptsRunAtOnce) {
  HostileServer slow(io, [](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::pause(socket, 100ms);
    co_await HostileServer::send(socket, ok + "\r\n");
  });
  check.address = IpAddress::loopback_v4();
  check.port = slow.port();
  check.timeout = 4s;
  HttpProbe http(io, loopback());
  int passed = 0, ended = 0;
  for (int i = 0; i < 100; ++i)
    http.start(check, [&](const Outcome& outcome) {
      ++ended;
      passed += outcome.kind == Kind::passed ? 1 : 0;
    });
  const auto latest = std::chrono::steady_clock::now() + 3s;
  while (ended < 100 && std::chrono::steady_clock::now() < latest)
    io.run_one_until(latest);
  EXPECT_EQ(passed, 100);
}

}  // namespace
}  // namespace waymark::health
