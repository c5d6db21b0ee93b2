// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "health/health_check.h"
#include "health/sliding_window.h"

namespace waymark::health {

/// When a failure is more likely ours than the endpoints' (PRB-5, PRB-7, PRB-8). Zero turns a rule
/// off.
struct TrustSettings {
  std::uint32_t from_checks = 20;     // enabled checks from which freeze_percent and budget apply
  std::uint32_t freeze_percent = 30;  // more turning to failing within their interval: frozen
  std::uint32_t budget_percent = 10;  // of the enabled checks may be removed a minute …
  std::uint32_t budget_least = 2;     // … or this many
  std::uint32_t flap_changes = 6;     // of one check's verdict in flap_window
  std::chrono::seconds flap_window{600};
  std::vector<Endpoint> references;  // TCP ports that answer while we can see; empty: not asked
};

/// By which way a check's results reach us: each can be blind alone.
enum class Way : std::uint8_t { v4, v6, push };

/// What the API shows.
struct TrustStatus {
  struct Frozen {
    std::string what;  // "all checks", "checks over IPv6"
    std::string why;
    TimePoint since{};
  };
  std::vector<Frozen> frozen;
  std::uint32_t enabled = 0;            // checks that are probed or pushed
  std::uint32_t removals = 0;           // in the last minute
  std::optional<std::uint32_t> budget;  // removals a minute; none: no limit
  std::uint32_t references = 0, references_answering = 0;
};

/// Judges failures before they count. Knows no timers and no sockets; health thread only.
class Trust {
 public:
  Trust(const TrustSettings& settings, const Clock& clock);

  /// An enabled check; `failing` as it was last seen, so that a restart shows no change.
  void use(const CheckId& id, Way way, std::chrono::milliseconds interval, bool failing);
  void remove(const CheckId& id);

  /// Each counted attempt, first of all.
  void note(const CheckId& id, bool passed);
  /// One round of the reference targets: which of settings().references answered.
  void note_references(const std::vector<bool>& answered);

  /// Why no failure of this check counts now; empty: it does.
  std::string frozen(const CheckId& id) const;
  /// Why this check may not be taken out of the answers now; empty: it may.
  std::string against_removal(const CheckId& id);
  void removed() { removals_.add(clock_.monotonic()); }
  /// Why a verdict that has changed so often may not change now; empty: it may.
  std::string against_change(SlidingWindow& changes) const;

  TrustStatus status();
  const TrustSettings& settings() const noexcept { return settings_; }

 private:
  struct Check {
    Way way = Way::v4;
    std::chrono::milliseconds interval{};
    bool failing = false;
    std::array<bool, 2> suspect{};  // fails since what froze its way, and all
    MonotonicTime failing_since{};
  };
  /// All checks, or those of one way.
  struct Scope {
    const char* what = "";
    std::uint32_t enabled = 0;
    std::multiset<MonotonicTime> fresh;  // turned failing; until when that is within its interval
    std::uint32_t suspects = 0;          // failing still, since what froze us
    std::string why;                     // empty: not frozen
    TimePoint since{};
    bool blind = false;  // no reference answered
  };
  static constexpr std::size_t all = 3;  // after the ways

  /// Its way's scope, and that of all.
  std::array<std::size_t, 2> scopes_of(Way way) const noexcept {
    return {static_cast<std::size_t>(way), all};
  }
  void turn_failing(Check& check, MonotonicTime now);
  void turn_passing(Check& check);
  void judge();
  bool crowd_fails(Scope& scope, MonotonicTime now) const;
  void freeze(std::size_t scope, MonotonicTime now, const std::string& why);
  void thaw(std::size_t scope);
  std::optional<std::uint32_t> budget() const noexcept;
  bool reference_answered_since(Way way, MonotonicTime since) const;

  const TrustSettings settings_;
  const Clock& clock_;
  std::unordered_map<CheckId, Check> checks_;
  std::array<Scope, 4> scopes_;
  std::vector<MonotonicTime> answered_at_;  // of each reference; the epoch: never
  std::vector<bool> answering_;
  SlidingWindow removals_{std::chrono::minutes(1)};
};

}  // namespace waymark::health
