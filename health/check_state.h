// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "health/health_check.h"
#include "health/threshold.h"

namespace waymark::health {

/// What the API shows of one check.
struct CheckStatus {
  CheckId id;
  bool healthy = true;  // what the answers use: after inversion and force
  bool up = true;       // what the probes say
  HealthCheck::Forced forced = HealthCheck::Forced::automatic;
  TimePoint since{};                        // of the present verdict
  std::string reason;                       // of the present verdict; empty: as it was at the start
  std::string held_back;                    // why a change of the verdict waits; empty: none does
  std::vector<ProbeResult> last;            // newest first, at most 10
  std::optional<ProbeResult> last_failure;  // however long ago, since the prober started
  std::vector<std::string> regions;         // of the checkers
};

/// Told after each change of a check's verdict, on the health thread.
struct Transition {
  CheckId id;
  bool healthy = true;
  std::string reason;  // of the last probe, or "forced down until …"
  TimePoint at{};
  std::string name;  // of the check, for people
};

/// One check's verdict: what it was forced to, or (up, or disabled) xor inverted. Force wins over
/// inversion. Decides only; knows no timers and no board. Each member that returns a Transition
/// changes the verdict at most once.
class CheckState {
 public:
  /// Starts with the verdict that the board shows; refresh() then applies force and `disabled`.
  CheckState(HealthCheck check, bool healthy, TimePoint now);

  /// New settings of the same check. Up or down stays as it is until new results say otherwise;
  /// one that is enabled again begins as a new one.
  std::optional<Transition> use(const HealthCheck& check, TimePoint now);
  /// A result that counts.
  std::optional<Transition> record(const ProbeResult& result);
  /// The verdict that record() would make of a result; none when it would stay as it is.
  std::optional<bool> would_become(bool passed) const;
  /// A result that is shown, but says nothing about the endpoint.
  void note(const ProbeResult& result);
  /// A result that would change the verdict and may not, for now: shown, and not counted, so that
  /// the next one like it asks again.
  void hold_back(const ProbeResult& result, std::string why);
  /// Calculated checks: what their gate says, before inversion.
  std::optional<Transition> follow(bool up, TimePoint now, const std::string& reason);
  /// A force that has run out ends.
  std::optional<Transition> refresh(TimePoint now);

  const HealthCheck& check() const noexcept { return check_; }
  bool healthy() const noexcept { return healthy_; }
  std::optional<TimePoint> force_ends() const noexcept;  // none: not forced, or for good
  HealthCheck::Forced forced() const noexcept { return forced_; }
  bool up() const noexcept { return threshold_.up(); }
  const std::string& held_back() const noexcept { return held_back_; }
  CheckStatus status() const;  // without what grows: `last` to `regions`
  const std::optional<ProbeResult>& last_failure() const noexcept { return last_failure_; }
  std::vector<ProbeResult> last() const { return {last_.begin(), last_.end()}; }

 private:
  bool verdict(bool up) const noexcept;
  std::optional<Transition> settle(TimePoint now, const std::string& reason);
  std::string why_settings() const;

  HealthCheck check_;
  Threshold threshold_;
  HealthCheck::Forced forced_ = HealthCheck::Forced::automatic;  // now; check_ may name a past one
  bool healthy_;
  TimePoint since_;
  std::string reason_;
  std::string held_back_;
  std::deque<ProbeResult> last_;  // newest first
  std::optional<ProbeResult> last_failure_;
};

/// Both probe the same thing in the same way: a result for one is a result for the other.
bool same_target(const HealthCheck& a, const HealthCheck& b);

}  // namespace waymark::health
