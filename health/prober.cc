// SPDX-License-Identifier: Apache-2.0
#include "health/prober.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "health/calculated_gate.h"
#include "health/heartbeats.h"
#include "health/probe_counters.h"
#include "health/reference_targets.h"
#include "health/schedule.h"

namespace waymark::health {
namespace {

using Type = HealthCheck::Type;

Way way_of(const HealthCheck& check) noexcept {
  if (check.type == Type::push) return Way::push;
  return check.target.empty() && !check.address.is_v4() ? Way::v6 : Way::v4;
}

}  // namespace

struct Prober::Impl {
  struct Tracked {
    CheckState state;
    HealthSlot slot{};
    std::uint64_t attempt = 0;  // number of the one whose result is awaited; 0: none
    SlidingWindow changes;      // of the verdict, by results
  };

  Impl(asio::io_context& io, HealthGraph& bits, const Clock& time, ProberSettings settings)
      : graph(bits),
        clock(time),
        trust(settings.trust, time),
        attempts(io, time, std::move(settings.attempts),
                 [this](const CheckId& id, std::uint64_t number, std::chrono::microseconds took,
                        Outcome outcome) { finish(id, number, took, std::move(outcome)); }),
        beats(io, time, [this](const CheckId& id) { miss(id); }),
        references(io, settings.trust.references,
                   [this](const std::vector<bool>& answered) { trust.note_references(answered); }),
        schedule(settings.seed),
        start_timer(io),
        force_timer(io) {
    graph.on_change([this](HealthSlot slot, bool healthy) { turned.emplace_back(slot, healthy); });
  }
  ~Impl() { graph.on_change({}); }

  void use(std::vector<SlottedCheck> wanted);
  void take(SlottedCheck wanted);
  void plan(const Tracked& tracked);
  void remove(const CheckId& id);
  Gate gate_of(const Tracked& tracked) const;
  void define_gates();
  void follow_gates();
  void follow_schedule();
  void follow_forces();
  void begin(const Schedule::Due& due);
  void finish(const CheckId& id, std::uint64_t number, std::chrono::microseconds took,
              Outcome outcome);
  void miss(const CheckId& id);
  void count(Tracked& tracked, ProbeResult result);
  void hold_back(Tracked& tracked, const ProbeResult& result, std::string why);
  std::string against(Tracked& tracked, bool healthy);
  void apply(const Tracked& tracked, const std::optional<Transition>& transition);
  void tell(const std::optional<Transition>& transition);
  template <class Handler>
  void when(asio::steady_timer& timer, Duration in, Handler handler);

  HealthGraph& graph;
  const Clock& clock;
  Trust trust;
  ProbeCounters counters;
  Attempts attempts;
  Heartbeats beats;
  ReferenceTargets references;
  Schedule schedule;
  asio::steady_timer start_timer, force_timer;
  std::unordered_map<CheckId, Tracked> checks;
  std::unordered_map<std::uint32_t, CheckId> calculated;  // by slot
  std::vector<std::pair<HealthSlot, bool>> turned;        // gates, not told yet
  std::function<void(const Transition&)> told = [](const Transition&) {};
  std::shared_ptr<const bool> alive = std::make_shared<const bool>(true);  // timer handlers ask
};

void Prober::Impl::use(std::vector<SlottedCheck> wanted) {
  std::unordered_map<CheckId, Type> types;
  for (const SlottedCheck& slotted : wanted)
    types.emplace(slotted.check.id, slotted.check.type);
  std::vector<CheckId> gone;
  for (const auto& [id, tracked] : checks) {
    const auto type = types.find(id);
    const bool was_gate = tracked.state.check().type == Type::calculated;
    // A gate that becomes an endpoint, or the other way round, begins anew.
    if (type == types.end() || (type->second == Type::calculated) != was_gate) gone.push_back(id);
  }
  for (const CheckId& id : gone)
    remove(id);  // first: their slots may be given out again
  for (SlottedCheck& slotted : wanted)
    take(std::move(slotted));
  define_gates();
  follow_schedule();
  follow_forces();
}

/// A known check keeps its state; another starts as its bit stands on the board, or as Rule 10.6
/// of the behaviour has it.
void Prober::Impl::take(SlottedCheck wanted) {
  const TimePoint now = clock.now();
  const HealthCheck& check = wanted.check;
  const bool before = wanted.never_probed ? !check.inverted : graph.healthy(wanted.slot);
  const auto [at, is_new] =
      checks.try_emplace(check.id, Tracked{CheckState(check, before, now), wanted.slot, 0,
                                           SlidingWindow(trust.settings().flap_window)});
  Tracked& tracked = at->second;
  if (!is_new && tracked.slot == wanted.slot && tracked.state.check() == check) return;

  if (tracked.slot != wanted.slot) {
    if (calculated.erase(static_cast<std::uint32_t>(tracked.slot)) > 0)
      graph.unwatch(tracked.slot), graph.define({}, {tracked.slot});
    graph.set(std::exchange(tracked.slot, wanted.slot), true);
  }
  if (check.disabled || !same_target(check, tracked.state.check())) tracked.attempt = 0;
  const auto transition = tracked.state.use(check, now);
  graph.set(tracked.slot, tracked.state.healthy());
  apply(tracked, transition);
  plan(tracked);
}

/// When its next result is to come, and from where.
void Prober::Impl::plan(const Tracked& tracked) {
  const HealthCheck& check = tracked.state.check();
  const bool enabled = !check.disabled;
  if (enabled && check.is_probed())
    schedule.add(check.id, check.interval, clock.monotonic());
  else
    schedule.remove(check.id);
  if (enabled && check.type == Type::push)
    beats.expect(check.id, check.ttl);
  else
    beats.forget(check.id);
  if (enabled && check.type != Type::calculated)
    trust.use(check.id, way_of(check), check.type == Type::push ? check.ttl : check.interval,
              !tracked.state.up());
  else
    trust.remove(check.id);
  if (check.type == Type::calculated) {
    calculated[static_cast<std::uint32_t>(tracked.slot)] = check.id;
    graph.watch(tracked.slot);
  }
}

void Prober::Impl::remove(const CheckId& id) {
  const auto tracked = checks.find(id);
  schedule.remove(id);
  beats.forget(id);
  trust.remove(id);
  const HealthSlot slot = tracked->second.slot;
  if (calculated.erase(static_cast<std::uint32_t>(slot)) > 0)
    graph.unwatch(slot), graph.define({}, {slot});
  graph.set(slot, true);
  checks.erase(tracked);
}

Gate Prober::Impl::gate_of(const Tracked& tracked) const {
  return calculated_gate(
      tracked.state.check(), tracked.state.forced(), tracked.slot, [this](const CheckId& child) {
        const auto known = checks.find(child);
        return known == checks.end() ? HealthSlot::always_healthy : known->second.slot;
      });
}

void Prober::Impl::define_gates() {
  std::vector<Gate> gates;
  gates.reserve(calculated.size());
  for (const auto& [slot, id] : calculated)
    gates.push_back(gate_of(checks.at(id)));
  graph.define(gates);
  follow_gates();
}

/// Calculated checks that have changed, after what they changed by.
void Prober::Impl::follow_gates() {
  for (const auto& [slot, healthy] : std::exchange(turned, {})) {
    const auto known = calculated.find(static_cast<std::uint32_t>(slot));
    if (known == calculated.end()) continue;
    Tracked& tracked = checks.at(known->second);
    const HealthCheck& check = tracked.state.check();
    std::size_t up = 0;
    for (const HealthSlot child : gate_of(tracked).of)
      up += graph.healthy(child) ? 1U : 0U;
    const std::string reason = std::to_string(up) + " of " + std::to_string(check.children.size()) +
                               " children healthy; " + std::to_string(check.needed) + " needed";
    tell(tracked.state.follow(healthy != check.inverted, clock.now(), reason));
  }
}

template <class Handler>
void Prober::Impl::when(asio::steady_timer& timer, Duration in, Handler handler) {
  timer.expires_after(std::max(in, Duration::zero()));
  timer.async_wait(
      [asked = std::weak_ptr<const bool>(alive), handler](const boost::system::error_code& error) {
        if (!error && !asked.expired()) handler();
      });
}

void Prober::Impl::follow_schedule() {
  const auto next = schedule.next();
  if (!next) {
    start_timer.cancel();
    return;
  }
  when(start_timer, *next - clock.monotonic(), [this] {
    for (const Schedule::Due& due : schedule.take_due(clock.monotonic()))
      begin(due);
    follow_schedule();
  });
}

void Prober::Impl::follow_forces() {
  std::optional<TimePoint> next;
  for (const auto& [id, tracked] : checks)
    if (const auto ends = tracked.state.force_ends(); ends && (!next || *ends < *next)) next = ends;
  if (!next) {
    force_timer.cancel();
    return;
  }
  // Their end is told in wall time, which may step: look again each minute.
  const Duration in = std::min<Duration>(*next - clock.now(), std::chrono::minutes(1));
  when(force_timer, in, [this] {
    for (auto& [id, tracked] : checks)
      apply(tracked, tracked.state.refresh(clock.now()));
    define_gates();
    follow_forces();
  });
}

/// One attempt of a check at a time: a start that finds the last one not ended is passed over.
void Prober::Impl::begin(const Schedule::Due& due) {
  Tracked& tracked = checks.at(due.id);
  if (due.late * 10 > due.interval) counters.late();
  if (tracked.attempt != 0) return;
  tracked.attempt = attempts.begin(tracked.state.check());
}

void Prober::Impl::finish(const CheckId& id, std::uint64_t number, std::chrono::microseconds took,
                          Outcome outcome) {
  const auto found = checks.find(id);
  if (found == checks.end() || found->second.attempt != number) return;
  Tracked& tracked = found->second;
  tracked.attempt = 0;
  const bool passed = outcome.kind == Outcome::Kind::passed;
  ProbeResult result{id, passed, took, std::move(outcome.reason), clock.now()};
  if (outcome.kind == Outcome::Kind::unknown) {
    counters.not_counted();
    log::warning("probe_not_counted", {{"check", id}, {"reason", result.reason}});
    tracked.state.note(result);
    return;
  }
  counters.attempt(tracked.state.check().type, passed, outcome.cause, took);
  count(tracked, std::move(result));
}

void Prober::Impl::miss(const CheckId& id) {
  Tracked& tracked = checks.at(id);
  const std::chrono::duration<double> ttl = tracked.state.check().ttl;
  char text[48];
  std::snprintf(text, sizeof text, "no heartbeat for %g s", ttl.count());
  counters.attempt(Type::push, false, Cause::timeout, {});
  count(tracked, {id, false, {}, text, clock.now()});
}

/// Every result that says something passes here: is it to be believed, does it decide, and may it?
void Prober::Impl::count(Tracked& tracked, ProbeResult result) {
  trust.note(result.check, result.passed);
  if (!result.passed) {
    std::string why = trust.frozen(result.check);
    if (!why.empty())
      return tracked.state.up() ? hold_back(tracked, result, std::move(why))
                                : tracked.state.note(result);
  }
  const auto becomes = tracked.state.would_become(result.passed);
  if (becomes)
    if (std::string why = against(tracked, *becomes); !why.empty())
      return hold_back(tracked, result, std::move(why));
  const auto transition = tracked.state.record(result);
  if (transition) {
    tracked.changes.add(clock.monotonic());
    if (!transition->healthy) trust.removed();
  }
  apply(tracked, transition);
}

/// Why the verdict may not change now; empty: it may.
std::string Prober::Impl::against(Tracked& tracked, bool healthy) {
  if (std::string why = trust.against_change(tracked.changes); !why.empty()) return why;
  return healthy ? std::string{} : trust.against_removal(tracked.state.check().id);
}

void Prober::Impl::hold_back(Tracked& tracked, const ProbeResult& result, std::string why) {
  if (tracked.state.held_back() != why) {
    counters.held_back();
    log::warning("change_held_back", {{"check", result.check},
                                      {"name", tracked.state.check().name},
                                      {"why", why},
                                      {"reason", result.reason}});
  }
  tracked.state.hold_back(result, std::move(why));
}

/// The bit first: answers differ from here on. The rest may take its time.
void Prober::Impl::apply(const Tracked& tracked, const std::optional<Transition>& transition) {
  if (!transition) return;
  graph.set(tracked.slot, transition->healthy);
  tell(transition);
  follow_gates();
}

void Prober::Impl::tell(const std::optional<Transition>& transition) {
  if (!transition) return;
  counters.transition();
  log::info("health_changed", {{"check", transition->id},
                               {"name", transition->name},
                               {"from", transition->healthy ? "down" : "up"},
                               {"to", transition->healthy ? "up" : "down"},
                               {"reason", transition->reason}});
  told(*transition);
}

Prober::Prober(asio::io_context& io, HealthGraph& graph, const Clock& clock,
               ProberSettings settings)
    : impl_(std::make_unique<Impl>(io, graph, clock, std::move(settings))) {}
Prober::~Prober() = default;

void Prober::use(std::vector<SlottedCheck> checks) {
  impl_->use(std::move(checks));
}

void Prober::on_transition(std::function<void(const Transition&)> told) {
  impl_->told = std::move(told);
}

Result<void> Prober::heartbeat(const CheckId& id, bool passed, const std::string& reason) {
  const auto found = impl_->checks.find(id);
  if (found == impl_->checks.end())
    return Error(ErrorCode::not_found, "there is no health check \"" + id + "\"");
  Impl::Tracked& tracked = found->second;
  const HealthCheck& check = tracked.state.check();
  if (check.type != Type::push)
    return Error(ErrorCode::conflict, "the health check is not of type push");
  if (check.disabled) return {};
  impl_->beats.expect(id, check.ttl);
  impl_->counters.attempt(Type::push, passed, passed ? Cause::ok : Cause::status, {});
  impl_->count(tracked, {id, passed, {}, reason, impl_->clock.now()});
  return {};
}

std::optional<CheckStatus> Prober::status(const CheckId& id) const {
  const auto tracked = impl_->checks.find(id);
  if (tracked == impl_->checks.end()) return std::nullopt;
  CheckStatus status = tracked->second.state.status();
  status.last = tracked->second.state.last();
  status.last_failure = tracked->second.state.last_failure();
  status.regions = tracked->second.state.check().all_regions();
  return status;
}

std::vector<CheckStatus> Prober::statuses() const {
  std::vector<CheckStatus> statuses;
  statuses.reserve(impl_->checks.size());
  for (const auto& [id, tracked] : impl_->checks)
    statuses.push_back(tracked.state.status());
  return statuses;
}

TrustStatus Prober::trust() {
  return impl_->trust.status();
}

ProbeTotals Prober::totals() const noexcept {
  return impl_->counters.read(impl_->attempts.in_flight());
}

}  // namespace waymark::health
