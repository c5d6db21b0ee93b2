// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <optional>

#include "base/durations.h"
#include "base/result.h"
#include "base/shared_memory.h"
#include "dns/answer_counts.h"
#include "dns/protocol/cookie.h"
#include "dns/query_log.h"
#include "health/health_table.h"

namespace waymark::dns {

using waymark::Counter;
using Durations = DurationCounts<16>;

constexpr std::size_t counted_types = 16;  // see type_bucket() in board.cc; the last is "other"
constexpr std::size_t counted_rcodes = 9;  // NOERROR … REFUSED by number, BADVERS, BADCOOKIE, other
constexpr std::size_t counted_sizes = 8;  // of answers; see size_bucket()
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
  std::array<std::array<Counter, counted_sizes>, 2> sizes;  // [transport][size_bucket()]
  Counter cookies_good, cookies_bad, cookies_client_only;
  Counter rate_dropped, rate_slipped, rate_logged;
  Counter queries_logged, queries_not_logged;  // the latter: the ring was full
  std::array<Durations, 2> durations;  // [transport] from readable to sent, of the whole batch
  Durations adoptions;                 // how long the loop stood still for another generation
};

/// Index into WorkerSlot::queries.
std::size_t type_bucket(std::uint16_t type) noexcept;
const char* type_bucket_name(std::size_t bucket) noexcept;
const char* rcode_bucket_name(std::size_t bucket) noexcept;

/// Index into WorkerSlot::sizes: up to 64 octets, 128, 256, … 4,096, and more.
constexpr std::size_t size_bucket(std::size_t octets) noexcept {
  const auto doublings = static_cast<std::size_t>(std::bit_width(octets == 0 ? 0 : octets - 1));
  return std::clamp<std::size_t>(doublings, 6, 5 + counted_sizes) - 6;
}
/// The most octets in a bucket; the last has no such number.
constexpr std::size_t size_bucket_limit(std::size_t bucket) noexcept {
  return std::size_t{64} << bucket;
}

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
  QueryRing& query_log(std::uint32_t worker) const noexcept;

  AnswerCounts& answer_counts(std::uint32_t worker) const noexcept;
  /// Questions that all workers had for a zone, whatever became of them; none beyond those counted.
  std::optional<std::uint64_t> questions(std::uint32_t zone) const noexcept;
  CountedSince& counted_since() const noexcept;
  /// What all workers counted with a number under a tag.
  std::uint64_t answers(std::size_t number, std::uint16_t tag) const noexcept;

  /// Raised with every change of the secrets; 0: there are none yet.
  std::uint64_t cookie_version() const noexcept;
  /// Nothing while they are being changed.
  std::optional<CookieSecrets> cookie_secrets() const noexcept;
  /// Supervisor before it starts others, then the control process.
  void set_cookie_secrets(const CookieSecrets& secrets) noexcept;
  std::uint32_t workers() const noexcept;
  void set_workers(std::uint32_t count) noexcept;  // supervisor, once

 private:
  FileDescriptor descriptor_;
  Mapping mapping_;
};

}  // namespace waymark::dns
