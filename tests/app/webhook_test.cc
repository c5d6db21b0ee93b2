// SPDX-License-Identifier: Apache-2.0
#include "app/webhook.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

#include "api/http/json.h"
#include "base/tls_crypto.h"
#include "tests/health/hostile_server.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
using health::HostileServer;

class WebhookTest : public testing::Test {
 protected:
  Webhook::Settings to(std::uint16_t port) const {
    Webhook::Settings settings;
    settings.url = *WebhookUrl::parse("http://127.0.0.1:" + std::to_string(port) + "/hook?x=1");
    settings.secret = "s3cret";
    settings.first_pause = 10ms;
    return settings;
  }
  template <class Condition>
  bool until(Condition condition) {
    const auto latest = std::chrono::steady_clock::now() + 3s;
    while (!condition() && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    return condition();
  }
  health::Transition transition(const std::string& id) const {
    return {id, false, "connect timed out", TimePoint{std::chrono::seconds(1'800'000'000)},
            "web 1"};
  }
  static HostileServer::Behaviour status(const std::string& line) {
    return HostileServer::answer("HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n\r\n");
  }

  asio::io_context io;
  ManualClock clock;
  health::TargetRules rules{{*IpPrefix::parse("127.0.0.0/8")}, {}, {}};
};

TEST_F(WebhookTest, IsSignedOverTimeAndBody) {
  std::string body;
  const HostileServer* asked = nullptr;
  HostileServer server(io, [&](HostileServer::Socket& socket) -> Awaitable<void> {
    body = asked->request().substr(asked->request().find("\r\n\r\n") + 4);
    while (body.find('}') == std::string::npos) {  // it may come behind its header
      std::array<char, 512> piece{};
      const std::size_t got =
          co_await socket.async_read_some(asio::buffer(piece), asio::use_awaitable);
      body.append(piece.data(), got);
    }
    co_await HostileServer::send(socket, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  asked = &server;
  Webhook webhook(io, clock, rules, to(server.port()), Random(1));
  webhook.notify(transition("c1"));
  ASSERT_TRUE(until([&] { return webhook.counts().delivered == 1; }));

  const std::string& request = server.request();
  EXPECT_TRUE(request.starts_with("POST /hook?x=1 HTTP/1.1\r\n")) << request;
  const std::string mark = "\r\nX-Waymark-Signature: t=";
  const auto at = request.find(mark);
  ASSERT_NE(at, std::string::npos);
  const std::string line =
      request.substr(at + mark.size(), request.find("\r\n", at + 2) - at - mark.size());
  const std::string time = line.substr(0, line.find(','));
  EXPECT_EQ(line, time + ",v1=" + hmac_sha256_hex("s3cret", time + "." + body));
  const auto json = api::Json::parse(body);
  EXPECT_EQ(json["check"], "c1");
  EXPECT_EQ(json["healthy"], false);
  EXPECT_EQ(json["reason"], "connect timed out");
}

TEST_F(WebhookTest, IsTriedAgainAndKeepsTheOrder) {
  int asked = 0;
  HostileServer server(io, [&](HostileServer::Socket& socket) -> Awaitable<void> {
    const std::string line = ++asked <= 2 ? "503 Busy" : "200 OK";
    co_await HostileServer::send(socket, "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n\r\n");
  });
  Webhook webhook(io, clock, rules, to(server.port()), Random(1));
  webhook.notify(transition("c1"));
  webhook.notify(transition("c2"));
  ASSERT_TRUE(until([&] { return webhook.counts().delivered == 2; }));
  EXPECT_EQ(webhook.counts().retried, 2U);
  EXPECT_NE(server.request().find("\"c2\""), std::string::npos);  // the last one asked
  EXPECT_EQ(webhook.counts().queued, 0U);
}

TEST_F(WebhookTest, IsGivenUpAfterEightTries) {
  HostileServer server(io, status("500 No"));
  auto settings = to(server.port());
  settings.first_pause = 1ms;
  Webhook webhook(io, clock, rules, std::move(settings), Random(1));
  webhook.notify(transition("c1"));
  ASSERT_TRUE(until([&] { return webhook.counts().failed == 1; }));
  EXPECT_EQ(server.connections(), 8);
}

TEST_F(WebhookTest, TheQueueIsBounded) {
  HostileServer server(io, &HostileServer::silence);
  Webhook webhook(io, clock, rules, to(server.port()), Random(1));
  for (std::size_t i = 0; i < Webhook::most_queued + 7; ++i)
    webhook.notify(transition("c"));
  EXPECT_EQ(webhook.counts().queued, Webhook::most_queued);
  EXPECT_EQ(webhook.counts().dropped, 7U);
}

TEST_F(WebhookTest, TheTargetRulesApply) {
  HostileServer server(io, status("200 OK"));
  const health::TargetRules strict;
  auto settings = to(server.port());
  settings.first_pause = 1ms;
  Webhook webhook(io, clock, strict, std::move(settings), Random(1));
  webhook.notify(transition("c1"));
  ASSERT_TRUE(until([&] { return webhook.counts().failed == 1; }));
  EXPECT_EQ(server.connections(), 0);
}

TEST(WebhookUrl, IsReadWhole) {
  const auto url = WebhookUrl::parse("https://hooks.example.com:8443/a/b?c=d");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "hooks.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/b?c=d");
  EXPECT_EQ(WebhookUrl::parse("http://[::1]")->host, "::1");
  EXPECT_EQ(WebhookUrl::parse("https://a")->port, 443);
  for (const char* bad : {"", "ftp://a", "http://", "http://u@a/", "http://a:0/", "http://a:x/",
                          "http://a:65536", "http://a/#f", "http://a /", "http://[::1"})
    EXPECT_FALSE(WebhookUrl::parse(bad)) << bad;
}

}  // namespace
}  // namespace waymark::app
