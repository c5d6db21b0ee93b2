// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"

namespace waymark::policy {

/// Somebody in `prefix` measured the way to a region.
struct LatencySample {
  IpPrefix prefix;
  std::string region;
  double milliseconds = 0;
};

/// What counts in answers.
struct LearnedLatency {
  IpPrefix prefix;
  std::string region;
  std::uint16_t milliseconds = 0;
  friend bool operator==(const LearnedLatency&, const LearnedLatency&) = default;
};

/// Many samples → one figure for each prefix and region: a mean in which a sample counts half as
/// much after each half-life. A figure counts from the least number of samples on, and is changed
/// in answers only when it has moved by a tenth and by 2 ms, so that they do not flap. What nobody
/// measured for seven half-lives is forgotten; when there are too many entries, those that were
/// measured longest ago go first. Not thread-safe.
class LatencyLearner {
 public:
  struct Settings {
    Duration half_life = std::chrono::hours(24);
    std::uint32_t least_samples = 5;
    std::size_t most_entries = 100'000;
  };
  using Key = std::pair<IpPrefix, std::string>;
  struct Entry {
    double mean = 0;            // milliseconds
    double weight = 0;          // of all samples, as of `at`
    std::uint64_t samples = 0;  // ever
    TimePoint at{};             // of the last one
    std::uint16_t counts = 0;   // milliseconds in answers; 0: none yet
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  explicit LatencyLearner(Settings settings) : settings_(settings) {}

  void add(const LatencySample& sample, TimePoint now);
  /// What was kept from before. In order of time, so that the oldest leave first.
  void restore(const Key& key, const Entry& entry);

  /// Works out what counts; true when that is not what it was.
  bool settle(TimePoint now);
  std::vector<LearnedLatency> figures() const;

  /// Entries that came or changed, and those that went, since the last call: to be kept on disk.
  struct Changes {
    std::vector<std::pair<Key, Entry>> put;
    std::vector<Key> gone;
  };
  Changes take_changes();

  /// By prefix, then region.
  void for_each(const std::function<void(const Key&, const Entry&)>& visit) const;
  std::size_t entries() const noexcept { return entries_.size(); }
  std::size_t prefixes() const noexcept { return prefixes_; }
  bool knows(const IpPrefix& prefix) const;
  const Settings& settings() const noexcept { return settings_; }
  std::uint64_t samples() const noexcept { return samples_; }

 private:
  using Order = std::list<const Key*>;
  struct Held {
    Entry entry;
    Order::iterator place;
  };

  using Entries = std::map<Key, Held>;
  Held& latest(const Key& key);
  bool alone(Entries::const_iterator at) const;
  void forget_oldest();
  void bound();

  Settings settings_;
  Entries entries_;
  std::size_t prefixes_ = 0;  // different ones
  Order order_;               // by the last sample, oldest first
  std::set<Key> changed_;
  std::uint64_t samples_ = 0;  // taken since the start
  bool lost_figure_ = false;   // one that counted has gone since settle()
};

}  // namespace waymark::policy
