// SPDX-License-Identifier: Apache-2.0
#include "api/server.h"

#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include "api/answer_groups.h"
#include "api/http/authentication.h"
#include "api/http/client.h"
#include "api/http/json.h"
#include "zones/store/sqlite_store.h"

namespace waymark::api {
namespace {

FileDescriptor listen_on_loopback(std::uint16_t& port) {
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  socklen_t octets = Endpoint{IpAddress::loopback_v4(), 0}.to(address);
  EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), octets), 0);
  EXPECT_EQ(::listen(socket.get(), 16), 0);
  octets = sizeof address;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &octets);
  port = Endpoint::from(reinterpret_cast<const sockaddr&>(address)).port;
  return socket;
}

/// A whole REST door over a real store in a temporary folder, on a thread of its own.
class RestServer : public testing::Test {
 protected:
  RestServer() {
    char folder[] = "/tmp/waymark-api-XXXXXX";
    directory_ = ::mkdtemp(folder);
    store_ = std::move(*zones::SqliteStore::open(directory_, true));
    board_ = std::move(*dns::Board::create());
    pipeline_ =
        std::make_unique<zones::ChangePipeline>(*store_, clock_, Random(1), zones::ZoneDefaults{});
    std::uint16_t port = 0;
    FileDescriptor socket = listen_on_loopback(port);
    url_ = "http://127.0.0.1:" + std::to_string(port);
    port_ = port;
    Services services{
        .clock = clock_,
        .store = *store_,
        .pipeline = *pipeline_,
        .board = *board_,
        .target_rules = rules_,
        .max_zonefile = 1 << 20,
        .dns_endpoints = {},
        .data_dir = directory_,
        .health_tls_directory = directory_,
        .resolves_targets = true,
        .image = [] { return std::make_shared<const dns::Image>(); },
        .check_status = [](health::CheckId) -> Awaitable<std::optional<health::CheckStatus>> {
          co_return std::nullopt;
        },
        .check_statuses = []() -> Awaitable<std::vector<health::CheckStatus>> {
          co_return std::vector<health::CheckStatus>{};
        },
        .probe_totals = [] { return health::ProbeTotals{}; },
        .trust = []() -> Awaitable<health::TrustStatus> { co_return health::TrustStatus{}; },
        .heartbeat = [](health::CheckId, bool, std::string) -> Awaitable<Result<void>> {
          co_return Result<void>{};
        },
        .verdicts = [](health::CheckId, std::optional<std::uint64_t>,
                       std::size_t) -> Awaitable<Result<std::vector<zones::Verdict>>> {
          co_return std::vector<zones::Verdict>{};
        },
        .webhook_counts = [] { return WebhookCounts{}; },
        .verdicts_dropped = [] { return std::uint64_t{0}; },
        .compile_fault = [] { return std::string{}; },
        .recorded_clients = [] { return std::vector<std::pair<IpPrefix, std::uint64_t>>{}; },
        .policy_answers =
            [this](std::size_t most) { return groups_.family(*board_, *store_, most); },
        .self_query = []() -> Awaitable<bool> { co_return true; },
        .outside = {.known = [] { return zones::OutsideKnown(); },
                    .external_aliases = [] { return std::vector<zones::ExternalStatus>(); },
                    .external_alias =
                        [](const auto&) { return std::optional<zones::ExternalStatus>(); },
                    .external_counts = [] { return ExternalCounts{}; },
                    .learn =
                        [this](const auto& samples) {
                          for (const policy::LatencySample& sample : samples)
                            learner_.add(sample, clock_.now());
                        },
                    .learner = [this]() -> const policy::LatencyLearner& { return learner_; }}};
    server_ = std::make_unique<Server>(io_, std::move(socket), services, true);
    std::promise<bool> started;
    spawn(io_, start(services, started));
    thread_ = std::thread([this] { io_.run(); });
    EXPECT_TRUE(started.get_future().get());
    token_ = read_admin_token(directory_).value_or("");
  }
  ~RestServer() override {
    asio::post(io_, [this] { server_->stop(); });
    work_.reset();
    io_.stop();
    thread_.join();
    server_.reset();
    pipeline_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  Awaitable<void> start(Services services, std::promise<bool>& started) {
    const auto ensured = co_await ensure_admin_token(services);
    server_->start();
    started.set_value(static_cast<bool>(ensured));
  }

  ClientReply ask(const std::string& method, const std::string& target,
                  const std::string& body = {},
                  std::vector<std::pair<std::string, std::string>> headers = {}) {
    ClientRequest request;
    request.method = method;
    request.target = target;
    request.token = token_;
    request.body = body;
    if (!body.empty()) request.content_type = "application/json";
    request.headers = std::move(headers);
    const auto reply = http_call(url_, request);
    EXPECT_TRUE(reply) << (reply ? "" : reply.error().detail());
    return reply ? *reply : ClientReply{};
  }
  Json json(const ClientReply& reply) { return Json::parse(reply.body, nullptr, false); }

  /// Octets as they are, for what no client would send.
  std::string raw(const std::string& octets) {
    asio::io_context io;
    asio::ip::tcp::socket socket(io);
    socket.connect({asio::ip::address_v4::loopback(), port_});
    asio::write(socket, asio::buffer(octets));
    std::string answer;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(answer), end);
    return answer;
  }

  std::string directory_, url_, token_;
  std::uint16_t port_ = 0;
  ManualClock clock_;
  policy::LatencyLearner learner_{{}};
  std::unique_ptr<zones::Store> store_;
  std::optional<dns::Board> board_;
  health::TargetRules rules_;
  std::unique_ptr<zones::ChangePipeline> pipeline_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  AnswerGroups groups_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(RestServer, WantsATokenForAllButTheProbes) {
  EXPECT_EQ(ask("GET", "/v1/zones").status, 200U);
  EXPECT_EQ(ask("GET", "/livez").status, 200U);
  token_ = "wm_000000000000_00";

  const ClientReply refused = ask("GET", "/v1/zones");

  EXPECT_EQ(refused.status, 401U);
  EXPECT_EQ(json(refused)["code"], "unauthorized");
  EXPECT_EQ(ask("GET", "/livez").status, 200U);
  EXPECT_EQ(ask("GET", "/v1/nothing").status, 401U);
}

TEST_F(RestServer, WritesTheAdminTokenForItsOwnerOnly) {
  const auto status = std::filesystem::status(directory_ + "/admin.token");
  EXPECT_EQ(status.permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(RestServer, TakesAZoneThroughItsLife) {
  const ClientReply created = ask("POST", "/v1/zones", R"({"name":"example.com","comment":"c"})");
  ASSERT_EQ(created.status, 201U) << created.body;
  EXPECT_EQ(json(created)["name"], "example.com.");
  EXPECT_EQ(ask("POST", "/v1/zones", R"({"name":"example.com."})").status, 409U);

  const std::string id = json(created)["id"];
  const ClientReply changed =
      ask("POST", "/v1/zones/example.com/changes", R"({"changes":[{"action":"create",
    "record":{"name":"www.example.com","type":"A","ttl":60,"values":["192.0.2.1"]}}]})");
  ASSERT_EQ(changed.status, 201U) << changed.body;
  EXPECT_EQ(json(changed)["status"], "pending");
  EXPECT_EQ(json(ask("GET",
                     "/v1/zones/" + id + "/records?name=www.example.com"))["items"][0]["values"][0],
            "192.0.2.1");
  EXPECT_EQ(
      json(ask("GET", "/v1/changes/" + json(changed)["id"].get<std::string>()))["added"].size(),
      2U);  // and the SOA

  EXPECT_EQ(ask("DELETE", "/v1/zones/" + id).status, 409U);
  EXPECT_EQ(ask("DELETE", "/v1/zones/" + id + "?force=true").status, 204U);
  EXPECT_EQ(ask("GET", "/v1/zones/" + id).status, 404U);
}

TEST_F(RestServer, StoresNothingOnADryRun) {
  ask("POST", "/v1/zones", R"({"name":"example.com"})");
  const std::string batch = R"({"changes":[{"action":"create",
    "record":{"name":"a.example.com","type":"A","ttl":60,"values":["192.0.2.1"]}}]})";

  const ClientReply dry = ask("POST", "/v1/zones/example.com/changes?dry_run=true", batch);

  EXPECT_EQ(dry.status, 200U) << dry.body;
  EXPECT_EQ(json(ask("GET", "/v1/zones/example.com/records?name=a.example.com"))["items"].size(),
            0U);
}

TEST_F(RestServer, RefusesAChangeBuiltOnAnOlderVersion) {
  ask("POST", "/v1/zones", R"({"name":"example.com"})");
  const ClientReply late =
      ask("POST", "/v1/zones/example.com/changes", R"({"changes":[{"action":"create",
    "record":{"name":"a.example.com","type":"A","ttl":60,"values":["192.0.2.1"]}}]})",
          {{"If-Match", "\"99\""}});
  EXPECT_EQ(late.status, 412U) << late.body;
}

TEST_F(RestServer, DoesARepeatedPostOnce) {
  const std::vector<std::pair<std::string, std::string>> key{{"Idempotency-Key", "k1"}};
  const ClientReply first = ask("POST", "/v1/zones", R"({"name":"example.com"})", key);

  const ClientReply again = ask("POST", "/v1/zones", R"({"name":"example.com"})", key);

  EXPECT_EQ(again.status, 201U);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(ask("POST", "/v1/zones", R"({"name":"example.org"})", key).status, 422U);
}

TEST_F(RestServer, ImportsAndExportsAZoneFile) {
  const std::string file =
      "$TTL 300\n@ IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ IN NS ns1\nns1 IN A "
      "192.0.2.53\nwww 60 IN A 192.0.2.1\n";
  const ClientReply put = ask("PUT", "/v1/zones/example.com/zonefile", file);
  ASSERT_EQ(put.status, 201U) << put.body;

  const ClientReply got = ask("GET", "/v1/zones/example.com/zonefile");

  EXPECT_EQ(got.content_type, "text/dns");
  EXPECT_NE(got.body.find("www.example.com."), std::string::npos);
  EXPECT_EQ(ask("PUT", "/v1/zones/example.com/zonefile?create=true", file).status, 409U);
}

TEST_F(RestServer, LimitsATokenToItsScope) {
  const ClientReply made = ask("POST", "/v1/tokens", R"({"scope":"read-only","name":"monitor"})");
  ASSERT_EQ(made.status, 201U) << made.body;
  const std::string admin = std::exchange(token_, json(made)["token"].get<std::string>());

  EXPECT_EQ(ask("GET", "/v1/zones").status, 200U);
  EXPECT_EQ(ask("POST", "/v1/zones", R"({"name":"example.com"})").status, 403U);

  const std::string reader = std::exchange(token_, admin);
  EXPECT_EQ(ask("DELETE", "/v1/tokens/" + json(made)["id"].get<std::string>()).status, 204U);
  token_ = reader;
  EXPECT_EQ(ask("GET", "/v1/zones").status, 401U);
}

TEST_F(RestServer, KeepsTheLastAdministrator) {
  const Json tokens = json(ask("GET", "/v1/tokens"));
  ASSERT_EQ(tokens["items"].size(), 1U);
  EXPECT_EQ(ask("DELETE", "/v1/tokens/" + tokens["items"][0]["id"].get<std::string>()).status,
            409U);
}

TEST_F(RestServer, ChangesAHealthCheckByMergePatch) {
  const ClientReply made =
      ask("POST", "/v1/health-checks", R"({"type":"tcp","address":"10.0.0.1","port":80})");
  ASSERT_EQ(made.status, 201U) << made.body;
  const std::string path = "/v1/health-checks/" + json(made)["id"].get<std::string>();

  EXPECT_EQ(json(ask("PATCH", path, R"({"port":81})"))["port"], 81);
  const ClientReply other = ask("PATCH", path, R"({"type":"calculated","port":82})");
  EXPECT_EQ(other.status, 422U);
  EXPECT_EQ(json(other)["pointer"], "/type");  // and nothing of its fields
  EXPECT_EQ(json(other)["errors"].size(), 1U);
  EXPECT_EQ(json(ask("PUT", path + "/override",
                     R"({"state":"down","expires_in":60})"))["override"]["state"],
            "down");
  EXPECT_EQ(json(ask("GET", path))["version"], 3);
  EXPECT_EQ(ask("DELETE", path).status, 204U);
}

TEST_F(RestServer, RefusesATargetThatMayNotBeProbed) {
  const ClientReply refused =
      ask("POST", "/v1/health-checks", R"({"type":"tcp","address":"169.254.169.254","port":80})");
  EXPECT_EQ(refused.status, 422U);
  EXPECT_EQ(json(refused)["pointer"], "/address");
}

TEST_F(RestServer, ShowsTheLatencyTableThatWasPut) {
  const ClientReply put =
      ask("PUT", "/v1/latency",
          R"({"entries":[{"prefix":"192.0.2.0/24","latencies":{"eu-west-1":12,"mars":900}}]})");
  ASSERT_EQ(put.status, 200U) << put.body;

  const Json shown = json(ask("GET", "/v1/latency"));

  ASSERT_EQ(shown["entries"].size(), 1U);
  EXPECT_EQ(shown["entries"][0]["latencies"]["eu-west-1"], 12);
  EXPECT_EQ(shown["regions"].back(), "mars");
}

TEST_F(RestServer, NamesTheMethodsThatAreAllowed) {
  const std::string answer =
      raw("PATCH /v1/zones HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " +
          token_ + "\r\n\r\n");
  EXPECT_EQ(answer.substr(0, 12), "HTTP/1.1 405");
  EXPECT_NE(answer.find("Allow: POST, GET, HEAD"), std::string::npos);
}

TEST_F(RestServer, RefusesAmbiguousFraming) {
  const std::string start =
      "POST /v1/zones HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token_ + "\r\n";
  for (const char* framing :
       {"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 2\r\nContent-Length: 3\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n"})
    EXPECT_EQ(raw(start + framing + "\r\n{}").substr(0, 12), "HTTP/1.1 400") << framing;
  EXPECT_EQ(raw("GET /livez HTTP/1.1\r\n\r\n").substr(0, 12), "HTTP/1.1 400");
  for (const char* framing :
       {"Content-Length: 2\r\nContent-Length: 2\r\n", "Content-Length: 2, 2\r\n",
        "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
        "X-A: b\r\n folded\r\nContent-Length: 2\r\n", "X-A: b\nContent-Length: 2\r\n"})
    EXPECT_EQ(raw(start + framing + "\r\n{}").substr(0, 12), "HTTP/1.1 400") << framing;
  const std::string chunked = start + "Transfer-Encoding: chunked\r\n\r\n";
  for (const char* chunk :
       {"zz\r\n{}\r\n0\r\n\r\n", "0x2\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n",
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n", "2\r\n{}XX0\r\n\r\n"})
    EXPECT_EQ(raw(chunked + chunk).substr(0, 12), "HTTP/1.1 400") << chunk;
  std::string many = "GET /livez HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 150; ++i)
    many += "X-" + std::to_string(i) + ": y\r\n";
  EXPECT_EQ(raw(many + "\r\n").substr(0, 12), "HTTP/1.1 413");
}

TEST_F(RestServer, RefusesTooMuch) {
  EXPECT_EQ(raw("GET /livez HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
                .substr(0, 12),
            "HTTP/1.1 413");
  EXPECT_EQ(raw("POST /v1/zones HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\nAuthorization: "
                "Bearer " +
                token_ + "\r\n\r\n")
                .substr(0, 12),
            "HTTP/1.1 413");
}

TEST_F(RestServer, DescribesEveryRoute) {
  const Json page = json(ask("GET", "/openapi.json"));
  EXPECT_EQ(page["openapi"], "3.1.0");
  EXPECT_TRUE(page["paths"]["/v1/zones/{zone}/changes"].contains("post"));
  EXPECT_TRUE(page["paths"].contains("/v1/explain"));
}

TEST_F(RestServer, CountsItsRequests) {
  const std::string zone =
      R"({zone="m.test.",id=")" +
      json(ask("POST", "/v1/zones", R"({"name":"m.test"})"))["id"].get<std::string>() + "\"} ";
  ask("GET", "/v1/zones");
  const std::string token = std::exchange(token_, "wm_000000000000_00");
  ask("GET", "/v1/zones");
  token_ = token;
  const ClientReply scrape = ask("GET", "/metrics");
  EXPECT_EQ(scrape.content_type, "text/plain; version=0.0.4; charset=utf-8");
  for (
      const std::string& name : std::initializer_list<std::string>{
          "waymark_build_info{", "waymark_start_time_seconds ", "process_resident_memory_bytes ",
          "waymark_zone_serial" + zone + "1", "waymark_zone_records" + zone + "2",
          "waymark_dns_zone_queries_total" + zone + "0",
          R"(waymark_api_requests_total{door="rest",route="/v1/zones",method="GET",code="401"} 1)",
          R"(waymark_api_request_duration_seconds_count{door="rest",route="/v1/zones"} 3)",
          R"(waymark_api_request_duration_seconds_bucket{door="rest",route="/v1/zones",le="+Inf"} 3)"})
    EXPECT_NE(scrape.body.find(name), std::string::npos) << name;
  EXPECT_NE(
      scrape.body.find(
          R"(waymark_api_requests_total{door="rest",route="/v1/zones",method="GET",code="200"} 1)"),
      std::string::npos)
      << scrape.body.substr(0, 2000);
}

}  // namespace
}  // namespace waymark::api
