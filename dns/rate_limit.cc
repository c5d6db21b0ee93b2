// SPDX-License-Identifier: Apache-2.0
#include "dns/rate_limit.h"

#include <algorithm>

#include "dns/protocol/name_hash.h"

namespace waymark::dns {
namespace {

constexpr std::uint64_t second_us = 1'000'000;  // a full bucket lasts so long at the limit

}  // namespace

std::uint64_t client_network(const IpAddress& client) noexcept {
  if (client.is_v4()) return client.v4_value() >> 8;
  return load64(client.octets.data()) >> 8 | std::uint64_t{1} << 63;
}

RateLimit::RateLimit(const RateLimitSettings& settings, std::uint64_t seed)
    : sets_(settings.per_second == 0 ? 0 : std::size_t{1} << set_bits),
      exempt_(settings.exempt),
      seed_(seed | 1),
      slip_(settings.slip),
      log_only_(settings.log_only) {
  if (settings.per_second != 0)
    interval_us_ = std::max<std::uint64_t>(second_us / settings.per_second, 1);
}

RateLimit::Action RateLimit::judge(const IpAddress& client, AnswerClass answers, std::uint64_t key,
                                   std::uint64_t now_us) noexcept {
  const std::uint64_t hash =
      hashing::mix(hashing::mix(client_network(client) ^ seed_, hashing::last_step) ^ key,
                   seed_ + static_cast<std::uint64_t>(answers) * 2);
  Set& set = sets_[hash & ((std::size_t{1} << set_bits) - 1)];
  const auto tag = static_cast<std::uint32_t>(hash >> 32);

  Bucket& bucket = find(set, tag);
  if (bucket.tag != tag || bucket.full_at <= now_us) bucket = {now_us, tag, 0};
  if (bucket.full_at + interval_us_ > now_us + second_us) return over(bucket, client);
  bucket.full_at += interval_us_;
  return Action::pass;
}

RateLimit::Bucket& RateLimit::find(Set& set, std::uint32_t tag) noexcept {
  for (Bucket& one : set.buckets)
    if (one.tag == tag) return one;
  return *std::min_element(set.buckets.begin(), set.buckets.end(),
                           [](const Bucket& a, const Bucket& b) { return a.full_at < b.full_at; });
}

RateLimit::Action RateLimit::over(Bucket& bucket, const IpAddress& client) const noexcept {
  for (const IpPrefix& prefix : exempt_)
    if (prefix.contains(client)) return Action::pass;
  if (log_only_) return Action::log;
  if (slip_ == 0 || ++bucket.limited < slip_) return Action::drop;
  bucket.limited = 0;
  return Action::slip;
}

}  // namespace waymark::dns
