// SPDX-License-Identifier: Apache-2.0
#include "health/check_state.h"

#include <ctime>
#include <tuple>
#include <utility>

namespace waymark::health {
namespace {

constexpr std::size_t results_kept = 10;

HealthCheck::Forced forced_at(const HealthCheck& check, TimePoint now) noexcept {
  const bool over = check.forced_until && *check.forced_until <= now;
  return over ? HealthCheck::Forced::automatic : check.forced;
}

std::string utc_text(TimePoint time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc)};
}

auto target(const HealthCheck& check) {
  return std::tie(check.type, check.address, check.target, check.port, check.path, check.host,
                  check.match, check.verify, check.sni, check.ca_file, check.client_certificate,
                  check.client_key, check.query_name, check.query_type, check.rcode);
}

}  // namespace

bool same_target(const HealthCheck& a, const HealthCheck& b) {
  return target(a) == target(b);
}

CheckState::CheckState(HealthCheck check, bool healthy, TimePoint now)
    : check_(std::move(check)),
      threshold_(check_.fall, check_.rise,
                 // A forced or disabled check's bit tells nothing of its endpoint.
                 check_.disabled || forced_at(check_, now) != HealthCheck::Forced::automatic ||
                     healthy != check_.inverted),
      healthy_(healthy),
      since_(now) {}

std::optional<Transition> CheckState::use(const HealthCheck& check, TimePoint now) {
  if (check_.disabled && !check.disabled)  // what was seen before says nothing of now
    threshold_ = Threshold(check.fall, check.rise);
  else if (!same_target(check, check_) || check.fall != check_.fall || check.rise != check_.rise)
    threshold_ = Threshold(check.fall, check.rise, threshold_.up());
  check_ = check;
  held_back_.clear();
  return refresh(now);
}

std::optional<Transition> CheckState::record(const ProbeResult& result) {
  note(result);
  held_back_.clear();
  threshold_.record(result.passed);
  return settle(result.at, result.reason);
}

std::optional<bool> CheckState::would_become(bool passed) const {
  const Threshold::Crossing crossing = threshold_.crossing_of(passed);
  if (crossing == Threshold::Crossing::none) return std::nullopt;
  const bool next = verdict(crossing == Threshold::Crossing::up);
  return next == healthy_ ? std::nullopt : std::optional(next);
}

void CheckState::hold_back(const ProbeResult& result, std::string why) {
  note(result);
  held_back_ = std::move(why);
}

std::optional<Transition> CheckState::follow(bool up, TimePoint now, const std::string& reason) {
  threshold_ = Threshold(1, 1, up);
  return settle(now, reason);
}

void CheckState::note(const ProbeResult& result) {
  if (!result.passed) last_failure_ = result;
  last_.push_front(result);
  if (last_.size() > results_kept) last_.pop_back();
}

std::optional<Transition> CheckState::refresh(TimePoint now) {
  const HealthCheck::Forced before = std::exchange(forced_, forced_at(check_, now));
  const bool ended = before != forced_ && forced_ == HealthCheck::Forced::automatic;
  return settle(now, ended ? "no longer forced" : why_settings());
}

std::optional<TimePoint> CheckState::force_ends() const noexcept {
  if (forced_ == HealthCheck::Forced::automatic) return std::nullopt;
  return check_.forced_until;
}

CheckStatus CheckState::status() const {
  return {check_.id, healthy_, threshold_.up(), forced_, since_, reason_, held_back_, {}, {}, {}};
}

bool CheckState::verdict(bool up) const noexcept {
  if (forced_ != HealthCheck::Forced::automatic) return forced_ == HealthCheck::Forced::up;
  return (check_.disabled || up) != check_.inverted;
}

std::optional<Transition> CheckState::settle(TimePoint now, const std::string& reason) {
  const bool healthy = verdict(threshold_.up());
  if (healthy == healthy_) return std::nullopt;
  healthy_ = healthy;
  since_ = now;
  reason_ = reason;
  return Transition{check_.id, healthy, reason, now, check_.name};
}

std::string CheckState::why_settings() const {
  if (forced_ == HealthCheck::Forced::automatic)
    return check_.disabled ? "disabled" : "settings changed";
  const std::string forced = forced_ == HealthCheck::Forced::up     ? "forced up"
                             : forced_ == HealthCheck::Forced::down ? "forced down"
                                                                    : "draining";
  return check_.forced_until ? forced + " until " + utc_text(*check_.forced_until) : forced;
}

}  // namespace waymark::health
