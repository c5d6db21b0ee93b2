// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/metrics.h"
#include "dns/board.h"
#include "dns/image/image.h"
#include "health/prober.h"
#include "health/target_rules.h"
#include "policy/latency_learner.h"
#include "zones/change_pipeline.h"
#include "zones/external_resolver.h"
#include "zones/store/store.h"
#include "zones/store/verdict_history.h"

namespace waymark::api {

/// What became of the notifications.
struct WebhookCounts {
  std::uint64_t delivered = 0, retried = 0, failed = 0, dropped = 0, queued = 0;
};

/// External targets, and what became of the attempts to resolve them.
struct ExternalCounts {
  std::uint64_t targets = 0, unresolved = 0, stale = 0;
  std::uint64_t answered = 0, failed = 0, changed = 0, not_kept = 0;
  double oldest_seconds = 0;  // of the answers that are stale
};

/// What is known of the world outside. Main thread.
struct OutsideServices {
  std::function<zones::OutsideKnown()> known;  // as the next compile has it
  std::function<std::vector<zones::ExternalStatus>()> external_aliases;
  std::function<std::optional<zones::ExternalStatus>(const zones::ExternalTarget&)> external_alias;
  std::function<ExternalCounts()> external_counts;
  std::function<void(const std::vector<policy::LatencySample>&)> learn;
  std::function<const policy::LatencyLearner&()> learner;
};

/// The rooms behind the API, as the composition root connected them. Main thread.
struct Services {
  const Clock& clock;
  zones::Store& store;
  zones::ChangePipeline& pipeline;
  dns::Board& board;
  const health::TargetRules& target_rules;
  std::uint64_t max_zonefile = std::uint64_t{1} << 30;
  std::vector<Endpoint> dns_endpoints;  // as really bound: for the self-query and `status`
  std::string data_dir;
  std::string health_tls_directory;  // where the files are that https checks may name
  bool resolves_targets = false;     // a resolver is set, so a probe target may be a name
  std::vector<Endpoint> resolvers{};

  /// The image that was published last (what explain walks).
  std::function<std::shared_ptr<const dns::Image>()> image;
  /// Asked on the health thread, resumed here.
  std::function<Awaitable<std::optional<health::CheckStatus>>(health::CheckId)> check_status;
  std::function<Awaitable<std::vector<health::CheckStatus>>()> check_statuses;
  std::function<health::ProbeTotals()> probe_totals;
  std::function<Awaitable<health::TrustStatus>()> trust;
  /// Fails with `not_found`, or `conflict` when the check is not of type push.
  std::function<Awaitable<Result<void>>(health::CheckId, bool passed, std::string reason)>
      heartbeat;
  /// Verdicts of one check, newest first, older than `before` when given.
  std::function<Awaitable<Result<std::vector<zones::Verdict>>>(
      health::CheckId, std::optional<std::uint64_t> before, std::size_t limit)>
      verdicts;
  std::function<WebhookCounts()> webhook_counts;
  std::function<std::uint64_t()> verdicts_dropped;
  /// The last compile's fault, or empty.
  std::function<std::string()> compile_fault;
  /// Subnets of clients that the query log met, and how often.
  std::function<std::vector<std::pair<IpPrefix, std::uint64_t>>()> recorded_clients;
  /// How often policies chose each record set, at most so many series.
  std::function<MetricFamily(std::size_t most)> policy_answers;
  /// Asks the DNS sockets a question of their own; true when an answer came within a second.
  std::function<Awaitable<bool>()> self_query;
  OutsideServices outside{};
};

}  // namespace waymark::api
