// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/ip.h"

namespace waymark::dns {

struct RateLimitSettings {
  std::uint32_t per_second = 0;  // answers of one class to one client prefix; 0: no limit
  std::uint8_t slip = 2;         // every n-th answer over the limit is sent with TC; 0: none
  bool log_only = false;         // count, and answer as if there were no limit
  std::vector<IpPrefix> exempt = {};
};

/// The network that one client is taken to own: /24 of IPv4, /56 of IPv6.
std::uint64_t client_network(const IpAddress& client) noexcept;

/// What the answers to count together have in common.
enum class AnswerClass : std::uint8_t { positive, negative, referral, error };

/// Response rate limiting: a token bucket for each client prefix (/24 of IPv4, /56 of IPv6) and
/// class of answers. A bucket is the time when it will be full again, so an idle one needs no
/// ageing: it is free once that time is past.
///
///   set (one cache line):  | full_at tag limited | full_at tag limited | … 4 buckets |
///
/// All memory is taken at the start. One per worker; not thread-safe.
class RateLimit {
 public:
  enum class Action : std::uint8_t { pass, drop, slip, log };

  /// `seed` keeps outsiders from choosing clients and names that share a set.
  RateLimit(const RateLimitSettings& settings, std::uint64_t seed);

  bool on() const noexcept { return interval_us_ != 0; }
  /// `key` tells answers of one class apart: the name's hash, the zone's number. `now_us` never
  /// steps back.
  Action judge(const IpAddress& client, AnswerClass answers, std::uint64_t key,
               std::uint64_t now_us) noexcept;

 private:
  struct Bucket {
    std::uint64_t full_at = 0;  // microseconds
    std::uint32_t tag = 0;
    std::uint32_t limited = 0;
  };
  struct alignas(64) Set {
    std::array<Bucket, 4> buckets;
  };
  static_assert(sizeof(Set) == 64, "a query touches one cache line");
  static constexpr std::size_t set_bits = 14;

  /// That client's and class's bucket, else the one that holds least.
  static Bucket& find(Set& set, std::uint32_t tag) noexcept;
  Action over(Bucket& bucket, const IpAddress& client) const noexcept;

  std::vector<Set> sets_;
  std::vector<IpPrefix> exempt_;
  std::uint64_t seed_;
  std::uint64_t interval_us_ = 0;  // between two answers at the limit
  std::uint8_t slip_;
  bool log_only_;
};

}  // namespace waymark::dns
