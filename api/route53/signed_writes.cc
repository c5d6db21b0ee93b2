// SPDX-License-Identifier: Apache-2.0
#include "api/route53/signed_writes.h"

#include <algorithm>

#include "api/route53/sigv4.h"

namespace waymark::api {

// A signed time may be ahead of ours: what was taken before the start is accepted no longer than
// twice the skew. After that a clock that is set back makes nothing old.
SignedWrites::SignedWrites(const Clock& clock, std::size_t most)
    : clock_(clock),
      most_(most),
      started_(std::chrono::floor<std::chrono::seconds>(clock.now())),
      unknown_until_(clock.monotonic() + 2 * max_clock_skew) {}

SignedWrites::Verdict SignedWrites::take(std::string_view signature, TimePoint at, TimePoint now) {
  while (!taken_.empty() && taken_.begin()->first.first + max_clock_skew < now)
    taken_.erase(taken_.begin());
  Half half{};
  std::copy_n(signature.begin(), std::min(half.size(), signature.size()), half.begin());
  if (const auto known = taken_.find({at, half}); known != taken_.end())
    return now - known->second < moment ? Verdict::twin : Verdict::again;
  if (at < started_ && clock_.monotonic() < unknown_until_) return Verdict::before_start;
  if (taken_.size() >= most_) return Verdict::full;
  taken_.emplace(std::pair(at, half), now);
  return Verdict::first;
}

}  // namespace waymark::api
