// SPDX-License-Identifier: Apache-2.0
#include "health/prober.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <sys/resource.h>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/log.h"
#include "health/http_probe.h"
#include "health/schedule.h"
#include "health/tcp_probe.h"

namespace waymark::health {
namespace {

constexpr std::uint64_t most_in_flight = 1'000;

/// Half of the descriptors we may open; the API needs some too.
std::uint64_t in_flight_limit() noexcept {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return most_in_flight / 2;
  return std::clamp<std::uint64_t>(files.rlim_cur / 2, 1, most_in_flight);
}

/// Written by the health thread only.
void add(std::atomic<std::uint64_t>& total, std::uint64_t by = 1) noexcept {
  total.store(total.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace

struct Prober::Impl {
  struct Tracked {
    CheckState state;
    HealthSlot slot{};
    std::uint64_t attempt = 0;  // number of the one in flight; 0: none whose result is awaited
    bool waiting = false;       // for its turn
  };

  Impl(asio::io_context& io, HealthGraph& bits, const Clock& time, const TargetRules& rules,
       std::uint64_t seed)
      : graph(bits),
        clock(time),
        http(io, rules),
        tcp(io, rules),
        schedule(seed),
        start_timer(io),
        force_timer(io) {}

  void take(SlottedCheck wanted);
  void remove(const CheckId& id);
  void follow_schedule();
  void follow_forces();
  void begin(const CheckId& id);
  void attempt(const CheckId& id, Tracked& tracked);
  void finish(const CheckId& id, std::uint64_t number, MonotonicTime started, Outcome outcome);
  void begin_waiting();
  void apply(const Tracked& tracked, const std::optional<Transition>& transition);
  Probe& probe(HealthCheck::Type type) noexcept;
  template <class Handler>
  void when(asio::steady_timer& timer, Duration in, Handler handler);

  HealthGraph& graph;
  const Clock& clock;
  HttpProbe http;
  TcpProbe tcp;
  Schedule schedule;
  asio::steady_timer start_timer, force_timer;
  std::unordered_map<CheckId, Tracked> checks;
  std::deque<CheckId> turns;  // due, but too many are in flight
  std::uint64_t limit = in_flight_limit(), attempts = 0;
  std::function<void(const Transition&)> told = [](const Transition&) {};
  std::atomic<std::uint64_t> passed{0}, failed{0}, transitions{0}, in_flight{0};
  std::shared_ptr<const bool> alive = std::make_shared<const bool>(true);  // timer handlers ask
};

/// A known check keeps its state; a new one starts as its bit stands on the board.
void Prober::Impl::take(SlottedCheck wanted) {
  const TimePoint now = clock.now();
  const HealthCheck& check = wanted.check;
  const auto [at, is_new] = checks.try_emplace(
      check.id, Tracked{CheckState(check, graph.healthy(wanted.slot), now), wanted.slot});
  Tracked& tracked = at->second;
  if (!is_new && tracked.slot == wanted.slot && tracked.state.check() == check) return;

  if (tracked.slot != wanted.slot) graph.set(std::exchange(tracked.slot, wanted.slot), true);
  if (check.disabled || !same_target(check, tracked.state.check())) tracked.attempt = 0;
  const auto transition = tracked.state.use(check, now);
  graph.set(tracked.slot, tracked.state.healthy());
  apply(tracked, transition);

  if (check.disabled)
    schedule.remove(check.id);
  else
    schedule.add(check.id, check.interval, clock.monotonic());
}

void Prober::Impl::remove(const CheckId& id) {
  const auto tracked = checks.find(id);
  schedule.remove(id);
  graph.set(tracked->second.slot, true);
  checks.erase(tracked);
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
    for (const CheckId& id : schedule.take_due(clock.monotonic()))
      begin(id);
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
    follow_forces();
  });
}

/// One attempt of a check at a time: a start that finds the last one not ended is passed over.
void Prober::Impl::begin(const CheckId& id) {
  Tracked& tracked = checks.at(id);
  if (tracked.attempt != 0 || tracked.waiting) return;
  if (in_flight.load(std::memory_order_relaxed) < limit) return attempt(id, tracked);
  tracked.waiting = true;
  turns.push_back(id);
}

void Prober::Impl::attempt(const CheckId& id, Tracked& tracked) {
  add(in_flight);
  tracked.attempt = ++attempts;
  const HealthCheck& check = tracked.state.check();
  probe(check.type)
      .start(check, [this, id, number = attempts, started = clock.monotonic()](Outcome outcome) {
        finish(id, number, started, std::move(outcome));
      });
}

void Prober::Impl::finish(const CheckId& id, std::uint64_t number, MonotonicTime started,
                          Outcome outcome) {
  in_flight.store(in_flight.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  const auto found = checks.find(id);
  if (found != checks.end() && found->second.attempt == number) {
    Tracked& tracked = found->second;
    tracked.attempt = 0;
    const bool success = outcome.kind == Outcome::Kind::passed;
    const auto took =
        std::chrono::duration_cast<std::chrono::microseconds>(clock.monotonic() - started);
    const ProbeResult result{id, success, took, std::move(outcome.reason), clock.now()};
    if (outcome.kind == Outcome::Kind::unknown) {
      tracked.state.note(result);
      log::warning("probe_not_counted", {{"check", id}, {"reason", result.reason}});
    } else {
      add(success ? passed : failed);
      apply(tracked, tracked.state.record(result));
    }
  }
  begin_waiting();
}

void Prober::Impl::begin_waiting() {
  while (!turns.empty() && in_flight.load(std::memory_order_relaxed) < limit) {
    const CheckId id = std::move(turns.front());
    turns.pop_front();
    const auto found = checks.find(id);
    if (found == checks.end() || !std::exchange(found->second.waiting, false)) continue;
    if (!found->second.state.check().disabled) attempt(id, found->second);
  }
}

/// The bit first: answers differ from here on. The rest may take its time.
void Prober::Impl::apply(const Tracked& tracked, const std::optional<Transition>& transition) {
  if (!transition) return;
  graph.set(tracked.slot, transition->healthy);
  add(transitions);
  log::info("health_changed", {{"check", transition->id},
                               {"name", tracked.state.check().name},
                               {"from", transition->healthy ? "down" : "up"},
                               {"to", transition->healthy ? "up" : "down"},
                               {"reason", transition->reason}});
  told(*transition);
}

Probe& Prober::Impl::probe(HealthCheck::Type type) noexcept {
  switch (type) {
    case HealthCheck::Type::tcp:
      return tcp;
    case HealthCheck::Type::http:
    case HealthCheck::Type::https:
      break;
  }
  return http;
}

Prober::Prober(asio::io_context& io, HealthGraph& graph, const Clock& clock, TargetRules rules,
               std::uint64_t seed)
    : impl_(std::make_unique<Impl>(io, graph, clock, rules, seed)) {}
Prober::~Prober() = default;

void Prober::use(std::vector<SlottedCheck> checks) {
  std::unordered_set<CheckId> wanted;
  for (const SlottedCheck& slotted : checks)
    wanted.insert(slotted.check.id);
  std::vector<CheckId> gone;
  for (const auto& [id, tracked] : impl_->checks)
    if (!wanted.contains(id)) gone.push_back(id);

  for (const CheckId& id : gone)
    impl_->remove(id);  // first: their slots may be given out again
  for (SlottedCheck& slotted : checks)
    impl_->take(std::move(slotted));
  impl_->follow_schedule();
  impl_->follow_forces();
}

void Prober::on_transition(std::function<void(const Transition&)> told) {
  impl_->told = std::move(told);
}

std::optional<CheckStatus> Prober::status(const CheckId& id) const {
  const auto tracked = impl_->checks.find(id);
  if (tracked == impl_->checks.end()) return std::nullopt;
  CheckStatus status = tracked->second.state.status();
  status.last = tracked->second.state.last();
  return status;
}

std::vector<CheckStatus> Prober::statuses() const {
  std::vector<CheckStatus> statuses;
  statuses.reserve(impl_->checks.size());
  for (const auto& [id, tracked] : impl_->checks)
    statuses.push_back(tracked.state.status());
  return statuses;
}

ProbeTotals Prober::totals() const noexcept {
  const auto read = [](const std::atomic<std::uint64_t>& total) {
    return total.load(std::memory_order_relaxed);  // the health thread writes
  };
  return {read(impl_->passed), read(impl_->failed), read(impl_->transitions),
          read(impl_->in_flight)};
}

}  // namespace waymark::health
