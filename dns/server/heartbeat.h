// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

#include "dns/board.h"
#include "dns/moment.h"

namespace waymark::dns {

/// On the clock of the board's times.
inline std::uint64_t monotonic_ns() noexcept {
  const auto elapsed = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(elapsed).count());
}

/// Tells the board that the loop of this worker turns, and gives the time of this turn.
inline Moment beat(WorkerSlot& slot) noexcept {
  const std::uint64_t now = monotonic_ns();
  slot.beat.store(now, std::memory_order_relaxed);
  timespec wall{};  // to the kernel's tick: cookies count seconds
  (void)clock_gettime(CLOCK_REALTIME_COARSE, &wall);
  return {.monotonic_us = now / 1000,
          .unix_us = static_cast<std::uint64_t>(wall.tv_sec) * 1'000'000 +
                     static_cast<std::uint64_t>(wall.tv_nsec) / 1000};
}

/// Whether it has turned lately; two seconds are ten beats. `now` is on the same clock.
inline bool beats(const WorkerSlot& slot, std::chrono::steady_clock::time_point now,
                  std::chrono::seconds within = std::chrono::seconds(2)) noexcept {
  const std::chrono::nanoseconds last(slot.beat.load(std::memory_order_relaxed));
  return now.time_since_epoch() - last < within;
}

}  // namespace waymark::dns
