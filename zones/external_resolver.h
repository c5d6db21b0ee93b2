// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "health/dns_message.h"
#include "zones/external_answers.h"

namespace waymark::zones {

/// Whose alias leads to a target.
struct ExternalOwner {
  dns::Name name;
  std::string zone;  // its id
  friend auto operator<=>(const ExternalOwner&, const ExternalOwner&) = default;
};

/// What is known of one external target, for people.
struct ExternalStatus {
  ExternalTarget target;
  std::vector<ExternalOwner> owners;     // of the aliases that lead there
  std::optional<ExternalAnswer> answer;  // the last good one
  bool stale = false;                    // its TTL is over, and the last attempt failed
  std::uint32_t failures = 0;            // in a row
  std::string last_error;                // of the last attempt; empty: it was answered
  Duration next{};                       // until the next attempt; zero while one is under way
};

/// When to ask for external targets, and what to believe: an answer holds for its TTL within a
/// floor and a ceiling, and is asked for again just after (before, a resolver would give what is
/// left of the TTL in its cache). NXDOMAIN and NODATA are answers; anything else is a failure,
/// which leaves the last good answer as it is and is tried again after a pause that doubles.
/// Attempts are spread by jitter and their number is limited. Knows no network: the caller asks and
/// tells. Not thread-safe.
class ExternalResolver {
 public:
  struct Settings {
    std::chrono::seconds least_ttl{5}, most_ttl{3'600};
    std::size_t most_under_way = 64;
  };
  static constexpr std::size_t most_addresses = 64;
  static constexpr std::chrono::seconds no_address_ttl{10}, first_pause{2}, most_pause{300};

  struct Counts {
    std::uint64_t answered = 0, failed = 0, changed = 0;
  };

  ExternalResolver(const Clock& clock, Random random, Settings settings)
      : clock_(clock), random_(random), settings_(settings) {}

  /// Answers from before the start. Those that nobody wants leave with the first want().
  void restore(const ExternalAnswers& answers);
  /// What the image has answered with, of targets that nobody has kept an answer of: out of date,
  /// and better than none.
  void seed(const ExternalAnswers& answers);
  /// All aliases there are now, by target. New targets are asked for at once.
  void want(const std::vector<ExternalAlias>& aliases);
  /// The same, told by what came and went since.
  void change(const std::vector<ExternalStep>& steps);

  /// Targets to ask for now; each must be heard() of, once.
  std::vector<ExternalTarget> take_due();
  void heard(const ExternalTarget& target, const Result<health::DnsReply>& reply);
  /// When take_due() has something again, as far as is known.
  std::optional<MonotonicTime> next_due() const;

  /// Since the last call: answers that differ in addresses or TTL, or are not wanted any more.
  ExternalChanges take_changes();
  /// Answers to be kept on disk: the changes, and what was confirmed after a long while.
  ExternalChanges take_kept();

  std::vector<ExternalStatus> statuses() const;
  std::optional<ExternalStatus> status(const ExternalTarget& target) const;
  /// Targets whose last attempt failed.
  std::size_t failing() const noexcept { return failing_; }
  const Counts& counts() const noexcept { return counts_; }

 private:
  struct Entry {
    std::multiset<ExternalOwner> owners;
    std::optional<ExternalAnswer> answer;
    TimePoint kept_at{};  // resolved_at on disk
    std::uint32_t failures = 0;
    std::string last_error;
    MonotonicTime due{};
  };

  void plan(const ExternalTarget& target, Entry& entry, Duration after);
  void unplan(const ExternalTarget& target, const Entry& entry);
  Duration jittered(Duration length, std::uint32_t percent);
  void succeed(const ExternalTarget& target, Entry& entry, const health::DnsReply& reply);
  void fail(const ExternalTarget& target, Entry& entry, std::string reason);
  void add_owner(const ExternalAlias& alias);
  std::map<ExternalTarget, Entry>::iterator drop(std::map<ExternalTarget, Entry>::iterator at);
  ExternalStatus status_of(const ExternalTarget& target, const Entry& entry) const;

  const Clock& clock_;
  Random random_;
  Settings settings_;
  std::map<ExternalTarget, Entry> entries_;
  std::set<std::pair<MonotonicTime, ExternalTarget>> plan_;  // what is wanted and not under way
  std::set<ExternalTarget> under_way_;
  std::set<ExternalTarget> changed_, to_keep_;
  std::size_t failing_ = 0;
  Counts counts_;
};

}  // namespace waymark::zones
