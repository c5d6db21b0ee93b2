// SPDX-License-Identifier: Apache-2.0
#include "api/http/guesses.h"

#include <algorithm>
#include <functional>
#include <string>

namespace waymark::api {
namespace {

constexpr Duration remembered = std::chrono::hours(24);

/// Who has an address has its whole /64 (RFC 4291 §2.5.1).
IpAddress network_of(IpAddress address) noexcept {
  if (!address.is_v4()) std::fill(address.octets.begin() + 8, address.octets.end(), Octet{0});
  return address;
}

std::size_t hash_of(std::string_view authorization) {
  return std::hash<std::string_view>{}(authorization);
}

}  // namespace

bool Guesses::may_try(const IpAddress& from, std::string_view authorization) {
  const IpAddress network = network_of(from);
  const auto known = free_at_.find(network);
  if (known == free_at_.end()) return true;
  if (known->second + each <= clock_.monotonic() + at_once * each) return true;
  return right_.contains({network, hash_of(authorization)});
}

void Guesses::note(const IpAddress& from, std::string_view authorization, bool right) {
  const MonotonicTime now = clock_.monotonic();
  const IpAddress network = network_of(from);
  if (free_at_.size() >= most_addresses || right_.size() >= most_right) forget_old(now);
  if (right) {
    if (right_.size() < most_right) right_.insert_or_assign({network, hash_of(authorization)}, now);
    return;
  }
  const auto known = free_at_.find(network);
  if (known != free_at_.end())  // those that were looked at all the same cost no more than the rest
    known->second = std::min(std::max(known->second, now) + each, now + at_once * each);
  else if (free_at_.size() < most_addresses)
    free_at_.emplace(network, now + each);
}

/// What says nothing any more; it is looked for once a second at most.
void Guesses::forget_old(MonotonicTime now) {
  if (now < sweep_at_) return;
  sweep_at_ = now + std::chrono::seconds(1);
  std::erase_if(free_at_, [&](const auto& one) { return one.second <= now; });
  std::erase_if(right_, [&](const auto& one) { return one.second + remembered <= now; });
}

}  // namespace waymark::api
