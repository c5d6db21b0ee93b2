// SPDX-License-Identifier: Apache-2.0
//
// 10,000 checks at a 10-second interval against a real local server: how much of a core the health
// thread uses, and whether any probe begins late.  health_probe_bench [http|tcp|https] [SECONDS]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <sys/resource.h>
#include <vector>

#include "base/log.h"
#include "health/prober.h"
#include "tests/bench/health/bench_server.h"

namespace {

using namespace waymark;          // NOLINT(google-build-using-namespace)
using namespace waymark::health;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using Type = HealthCheck::Type;

constexpr std::uint32_t all_checks = 10'000, addresses = 50;
// A handshake costs the server more than us: with all of them its core would be what is measured.
constexpr std::uint32_t tls_checks = 2'000;

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_THREAD, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

/// Bars in percent of a core; https is printed without one.
bool measure(Type type, const char* name, int bar, std::chrono::seconds length) {
  const bench::BenchServer server(type == Type::https);
  std::vector<std::atomic<std::uint64_t>> words(1'024);
  const HealthTable table(words);
  table.set_all();
  HealthGraph graph(table);
  const SystemClock clock;
  asio::io_context io(1);
  ProberSettings settings;
  settings.attempts.rules = TargetRules({*IpPrefix::parse("127.0.0.0/8")}, {}, {});
  Prober prober(io, graph, clock, std::move(settings));
  const std::uint32_t checks = type == Type::https ? tls_checks : all_checks;
  std::vector<SlottedCheck> slotted;
  for (std::uint32_t i = 0; i < checks; ++i) {
    HealthCheck check;
    check.id = "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + i);
    check.type = type;
    check.address = IpAddress::v4(0x7F000002 + i % addresses);  // 127.0.0.2 and up: ports enough
    check.port = server.port();
    check.path = "/health";
    slotted.push_back({check, HealthSlot{i + 1}});
  }
  prober.use(std::move(slotted));
  io.run_for(2s);  // warm

  const ProbeTotals before = prober.totals();
  const double cpu = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  io.run_for(length);
  const double wall =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const double share = (cpu_seconds() - cpu) / wall * 100;
  const ProbeTotals after = prober.totals();
  const auto passed = after.passed - before.passed, failed = after.failed - before.failed;
  std::printf(
      "%-5s %6.0f probes/s, %5.1f %% of a core (bar: %s), %4.0f µs each; failed %llu, not "
      "counted %llu, begun late %llu\n",
      name, static_cast<double>(passed + failed) / wall, share,
      bar > 0 ? (std::to_string(bar) + " %").c_str() : "none",
      share / 100 * wall * 1e6 / static_cast<double>(passed + failed + 1),
      static_cast<unsigned long long>(failed),
      static_cast<unsigned long long>(after.not_counted - before.not_counted),
      static_cast<unsigned long long>(after.late - before.late));
  return (bar == 0 || share <= bar) && after.late == before.late && failed == 0;
}

}  // namespace

int main(int count, char** words) {
  waymark::log::start(waymark::log::Level::error, waymark::log::Format::text, "bench");
  const std::string only = count > 1 ? words[1] : "";
  const std::chrono::seconds length(count > 2 ? std::atoi(words[2]) : 10);
  bool well = true;
  if (only.empty() || only == "http") well &= measure(Type::http, "http", 35, length);
  if (only.empty() || only == "tcp") well &= measure(Type::tcp, "tcp", 15, length);
  if (only.empty() || only == "https") well &= measure(Type::https, "https", 0, length);
  return well ? 0 : 1;
}
