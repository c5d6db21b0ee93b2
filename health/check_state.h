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
  TimePoint since{};              // of the present verdict
  std::vector<ProbeResult> last;  // newest first, at most 10
};

/// Told after each change of a check's verdict, on the health thread.
struct Transition {
  CheckId id;
  bool healthy = true;
  std::string reason;  // of the last probe, or "forced down until …"
  TimePoint at{};
};

/// One check's verdict: what it was forced to, or (up, or disabled) xor inverted. Force wins over
/// inversion. Decides only; knows no timers and no board. Each member that returns a Transition
/// changes the verdict at most once.
class CheckState {
 public:
  /// Starts with the verdict that the board shows; refresh() then applies force and `disabled`.
  CheckState(HealthCheck check, bool healthy, TimePoint now);

  /// New settings of the same check. Up or down stays as it is until new results say otherwise.
  std::optional<Transition> use(const HealthCheck& check, TimePoint now);
  /// A result that counts.
  std::optional<Transition> record(const ProbeResult& result);
  /// A result that is shown, but says nothing about the endpoint.
  void note(const ProbeResult& result);
  /// A force that has run out ends.
  std::optional<Transition> refresh(TimePoint now);

  const HealthCheck& check() const noexcept { return check_; }
  bool healthy() const noexcept { return healthy_; }
  std::optional<TimePoint> force_ends() const noexcept;  // none: not forced, or for good
  CheckStatus status() const;                            // without `last`
  std::vector<ProbeResult> last() const { return {last_.begin(), last_.end()}; }

 private:
  std::optional<Transition> settle(TimePoint now, const std::string& reason);
  std::string why_settings() const;

  HealthCheck check_;
  Threshold threshold_;
  HealthCheck::Forced forced_ = HealthCheck::Forced::automatic;  // now; check_ may name a past one
  bool healthy_;
  TimePoint since_;
  std::deque<ProbeResult> last_;  // newest first
};

/// Both probe the same thing in the same way: a result for one is a result for the other.
bool same_target(const HealthCheck& a, const HealthCheck& b);

}  // namespace waymark::health
