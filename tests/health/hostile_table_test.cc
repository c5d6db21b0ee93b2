// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "health/http_probe.h"
#include "tests/health/hostile_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Socket = HostileServer::Socket;

const std::string ok = "HTTP/1.1 200 OK\r\n";

struct Row {
  const char* what;
  HostileServer::Behaviour behave;
  bool tls = false;
};

HostileServer::Behaviour for_ever(std::string first, std::string then,
                                  std::chrono::milliseconds between = {}) {
  return [first, then, between](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, first);
    co_await HostileServer::send_for_ever(socket, then, between);
  };
}

HostileServer::Behaviour then_silence(std::string first) {
  return [first](Socket& socket) -> Awaitable<void> {
    co_await HostileServer::send(socket, first);
    co_await HostileServer::silence(socket);
  };
}

/// RFC 1951 §3.2.4: a stored block that is not the last, of 1,000 octets.
std::string stored_block() {
  return "\0\xE8\x03\x17\xFC"s + std::string(1'000, 'a');
}

std::vector<Row> rows() {
  const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
  return {
      {"an endless body", for_ever(ok + "\r\n", std::string(10'000, '.'))},
      {"endless headers", for_ever(ok, "X-Filler: " + std::string(500, 'x') + "\r\n")},
      {"an endless header line", for_ever(ok + "X: ", std::string(10'000, 'x'))},
      {"endless interim answers", for_ever("", "HTTP/1.1 100 Continue\r\n\r\n")},
      {"an octet at a time", for_ever(ok + "X: ", "x", 20ms)},
      {"a body an octet at a time", for_ever(ok + "\r\n", "x", 20ms)},
      {"silence", &HostileServer::silence},
      {"silence after the status line", then_silence(ok)},
      {"a promised body that never comes", then_silence(ok + "Content-Length: 100\r\n\r\n")},
      {"a close at once", [](Socket&) -> Awaitable<void> { co_return; }},
      {"NULs", for_ever("", std::string(4'096, '\0'))},
      {"NULs in a header", then_silence(ok + "X: a\0b\r\n\r\n"s)},
      {"another protocol", then_silence("SSH-2.0-OpenSSH_9.2\r\n")},
      {"no status", then_silence("HTTP/1.1 abc\r\n\r\n")},
      {"what is not gzip", for_ever(ok + "Content-Encoding: gzip\r\n\r\n", "this is not gzip")},
      {"an endless deflate stream",
       for_ever(ok + "Content-Encoding: deflate\r\n\r\n", stored_block())},
      {"a chunk that has no length", then_silence(chunked + "no length\r\n")},
      {"a chunk longer than memory",
       for_ever(chunked + "FFFFFFFFFFFFFFF\r\n", std::string(4'096, '.'))},
      {"an endless chunk extension", for_ever(chunked + "1;", std::string(4'096, 'x'))},
      {"a negative length", then_silence(ok + "Content-Length: -1\r\n\r\n")},
      {"two lengths", then_silence(ok + "Content-Length: 1\r\nContent-Length: 99999\r\n\r\n")},
      {"a handshake that stalls", &HostileServer::silence, true},
      {"a handshake of noise", for_ever("", "\x16\x03\x01\xFF\xFFnoise"s), true},
  };
}

std::size_t resident_kib() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) / 1'024;
}

TEST(HostileTable, Prb4EveryCheckEndsInTimeAndAThousandCostLittleMemory) {
  constexpr int at_once = 50;
  const auto timeout = 300ms;
  std::size_t before = 0;
  int checks = 0;
  for (const Row& row : rows()) {
    asio::io_context io;
    HostileServer server(io, row.behave);
    HttpProbe probe(io, TargetRules({*IpPrefix::parse("127.0.0.0/8")}, {}, {}));
    HealthCheck check;
    check.type = row.tls ? HealthCheck::Type::https : HealthCheck::Type::http;
    check.address = IpAddress::loopback_v4();
    check.port = server.port();
    check.timeout = timeout;
    check.match = "never";
    int ended = 0, passed = 0;
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < at_once; ++i)
      probe.start(check, [&](const Outcome& outcome) {
        ++ended;
        passed += outcome.kind == Outcome::Kind::failed ? 0 : 1;
      });
    while (ended < at_once && std::chrono::steady_clock::now() < begun + 5s)
      io.run_one_until(begun + 5s);
    EXPECT_EQ(ended, at_once) << row.what;
    EXPECT_EQ(passed, 0) << row.what;
    // Fifty share one thread with their server here; the limit is for one.
    EXPECT_LE(std::chrono::steady_clock::now() - begun, timeout + 2s) << row.what;
    checks += ended;
    if (before == 0) before = resident_kib();  // after the first row: libraries are loaded
  }
  EXPECT_GE(checks, 1'000);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what was freed
  EXPECT_LE(resident_kib(), before + 16 * 1'024);
#endif
}

}  // namespace
}  // namespace waymark::health
