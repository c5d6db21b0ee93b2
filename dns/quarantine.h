// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dns/board.h"

namespace waymark::dns {

// What the supervisor has found out about generations. It stands on the board; the supervisor
// writes it, the control process reads it.

/// A generation that crashed workers, and what of the store is in it.
struct Quarantine {
  std::uint64_t generation = 0;  // 0: none
  std::uint64_t epoch = 0, revision = 0;
};

/// The newest generation while it is in quarantine, and one before it is answered from.
Quarantine quarantine(const Board& board) noexcept;
void set_quarantine(const Board& board, const Quarantine& quarantine) noexcept;
/// The last generation that has proved itself; 0: none has yet.
std::uint64_t known_good(const Board& board) noexcept;
void set_known_good(const Board& board, std::uint64_t generation) noexcept;

}  // namespace waymark::dns
