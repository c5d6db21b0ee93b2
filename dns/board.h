// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/result.h"
#include "base/shared_memory.h"
#include "health/health_table.h"

namespace waymark::dns {

/// A number with one writer; everybody may read it.
class Counter {
 public:
  void add(std::uint64_t by = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

constexpr std::size_t counted_types = 16;  // see type_bucket() in board.cc; the last is "other"
constexpr std::size_t counted_rcodes = 8;  // NOERROR … REFUSED by number, 6: BADVERS, 7: other
enum class Transport : std::uint8_t { udp = 0, tcp = 1 };

/// What one worker tells: only that worker writes it (but `adopted`, zeroed by the supervisor
/// when it starts another in its place).
struct alignas(4096) WorkerSlot {
  std::atomic<std::uint64_t> adopted{0};  // generation it answers from; 0: none, or not running
  std::atomic<std::uint64_t> beat{0};     // monotonic nanoseconds of its last loop turn
  std::atomic<std::uint32_t> process{0};
  alignas(64) std::array<std::array<std::array<Counter, counted_types>, 2>,
                         2> queries;                             // [transport][0: v4, 1: v6][type]
  std::array<std::array<Counter, counted_rcodes>, 2> responses;  // [transport][rcode]
  std::array<Counter, 2> truncated;                              // [transport]
  std::array<Counter, 2> response_octets;                        // [transport]
  Counter dropped_malformed, dropped_no_space, dropped_send;
  Counter tcp_accepted, tcp_closed, tcp_refused;
  Counter policy_fallback;  // answers that failed open: nobody healthy
};

/// Index into WorkerSlot::queries.
std::size_t type_bucket(std::uint16_t type) noexcept;
const char* type_bucket_name(std::size_t bucket) noexcept;
const char* rcode_bucket_name(std::size_t bucket) noexcept;

/// Shared memory between the processes: the generation, a bit for each health slot, a page for each
/// worker. Every process maps the whole of it; each cache line has one writer.
class Board {
 public:
  static constexpr std::uint32_t max_workers = 64;
  static constexpr std::uint32_t health_slots = 1U << 20;

  /// A new board, everything healthy. Supervisor (and tests) only.
  static Result<Board> create();
  /// Fails with `bad_image` when it is of another layout.
  static Result<Board> attach(FileDescriptor descriptor);

  const FileDescriptor& descriptor() const noexcept { return descriptor_; }
  /// The newest generation that was published; the control process writes it.
  std::uint64_t generation() const noexcept;
  void raise_generation(std::uint64_t generation) noexcept;
  health::HealthTable health() const noexcept;
  WorkerSlot& worker(std::uint32_t index) const noexcept;
  std::uint32_t workers() const noexcept;
  void set_workers(std::uint32_t count) noexcept;  // supervisor, once

 private:
  FileDescriptor descriptor_;
  Mapping mapping_;
};

}  // namespace waymark::dns
