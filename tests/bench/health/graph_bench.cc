// SPDX-License-Identifier: Apache-2.0
//
// One health check fails, and 100,000 records depend on it: how long until the last of their bits
// is set, in CPU time of the health thread (nothing in it waits). Three shapes: gates on the check
// itself, a chain of gates, gates of 50 members each.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <ctime>
#include <vector>

#include "health/health_graph.h"

namespace {

using namespace waymark::health;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t capacity = 1U << 20, gates = 100'000;
constexpr double bar_ms = 5;

double milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// Gates [1000, 1000 + gates); every flip of slot 1 must turn all of them.
bool measure(const char* shape, const std::vector<Gate>& defined) {
  std::vector<std::atomic<std::uint64_t>> words(capacity / 64);
  const HealthTable table(words);
  table.set_all();
  HealthGraph graph(table);
  const double begun = milliseconds();
  graph.define(defined);
  const double define_ms = milliseconds() - begun;

  std::vector<double> times;
  for (int i = 0; i < 200; ++i) {
    const bool healthy = i % 2 == 1;
    const double start = milliseconds();
    graph.set(HealthSlot{1}, healthy);
    times.push_back(milliseconds() - start);
    for (const Gate& gate : defined)
      if (table.healthy(gate.slot) != healthy) {
        std::fprintf(stderr, "%s: a gate did not follow\n", shape);
        return false;
      }
  }
  std::sort(times.begin(), times.end());
  std::printf("%-28s defined in %7.2f ms; flip p50 %6.3f ms, p99 %6.3f ms (bar: %.0f ms)\n", shape,
              define_ms, times[100], times[198], bar_ms);
  return times[198] < bar_ms;
}

}  // namespace

int main() {
  std::vector<Gate> flat, chain, wide;
  for (std::uint32_t i = 0; i < gates; ++i) {
    const HealthSlot slot{1'000 + i};
    flat.push_back({slot, 1, {HealthSlot{1}}});
    chain.push_back({slot, 1, {i % 10 == 0 ? HealthSlot{1} : HealthSlot{1'000 + i - 1}}});
    Gate gate{slot, 50, {HealthSlot{1}}};
    for (std::uint32_t member = 0; member < 49; ++member)
      gate.of.push_back(HealthSlot{2 + (i + member) % 900});
    wide.push_back(std::move(gate));
  }
  const bool well = measure("100,000 gates on one check", flat) &
                    measure("10,000 chains of ten gates", chain) &
                    measure("100,000 gates of 50 members", wide);
  return well ? 0 : 1;
}
