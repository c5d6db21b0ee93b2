// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "dns/board.h"

namespace waymark::dns {

/// Tells the board that the loop of this worker turns.
inline void beat(WorkerSlot& slot) noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  slot.beat.store(static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count()),
                  std::memory_order_relaxed);
}

/// Whether it has turned within the last two seconds, ten beats. `now` is on the same clock.
inline bool beats(const WorkerSlot& slot, std::chrono::steady_clock::time_point now) noexcept {
  const std::chrono::nanoseconds last(slot.beat.load(std::memory_order_relaxed));
  return now.time_since_epoch() - last < std::chrono::seconds(2);
}

}  // namespace waymark::dns
