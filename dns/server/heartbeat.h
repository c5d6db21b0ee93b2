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

}  // namespace waymark::dns
