// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.h"

#include "base/hash.h"
#include "base/random.h"
#include "base/result.h"

namespace waymark::health {
namespace {

/// The first time after `now` that lies at `phase` of the interval.
MonotonicTime start_after(MonotonicTime now, Duration interval, Duration phase) noexcept {
  const Duration into = (now.time_since_epoch() - phase) % interval;
  return now + (into < Duration::zero() ? -into : interval - into);
}

}  // namespace

void Schedule::add(const CheckId& id, std::chrono::milliseconds interval, MonotonicTime now) {
  WAYMARK_ASSERT(interval > interval.zero());
  const auto known = entries_.find(id);
  if (known != entries_.end() && known->second.interval == interval) return;
  remove(id);

  const ContentHash hash = ContentHash::of(as_octets(id));
  const Duration length = interval;
  const auto draw = Random(seed_ ^ hash.low).next() % static_cast<std::uint64_t>(length.count());
  const Duration phase{static_cast<Duration::rep>(draw)};
  const Entry entry{length, phase, start_after(now, length, phase)};
  entries_.emplace(id, entry);
  starts_.emplace(entry.at, id);
}

void Schedule::remove(const CheckId& id) {
  const auto known = entries_.find(id);
  if (known == entries_.end()) return;
  starts_.erase({known->second.at, id});
  entries_.erase(known);
}

std::optional<MonotonicTime> Schedule::next() const {
  if (starts_.empty()) return std::nullopt;
  return starts_.begin()->first;
}

std::vector<Schedule::Due> Schedule::take_due(MonotonicTime now) {
  std::vector<Due> due;
  while (!starts_.empty() && starts_.begin()->first <= now) {
    auto start = starts_.extract(starts_.begin());
    const CheckId& id = start.value().second;
    Entry& entry = entries_.at(id);
    due.push_back({id, now - entry.at, entry.interval});
    entry.at = start_after(now, entry.interval, entry.phase);
    start.value().first = entry.at;
    starts_.insert(std::move(start));
  }
  return due;
}

}  // namespace waymark::health
