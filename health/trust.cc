// SPDX-License-Identifier: Apache-2.0
#include "health/trust.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace waymark::health {
namespace {

/// More than `percent` of `whole`.
bool over(std::size_t part, std::uint32_t percent, std::uint32_t whole) noexcept {
  return std::uint64_t{part} * 100 > std::uint64_t{percent} * whole;
}

Way way_of(const IpAddress& address) noexcept {
  return address.is_v4() ? Way::v4 : Way::v6;
}

}  // namespace

Trust::Trust(const TrustSettings& settings, const Clock& clock)
    : settings_(settings),
      clock_(clock),
      answered_at_(settings.references.size()),
      answering_(settings.references.size(), true) {
  const std::array<const char*, 4> names{"checks over IPv4", "checks over IPv6", "push checks",
                                         "all checks"};
  for (std::size_t i = 0; i < names.size(); ++i)
    scopes_[i].what = names[i];
}

void Trust::use(const CheckId& id, Way way, std::chrono::milliseconds interval, bool failing) {
  const auto known = checks_.find(id);
  if (known != checks_.end() && known->second.way == way) {
    known->second.interval = interval;
    return;
  }
  remove(id);
  for (const std::size_t scope : scopes_of(way))
    ++scopes_[scope].enabled;
  // One that has been failing before is not part of what happens now.
  const MonotonicTime now = clock_.monotonic();
  checks_.emplace(id, Check{way, interval, failing, {}, failing ? now - interval : now});
}

void Trust::remove(const CheckId& id) {
  const auto known = checks_.find(id);
  if (known == checks_.end()) return;
  if (known->second.failing) turn_passing(known->second);
  for (const std::size_t scope : scopes_of(known->second.way))
    --scopes_[scope].enabled;
  checks_.erase(known);
  judge();
}

void Trust::note(const CheckId& id, bool passed) {
  const auto known = checks_.find(id);
  if (known == checks_.end() || known->second.failing == !passed) return;
  if (passed)
    turn_passing(known->second);
  else
    turn_failing(known->second, clock_.monotonic());
  judge();
}

void Trust::turn_failing(Check& check, MonotonicTime now) {
  check.failing = true;
  check.failing_since = now;
  for (std::size_t i = 0; i < 2; ++i) {
    Scope& scope = scopes_[scopes_of(check.way)[i]];
    scope.fresh.insert(now + check.interval);
    check.suspect[i] = !scope.why.empty();
    scope.suspects += check.suspect[i] ? 1U : 0U;
  }
}

void Trust::turn_passing(Check& check) {
  check.failing = false;
  for (std::size_t i = 0; i < 2; ++i) {
    Scope& scope = scopes_[scopes_of(check.way)[i]];
    const auto fresh = scope.fresh.find(check.failing_since + check.interval);
    if (fresh != scope.fresh.end()) scope.fresh.erase(fresh);
    scope.suspects -= std::exchange(check.suspect[i], false) ? 1U : 0U;
  }
}

void Trust::note_references(const std::vector<bool>& answered) {
  const MonotonicTime now = clock_.monotonic();
  std::array<std::uint32_t, 4> asked{}, heard{};
  for (std::size_t i = 0; i < answered.size(); ++i) {
    const auto way = static_cast<std::size_t>(way_of(settings_.references[i].address));
    for (const std::size_t scope : {way, all}) {
      ++asked[scope];
      heard[scope] += answered[i] ? 1U : 0U;
    }
    if (answered[i]) answered_at_[i] = now;
  }
  answering_ = answered;
  for (std::size_t i = 0; i < scopes_.size(); ++i)
    scopes_[i].blind = asked[i] > 0 && heard[i] == 0;
  judge();
}

/// Each scope is frozen by its own reason and thaws by its own.
void Trust::judge() {
  const MonotonicTime now = clock_.monotonic();
  for (std::size_t i = 0; i < scopes_.size(); ++i) {
    Scope& scope = scopes_[i];
    const bool crowd = crowd_fails(scope, now);
    if (!scope.why.empty()) {
      if (!scope.blind && !crowd && !over(scope.suspects, settings_.freeze_percent, scope.enabled))
        thaw(i);
    } else if (scope.blind) {
      freeze(i, now, "no reference target answers");
    } else if (crowd) {
      freeze(i, now,
             "more than " + std::to_string(settings_.freeze_percent) +
                 " % turned to failing within one interval");
    }
  }
}

bool Trust::crowd_fails(Scope& scope, MonotonicTime now) const {
  scope.fresh.erase(scope.fresh.begin(), scope.fresh.upper_bound(now));
  return settings_.freeze_percent > 0 && scope.enabled >= settings_.from_checks &&
         over(scope.fresh.size(), settings_.freeze_percent, scope.enabled);
}

void Trust::freeze(std::size_t at, MonotonicTime now, const std::string& why) {
  Scope& scope = scopes_[at];
  scope.why = why;
  scope.since = clock_.now();
  scope.suspects = 0;
  for (auto& [id, check] : checks_) {
    if (at != all && static_cast<std::size_t>(check.way) != at) continue;
    bool& suspect = check.suspect[at == all ? 1 : 0];
    suspect = check.failing && check.failing_since + check.interval > now;
    scope.suspects += suspect ? 1U : 0U;
  }
  log::warning("health_frozen", {{"what", scope.what}, {"reason", why}, {"checks", scope.enabled}});
}

void Trust::thaw(std::size_t at) {
  Scope& scope = scopes_[at];
  scope.why.clear();
  scope.suspects = 0;
  for (auto& [id, check] : checks_)
    if (at == all || static_cast<std::size_t>(check.way) == at)
      check.suspect[at == all ? 1 : 0] = false;
  log::info("health_thawed", {{"what", scope.what}, {"checks", scope.enabled}});
}

std::string Trust::frozen(const CheckId& id) const {
  const auto check = checks_.find(id);
  if (check == checks_.end()) return {};
  for (const std::size_t scope : scopes_of(check->second.way))
    if (!scopes_[scope].why.empty())
      return std::string("frozen, ") + scopes_[scope].what + ": " + scopes_[scope].why;
  return {};
}

std::string Trust::against_removal(const CheckId& id) {
  const auto check = checks_.find(id);
  if (check == checks_.end()) return {};
  if (check->second.failing &&
      !reference_answered_since(check->second.way, check->second.failing_since))
    return "no reference target has answered since it began to fail";
  const auto most = budget();
  if (most && removals_.count(clock_.monotonic()) >= *most)
    return "removal budget: " + std::to_string(*most) + " checks a minute";
  return {};
}

/// References of the same way when there are any; a heartbeat needs none.
bool Trust::reference_answered_since(Way way, MonotonicTime since) const {
  if (way == Way::push || answered_at_.empty()) return true;
  const bool own = std::any_of(settings_.references.begin(), settings_.references.end(),
                               [&](const Endpoint& one) { return way_of(one.address) == way; });
  for (std::size_t i = 0; i < answered_at_.size(); ++i)
    if ((!own || way_of(settings_.references[i].address) == way) && answered_at_[i] >= since)
      return true;
  return false;
}

std::optional<std::uint32_t> Trust::budget() const noexcept {
  const std::uint32_t enabled = scopes_[all].enabled;
  if (settings_.budget_percent == 0 || enabled < settings_.from_checks) return std::nullopt;
  const std::uint64_t share = std::uint64_t{enabled} * settings_.budget_percent / 100;
  return std::max(settings_.budget_least, static_cast<std::uint32_t>(share));
}

std::string Trust::against_change(SlidingWindow& changes) const {
  if (settings_.flap_changes == 0 || changes.count(clock_.monotonic()) < settings_.flap_changes)
    return {};
  return "unstable: " + std::to_string(settings_.flap_changes) + " changes within " +
         std::to_string(settings_.flap_window.count()) + " s";
}

TrustStatus Trust::status() {
  TrustStatus out;
  for (const Scope& scope : scopes_)
    if (!scope.why.empty()) out.frozen.push_back({scope.what, scope.why, scope.since});
  out.enabled = scopes_[all].enabled;
  out.removals = static_cast<std::uint32_t>(removals_.count(clock_.monotonic()));
  out.budget = budget();
  out.references = static_cast<std::uint32_t>(answering_.size());
  out.references_answering =
      static_cast<std::uint32_t>(std::count(answering_.begin(), answering_.end(), true));
  return out;
}

}  // namespace waymark::health
