// SPDX-License-Identifier: Apache-2.0
#include "app/outside.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/log.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr auto server_timeout = 2s;   // of each resolver
constexpr auto gather_pause = 50ms;   // answers of so long are compiled together
constexpr auto failures_pause = 60s;  // between two lines of the log

zones::ExternalResolver::Settings resolver_settings(const OutsideSettings& settings) {
  return {std::chrono::seconds(settings.external_least_ttl),
          std::chrono::seconds(settings.external_most_ttl)};
}

policy::LatencyLearner::Settings learner_settings(const OutsideSettings& settings) {
  policy::LatencyLearner::Settings out;
  out.half_life = std::chrono::seconds(settings.latency_half_life);
  out.least_samples = settings.latency_least_samples;
  return out;
}

}  // namespace

Outside::Outside(asio::io_context& io, const Clock& clock, const Config& config, Random random)
    : clock_(clock),
      interval_(std::chrono::seconds(config.outside.latency_interval)),
      file_(config.data_dir),
      restored_(file_.answers()),
      resolver_(clock, random, resolver_settings(config.outside)),
      learner_(learner_settings(config.outside)),
      lookup_(io, config.resolvers),
      due_(io),
      gathering_(io),
      learning_(io) {
  resolver_.restore(restored_);
  for (const auto& [key, entry] : file_.latencies())
    learner_.restore(key, entry);
}

Outside::~Outside() {
  file_.save(learner_.take_changes());
  file_.save(resolver_.take_kept());
}

zones::OutsideKnown Outside::known() const {
  return {restored_, learner_.figures()};
}

void Outside::start(Told told) {
  told_ = std::move(told);
  restored_.clear();
  learn_later();
}

void Outside::hear(const zones::ExternalNews& news) {
  resolver_.seed(news.from_image);
  if (news.all) resolver_.want(*news.all);
  resolver_.change(news.steps);
  gather();
  look();
}

void Outside::look() {
  for (const zones::ExternalTarget& target : resolver_.take_due())
    lookup_.ask(target.name.to_string(), static_cast<std::uint16_t>(target.type), server_timeout,
                [this, target](const Result<health::DnsReply>& reply) {
                  resolver_.heard(target, reply);
                  gather();
                  look();
                });
  tell_of_failures();
  look_later();
}

void Outside::look_later() {
  const auto next = resolver_.next_due();
  if (!next) return;
  due_.expires_after(std::max<Duration>(*next - clock_.monotonic(), Duration::zero()));
  due_.async_wait([this](const error_code& ended) {
    if (!ended) look();
  });
}

void Outside::gather() {
  if (std::exchange(gathers_, true)) return;
  gathering_.expires_after(gather_pause);
  gathering_.async_wait([this](const error_code& ended) {
    if (ended) return;
    gathers_ = false;
    if (auto kept = resolver_.take_kept(); !kept.empty()) file_.save(std::move(kept));
    if (auto changes = resolver_.take_changes(); !changes.empty())
      told_.external(std::move(changes));
  });
}

/// One line for all of them: a resolver that is gone takes thousands with it.
void Outside::tell_of_failures() {
  const std::size_t failing = resolver_.failing();
  if (failing == failing_told_) return;
  const MonotonicTime now = clock_.monotonic();
  if (failing == 0)
    log::info("external_aliases_resolved", {{"note", "every external target was answered"}});
  if (failing != 0 && failing_told_ != 0 && now - failures_told_at_ < failures_pause) return;
  failing_told_ = failing;
  failures_told_at_ = now;
  if (failing == 0) return;
  for (const zones::ExternalStatus& one : resolver_.statuses()) {
    if (one.failures == 0) continue;
    log::warning("external_aliases_failing",
                 {{"targets", failing},
                  {"target", one.target.name.to_string()},
                  {"type", dns::to_string(one.target.type)},
                  {"reason", one.last_error},
                  {"addresses_kept", one.answer ? one.answer->addresses.size() : 0}});
    return;
  }
}

void Outside::learn_later() {
  learning_.expires_after(interval_);
  learning_.async_wait([this](const error_code& ended) {
    if (ended) return;
    if (learner_.settle(clock_.now())) told_.learned(learner_.figures());
    auto changes = learner_.take_changes();
    if (!changes.put.empty() || !changes.gone.empty()) file_.save(std::move(changes));
    learn_later();
  });
}

api::ExternalCounts Outside::external_counts() const {
  api::ExternalCounts out;
  const auto& counts = resolver_.counts();
  out.answered = counts.answered;
  out.failed = counts.failed;
  out.changed = counts.changed;
  out.not_kept = file_.lost();
  for (const zones::ExternalStatus& one : resolver_.statuses()) {
    ++out.targets;
    if (!one.answer) ++out.unresolved;
    if (one.stale) ++out.stale;
    if (!one.stale) continue;
    const double age =
        std::chrono::duration<double>(clock_.now() - one.answer->resolved_at).count();
    out.oldest_seconds = std::max(out.oldest_seconds, age);
  }
  return out;
}

api::OutsideServices Outside::services() {
  return {[this] {
            zones::OutsideKnown now{{}, learner_.figures()};
            for (zones::ExternalStatus& one : resolver_.statuses())
              if (one.answer) now.external.emplace(one.target, std::move(*one.answer));
            return now;
          },
          [this] { return resolver_.statuses(); },
          [this](const zones::ExternalTarget& target) { return resolver_.status(target); },
          [this] { return external_counts(); },
          [this](const std::vector<policy::LatencySample>& samples) {
            for (const policy::LatencySample& sample : samples)
              learner_.add(sample, clock_.now());
          },
          [this]() -> const policy::LatencyLearner& { return learner_; }};
}

}  // namespace waymark::app
