// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/dns/cpu_meter.h"

#include <ctime>
#include <fstream>
#include <sstream>
#include <string>

namespace waymark::bench {
namespace {

std::uint64_t nanoseconds(const timespec& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

CpuTime cpu_time(const std::vector<pid_t>& processes) {
  constexpr int fields_before_utime = 11;  // behind the command's closing parenthesis
  CpuTime sum;
  for (const pid_t process : processes) {
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(process, &clock) == 0 && clock_gettime(clock, &used) == 0)
      sum.nanoseconds += nanoseconds(used);
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string line, skipped;
    if (!std::getline(file, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    for (int i = 0; i < fields_before_utime; ++i)
      fields >> skipped;
    std::uint64_t user = 0, system = 0;
    fields >> user >> system;
    sum.user_ticks += user;
    sum.system_ticks += system;
  }
  return sum;
}

std::uint64_t monotonic_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return nanoseconds(time);
}

}  // namespace waymark::bench
