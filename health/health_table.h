// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

namespace waymark::health {

/// Number of a bit on the board. Bit 0 is always set.
enum class HealthSlot : std::uint32_t { always_healthy = 0 };

/// One bit for each slot in shared memory: set is healthy. A view; one writer (the health thread
/// of the control process), many readers in other processes.
class HealthTable {
 public:
  HealthTable() = default;
  /// `words` are 64 slots each, and outlive every view.
  explicit HealthTable(std::span<std::atomic<std::uint64_t>> words) noexcept : words_(words) {}

  std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(words_.size() * 64); }

  /// Wait-free: one relaxed load. A slot beyond the table is healthy (PRB-6: fail open).
  bool healthy(HealthSlot slot) const noexcept {
    const auto index = static_cast<std::uint32_t>(slot);
    if (index >= capacity()) return true;
    return (words_[index / 64].load(std::memory_order_relaxed) >> (index % 64) & 1) != 0;
  }
  /// Health thread only.
  void set(HealthSlot slot, bool healthy) const noexcept {
    const auto index = static_cast<std::uint32_t>(slot);
    if (index == 0 || index >= capacity()) return;
    std::atomic<std::uint64_t>& word = words_[index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    const std::uint64_t before = word.load(std::memory_order_relaxed);
    word.store(healthy ? before | bit : before & ~bit, std::memory_order_relaxed);
  }
  /// All bits set. Before anybody else looks.
  void set_all() const noexcept {
    for (auto& word : words_)
      word.store(~std::uint64_t{0}, std::memory_order_relaxed);
  }
  std::span<std::atomic<std::uint64_t>> words() const noexcept { return words_; }

 private:
  std::span<std::atomic<std::uint64_t>> words_;
};

}  // namespace waymark::health
