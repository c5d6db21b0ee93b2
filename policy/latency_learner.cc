// SPDX-License-Identifier: Apache-2.0
#include "policy/latency_learner.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace waymark::policy {
namespace {

constexpr double most_milliseconds = 65'534;  // 65,535 is no_measurement
constexpr int kept_half_lives = 7;
constexpr int least_move = 2;  // milliseconds

double seconds(Duration time) noexcept {
  return std::chrono::duration<double>(time).count();
}

/// What is left of a weight; a clock that was put back makes nothing heavier.
double left(Duration age, Duration half_life) noexcept {
  return age <= Duration::zero() ? 1 : std::exp2(-seconds(age) / seconds(half_life));
}

bool moved(std::uint16_t from, std::uint16_t to) noexcept {
  const int by = std::abs(static_cast<int>(from) - static_cast<int>(to));
  return by >= least_move && by * 10 >= from;
}

}  // namespace

void LatencyLearner::add(const LatencySample& sample, TimePoint now) {
  const Key key{sample.prefix, sample.region};
  Entry& entry = latest(key).entry;
  const double before = entry.weight * left(now - entry.at, settings_.half_life);
  entry.weight = before + 1;
  entry.mean += (sample.milliseconds - entry.mean) / entry.weight;
  entry.at = std::max(entry.at, now);
  ++entry.samples;
  ++samples_;
  changed_.insert(key);
  bound();
}

void LatencyLearner::restore(const Key& key, const Entry& entry) {
  latest(key).entry = entry;
  bound();
}

bool LatencyLearner::settle(TimePoint now) {
  while (!order_.empty() &&
         now - entries_.at(*order_.front()).entry.at > settings_.half_life * kept_half_lives)
    forget_oldest();
  bool differs = std::exchange(lost_figure_, false);
  for (auto& [key, held] : entries_) {
    Entry& entry = held.entry;
    if (entry.samples < settings_.least_samples) continue;
    const auto figure =
        static_cast<std::uint16_t>(std::clamp(std::round(entry.mean), 1.0, most_milliseconds));
    if (entry.counts != 0 && !moved(entry.counts, figure)) continue;
    entry.counts = figure;
    changed_.insert(key);
    differs = true;
  }
  return differs;
}

std::vector<LearnedLatency> LatencyLearner::figures() const {
  std::vector<LearnedLatency> out;
  for (const auto& [key, held] : entries_)
    if (held.entry.counts != 0) out.push_back({key.first, key.second, held.entry.counts});
  return out;
}

LatencyLearner::Changes LatencyLearner::take_changes() {
  Changes changes;
  for (const Key& key : changed_)
    if (const auto found = entries_.find(key); found != entries_.end())
      changes.put.emplace_back(key, found->second.entry);
    else
      changes.gone.push_back(key);
  changed_.clear();
  return changes;
}

void LatencyLearner::for_each(const std::function<void(const Key&, const Entry&)>& visit) const {
  for (const auto& [key, held] : entries_)
    visit(key, held.entry);
}

bool LatencyLearner::knows(const IpPrefix& prefix) const {
  const auto at = entries_.lower_bound({prefix, {}});
  return at != entries_.end() && at->first.first == prefix;
}

/// No other entry is of its prefix.
bool LatencyLearner::alone(Entries::const_iterator at) const {
  const auto next = std::next(at);
  const bool before = at != entries_.begin() && std::prev(at)->first.first == at->first.first;
  return !before && (next == entries_.end() || next->first.first != at->first.first);
}

/// The entry, which is the last one now.
LatencyLearner::Held& LatencyLearner::latest(const Key& key) {
  const auto [at, fresh] = entries_.try_emplace(key);
  if (!fresh) order_.erase(at->second.place);
  if (fresh && alone(at)) ++prefixes_;
  at->second.place = order_.insert(order_.end(), &at->first);
  return at->second;
}

void LatencyLearner::forget_oldest() {
  const Key key = *order_.front();
  order_.pop_front();
  const auto at = entries_.find(key);
  lost_figure_ = lost_figure_ || at->second.entry.counts != 0;
  if (alone(at)) --prefixes_;
  entries_.erase(at);
  changed_.insert(key);
}

void LatencyLearner::bound() {
  while (entries_.size() > settings_.most_entries)
    forget_oldest();
}

}  // namespace waymark::policy
