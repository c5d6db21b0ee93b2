// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

#include "base/clock.h"
#include "base/ip.h"

namespace waymark::api {

/// Slows the guessing of tokens: an address (of IPv6 a /64) may send twenty wrong ones at once and
/// then one a second; in between, what it sends is not even looked at. A token that was right from
/// there before is always looked at, so that nobody is shut out by others behind the same address.
/// At the Route 53 door the id of an access key stands for the token. Bounded. Main thread.
class Guesses {
 public:
  static constexpr std::uint32_t at_once = 20;
  static constexpr Duration each = std::chrono::seconds(1);
  static constexpr std::size_t most_addresses = 16'384, most_right = 16'384;

  explicit Guesses(const Clock& clock) : clock_(clock) {}

  /// Whether the Authorization header of a request from there is to be judged.
  bool may_try(const IpAddress& from, std::string_view authorization);
  void note(const IpAddress& from, std::string_view authorization, bool right);

 private:
  using Key = std::pair<IpAddress, std::size_t>;  // and a hash of the header

  void forget_old(MonotonicTime now);

  const Clock& clock_;
  std::map<IpAddress, MonotonicTime> free_at_;  // when all its wrong ones are forgotten
  std::map<Key, MonotonicTime> right_;          // when it was right last
  MonotonicTime sweep_at_{};
};

}  // namespace waymark::api
