// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <sys/types.h>
#include <vector>

namespace waymark::bench {

/// CPU time that some processes have used, ended threads included.
struct CpuTime {
  std::uint64_t nanoseconds = 0;
  std::uint64_t user_ticks = 0, system_ticks = 0;  // a sample: good to some percent
};

/// Processes that are gone count as nothing.
CpuTime cpu_time(const std::vector<pid_t>& processes);

std::uint64_t monotonic_ns();

}  // namespace waymark::bench
