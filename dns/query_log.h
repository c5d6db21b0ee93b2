// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"

namespace waymark::dns {

/// One query as the log keeps it. Fixed size, no pointers: it crosses processes.
struct LoggedQuery {
  std::uint64_t unix_us;
  std::array<Octet, 16> address;
  std::uint16_t port;
  std::uint16_t type, rr_class, rcode;
  std::uint16_t octets;         // of the answer; 0: none was sent
  std::uint8_t is_v4;           // 1 or 0
  std::uint8_t tcp;             // 1 or 0
  std::uint8_t truncated;       // 1 or 0
  std::uint8_t name_octets;     // 0: no question
  std::array<Octet, 256> name;  // wire form, as it was asked
};
static_assert(std::is_trivially_copyable_v<LoggedQuery>);

/// Queries on their way from one worker to the control process, in shared memory: zeros are an
/// empty ring. A full ring takes nothing more; nobody ever waits.
class QueryRing {
 public:
  static constexpr std::uint32_t capacity = 512;

  /// Worker. The place for the next query, or null when the ring is full; commit() gives it away.
  LoggedQuery* claim() noexcept {
    const std::uint64_t written = written_.load(std::memory_order_relaxed);
    if (written - read_.load(std::memory_order_acquire) >= capacity) return nullptr;
    return &queries_[written % capacity];
  }
  void commit() noexcept {
    written_.store(written_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// Control process. False when there is none. What comes is not to be trusted: a length is
  /// clamped, the rest may be anything.
  bool take(LoggedQuery& query) noexcept {
    const std::uint64_t read = read_.load(std::memory_order_relaxed);
    if (written_.load(std::memory_order_acquire) == read) return false;
    query = queries_[read % capacity];
    query.name_octets = std::min<std::uint8_t>(query.name_octets, 255);
    read_.store(read + 1, std::memory_order_release);
    return true;
  }

 private:
  alignas(64) std::atomic<std::uint64_t> written_{0};  // worker writes
  alignas(64) std::atomic<std::uint64_t> read_{0};     // control process writes
  alignas(64) std::array<LoggedQuery, capacity> queries_;
};

}  // namespace waymark::dns
