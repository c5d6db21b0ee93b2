// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "policy/policy_tree.h"

namespace waymark::dns {

/// How often one worker chose each target that is counted, and how many questions it had for each
/// zone, in shared memory: zeros are a valid beginning. A target's cell is tag << 48 | count; one
/// of another tag was somebody else's and begins anew, so nobody has to clear it. Only that worker
/// writes: a relaxed load and store.
class AnswerCounts {
 public:
  /// Worker. `number` is below the capacity: the image's check has seen to it.
  void add(std::size_t number, std::uint16_t tag) noexcept {
    const std::uint64_t before = cells_[number].load(std::memory_order_relaxed);
    const std::uint64_t mine = std::uint64_t{tag} << tag_shift;
    cells_[number].store((before >> tag_shift == tag ? before : mine) + 1,
                         std::memory_order_relaxed);
  }
  std::uint64_t count(std::size_t number, std::uint16_t tag) const noexcept {
    const std::uint64_t cell = cells_[number].load(std::memory_order_relaxed);
    return cell >> tag_shift == tag ? cell & ((std::uint64_t{1} << tag_shift) - 1) : 0;
  }

  /// Worker. Of zones beyond `counted_zones` (numbers begin at 1) nothing is known.
  void add_question(std::uint32_t zone) noexcept {
    if (zone >= counted_zones) return;
    zones_[zone].store(zones_[zone].load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  std::uint64_t questions(std::uint32_t zone) const noexcept {
    return zones_[zone].load(std::memory_order_relaxed);
  }

  static constexpr std::uint32_t counted_zones = 65'536;

 private:
  static constexpr unsigned tag_shift = 48;

  alignas(64) std::array<std::atomic<std::uint64_t>, policy::counter_numbers> cells_{};
  std::array<std::atomic<std::uint64_t>, counted_zones> zones_{};
};

/// Since when each number counts what it counts now: tag << 48 | unix seconds; 0: it counts
/// nothing. The control process writes.
class CountedSince {
 public:
  /// Keeps the time when it counted under this tag already.
  void begin(std::size_t number, std::uint16_t tag, std::uint64_t unix_seconds) noexcept {
    const std::uint64_t before = marks_[number].load(std::memory_order_relaxed);
    if (before != 0 && before >> 48 == tag) return;
    marks_[number].store(std::uint64_t{tag} << 48 | unix_seconds, std::memory_order_relaxed);
  }
  void end(std::size_t number) noexcept { marks_[number].store(0, std::memory_order_relaxed); }
  /// Unix seconds; none while it does not count under this tag.
  std::optional<std::uint64_t> since(std::size_t number, std::uint16_t tag) const noexcept {
    const std::uint64_t mark = marks_[number].load(std::memory_order_relaxed);
    if (mark == 0 || mark >> 48 != tag) return std::nullopt;
    return mark & ((std::uint64_t{1} << 48) - 1);
  }
  /// The tag that a number counts under.
  std::optional<std::uint16_t> tag(std::size_t number) const noexcept {
    const std::uint64_t mark = marks_[number].load(std::memory_order_relaxed);
    if (mark == 0) return std::nullopt;
    return static_cast<std::uint16_t>(mark >> 48);
  }

 private:
  alignas(64) std::array<std::atomic<std::uint64_t>, policy::counter_numbers> marks_{};
};

}  // namespace waymark::dns
