// SPDX-License-Identifier: Apache-2.0
#include "health/heartbeats.h"

#include <algorithm>

namespace waymark::health {

Heartbeats::Heartbeats(asio::io_context& io, const Clock& clock, Missed missed)
    : clock_(clock), missed_(std::move(missed)), timer_(io) {}

void Heartbeats::expect(const CheckId& id, std::chrono::milliseconds ttl) {
  forget(id);
  const MonotonicTime until = clock_.monotonic() + ttl;
  waiting_.emplace(id, Wait{until, ttl});
  ends_.emplace(until, id);
  if (ends_.begin()->second == id) follow();
}

void Heartbeats::forget(const CheckId& id) {
  const auto known = waiting_.find(id);
  if (known == waiting_.end()) return;
  ends_.erase({known->second.until, id});
  waiting_.erase(known);
}

void Heartbeats::follow() {
  if (ends_.empty()) return;
  timer_.expires_after(std::max(ends_.begin()->first - clock_.monotonic(), Duration::zero()));
  timer_.async_wait(
      [this, alive = std::weak_ptr<const bool>(alive_)](const boost::system::error_code& ended) {
        if (!ended && !alive.expired()) look();
      });
}

void Heartbeats::look() {
  const MonotonicTime now = clock_.monotonic();
  while (!ends_.empty() && ends_.begin()->first <= now) {
    const CheckId id = ends_.begin()->second;
    expect(id, waiting_.at(id).ttl);
    missed_(id);
  }
  follow();
}

}  // namespace waymark::health
