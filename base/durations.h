// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace waymark {

/// A number with one writer; everybody may read it. Zeros are a valid beginning.
class Counter {
 public:
  void add(std::uint64_t by = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// How long things took, in buckets that double from 5 µs on; the last is for all that took longer.
/// 16 buckets end at 82 ms, 21 at 2.6 s. One writer.
template <std::size_t Buckets>
class DurationCounts {
 public:
  static constexpr std::size_t buckets = Buckets;
  static constexpr std::uint64_t limit_ns(std::size_t bucket) noexcept {
    return std::uint64_t{shortest_ns} << bucket;
  }
  static constexpr std::size_t bucket_of(std::uint64_t ns) noexcept {
    const auto doublings = std::bit_width((ns == 0 ? 0 : ns - 1) / shortest_ns);
    return std::min<std::size_t>(static_cast<std::size_t>(doublings), buckets - 1);
  }
  void add(std::uint64_t ns, std::uint64_t times = 1) noexcept {
    counts_[bucket_of(ns)].add(times);
    total_ns_.add(ns * times);
  }
  std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].value(); }
  std::uint64_t total_ns() const noexcept { return total_ns_.value(); }

 private:
  static constexpr std::uint64_t shortest_ns = 5'000;
  std::array<Counter, buckets> counts_;
  Counter total_ns_;
};

}  // namespace waymark
