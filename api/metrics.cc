// SPDX-License-Identifier: Apache-2.0
#include "api/metrics.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <map>

#include "api/metrics_state.h"
#include "base/metrics.h"
#include "dns/quarantine.h"

namespace waymark::api {
namespace {

using Family = MetricFamily;
using Slot = dns::WorkerSlot;
constexpr std::size_t most_series = 2'000;  // of one family
constexpr const char* protocols[] = {"udp", "tcp"};
constexpr const char* families[] = {"4", "6"};

double sum(const dns::Board& board, const std::function<std::uint64_t(const Slot&)>& of) {
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < board.workers(); ++i)
    total += of(board.worker(i));
  return static_cast<double>(total);
}

Family queries(const dns::Board& board) {
  Family out{"waymark_dns_queries_total", "Queries received.", Family::Type::counter, {}};
  for (std::size_t protocol = 0; protocol < 2; ++protocol)
    for (std::size_t family = 0; family < 2; ++family)
      for (std::size_t type = 0; type < dns::counted_types; ++type)
        out.samples.push_back(
            {{{"proto", protocols[protocol]},
              {"family", families[family]},
              {"type", dns::type_bucket_name(type)}},
             sum(board,
                 [=](const Slot& slot) { return slot.queries[protocol][family][type].value(); }),
             {},
             0});
  return out;
}

Family responses(const dns::Board& board) {
  Family out{"waymark_dns_responses_total", "Responses sent.", Family::Type::counter, {}};
  for (std::size_t protocol = 0; protocol < 2; ++protocol)
    for (std::size_t rcode = 0; rcode < dns::counted_rcodes; ++rcode)
      out.samples.push_back(
          {{{"rcode", dns::rcode_bucket_name(rcode)}, {"proto", protocols[protocol]}},
           sum(board, [=](const Slot& slot) { return slot.responses[protocol][rcode].value(); }),
           {},
           0});
  return out;
}

Family by_protocol(const dns::Board& board, std::string name, std::string help,
                   std::array<dns::Counter, 2> Slot::*counters) {
  Family out{std::move(name), std::move(help), Family::Type::counter, {}};
  for (std::size_t protocol = 0; protocol < 2; ++protocol)
    out.samples.push_back(
        {{{"proto", protocols[protocol]}},
         sum(board, [=](const Slot& slot) { return (slot.*counters)[protocol].value(); }),
         {},
         0});
  return out;
}

Family dropped(const dns::Board& board) {
  Family out{"waymark_dns_dropped_total", "Messages without an answer.", Family::Type::counter, {}};
  const auto add = [&](const char* reason, dns::Counter Slot::*counter) {
    out.samples.push_back({{{"reason", reason}},
                           sum(board, [=](const Slot& slot) { return (slot.*counter).value(); }),
                           {},
                           0});
  };
  add("malformed", &Slot::dropped_malformed);
  add("no_space", &Slot::dropped_no_space);
  add("send", &Slot::dropped_send);
  add("rate_limit", &Slot::rate_dropped);
  return out;
}

struct Labelled {
  const char* value;
  dns::Counter Slot::*counter;
};

Family labelled(const dns::Board& board, std::string name, std::string help, const char* label,
                std::initializer_list<Labelled> counters) {
  Family out{std::move(name), std::move(help), Family::Type::counter, {}};
  for (const Labelled& one : counters)
    out.samples.push_back(
        {{{label, one.value}},
         sum(board, [&](const Slot& slot) { return (slot.*one.counter).value(); }),
         {},
         0});
  return out;
}

Family sizes(const dns::Board& board) {
  Family out{
      "waymark_dns_response_size_bytes", "Octets of responses.", Family::Type::histogram, {}};
  for (std::size_t protocol = 0; protocol < 2; ++protocol) {
    Family::Sample sample{{{"proto", protocols[protocol]}}, 0, {}, 0};
    for (std::size_t bucket = 0; bucket < dns::counted_sizes; ++bucket) {
      sample.value +=
          sum(board, [=](const Slot& slot) { return slot.sizes[protocol][bucket].value(); });
      if (bucket + 1 < dns::counted_sizes)
        sample.buckets.emplace_back(static_cast<double>(dns::size_bucket_limit(bucket)),
                                    sample.value);
    }
    sample.sum =
        sum(board, [=](const Slot& slot) { return slot.response_octets[protocol].value(); });
    out.samples.push_back(std::move(sample));
  }
  return out;
}

template <class Durations>
Family::Sample sample_of(const Durations& durations) {
  Family::Sample sample;
  for (std::size_t bucket = 0; bucket < Durations::buckets; ++bucket) {
    sample.value += static_cast<double>(durations.count(bucket));
    if (bucket + 1 < Durations::buckets)
      sample.buckets.emplace_back(static_cast<double>(Durations::limit_ns(bucket)) / 1e9,
                                  sample.value);
  }
  sample.sum = static_cast<double>(durations.total_ns()) / 1e9;
  return sample;
}

Family::Sample sample_of(const dns::Board& board,
                         std::vector<std::pair<std::string, std::string>> labels,
                         const std::function<const dns::Durations&(const Slot&)>& of) {
  Family::Sample sample{std::move(labels), 0, {}, 0};
  for (std::size_t bucket = 0; bucket < dns::Durations::buckets; ++bucket) {
    sample.value += sum(board, [&](const Slot& slot) { return of(slot).count(bucket); });
    if (bucket + 1 < dns::Durations::buckets)
      sample.buckets.emplace_back(static_cast<double>(dns::Durations::limit_ns(bucket)) / 1e9,
                                  sample.value);
  }
  sample.sum = sum(board, [&](const Slot& slot) { return of(slot).total_ns(); }) / 1e9;
  return sample;
}

Family request_durations(const dns::Board& board) {
  Family out{"waymark_dns_request_duration_seconds",
             "From a readable socket to the answers sent, of the batch that each query came in.",
             Family::Type::histogram,
             {}};
  for (std::size_t protocol = 0; protocol < 2; ++protocol)
    out.samples.push_back(sample_of(
        board, {{"proto", protocols[protocol]}}, [=](const Slot& slot) -> auto& {
          return slot.durations[protocol];
        }));
  return out;
}

Family adoptions(const dns::Board& board) {
  return {"waymark_worker_adoption_seconds",
          "How long a worker's loop stood still to take up a generation.",
          Family::Type::histogram,
          {sample_of(
              board, {}, [](const Slot& slot) -> auto& { return slot.adoptions; })}};
}

Family one(std::string name, std::string help, Family::Type type, double value) {
  return {std::move(name), std::move(help), type, {{{}, value, {}, 0}}};
}

Family workers(const dns::Board& board) {
  Family out{
      "waymark_worker_generation", "Image that each worker answers from.", Family::Type::gauge, {}};
  for (std::uint32_t i = 0; i < board.workers(); ++i)
    out.samples.push_back(
        {{{"worker", std::to_string(i)}},
         static_cast<double>(board.worker(i).adopted.load(std::memory_order_relaxed)),
         {},
         0});
  return out;
}

Family checks(const health::ProbeTotals& totals) {
  static constexpr const char* names[] = {"ok",     "timeout", "refused", "tls",
                                          "status", "body",    "dns",     "other"};
  Family out{"waymark_check_results_total", "Results of health checks.", Family::Type::counter, {}};
  for (std::size_t i = 0; i < health::causes; ++i)
    out.samples.push_back({{{"result", names[i]}}, static_cast<double>(totals.by_cause[i]), {}, 0});
  return out;
}

Family durations(const health::ProbeTotals& totals) {
  static constexpr const char* types[] = {"http", "https", "tcp", "dns"};
  Family out{
      "waymark_check_duration_seconds", "How long probes took.", Family::Type::histogram, {}};
  for (std::size_t i = 0; i < totals.durations.size(); ++i) {
    const auto& one = totals.durations[i];
    Family::Sample sample{{{"type", types[i]}}, 0, {}, one.seconds};
    std::uint64_t below = 0;
    for (std::size_t j = 0; j < one.counts.size(); ++j) {
      below += one.counts[j];
      const bool last = j == health::ProbeTotals::bounds.size();
      sample.buckets.emplace_back(
          last ? std::numeric_limits<double>::infinity() : health::ProbeTotals::bounds[j],
          static_cast<double>(below));
    }
    sample.value = static_cast<double>(below);
    out.samples.push_back(std::move(sample));
  }
  return out;
}

std::string endpoint_state(const health::CheckStatus& check) {
  switch (check.forced) {
    case health::HealthCheck::Forced::up:
      return "forced_up";
    case health::HealthCheck::Forced::down:
      return "forced_down";
    case health::HealthCheck::Forced::drain:
      return "draining";
    case health::HealthCheck::Forced::automatic:
      break;
  }
  return check.healthy ? "up" : "down";
}

/// Of each check, up to the bound on series; what is beyond it is counted.
void add_endpoints(const HealthReport& health, std::vector<Family>& out) {
  Family up{"waymark_endpoint_up", "1 while the check is healthy.", Family::Type::gauge, {}};
  Family states{"waymark_endpoint_state", "Checks by state.", Family::Type::gauge, {}};
  Family dropped{"waymark_metrics_dropped_series_total",
                 "Series left out at the bound.",
                 Family::Type::counter,
                 {}};
  std::map<std::string, double> counts{
      {"up", 0}, {"down", 0}, {"forced_up", 0}, {"forced_down", 0}, {"draining", 0}};
  for (const auto& check : health.checks) {
    ++counts[endpoint_state(check)];
    if (up.samples.size() < most_series)
      up.samples.push_back({{{"check", check.id}}, check.healthy ? 1.0 : 0.0, {}, 0});
  }
  for (const auto& [state, count] : counts)
    states.samples.push_back({{{"state", state}}, count, {}, 0});
  dropped.samples.push_back(
      {{}, static_cast<double>(health.checks.size() - up.samples.size()), {}, 0});
  out.push_back(std::move(up));
  out.push_back(std::move(states));
  out.push_back(std::move(dropped));
}

/// Everything that keeps a verdict from changing (OBS-3).
void add_trust(const HealthReport& health, std::vector<Family>& out) {
  using Type = Family::Type;
  const auto held = std::count_if(health.checks.begin(), health.checks.end(),
                                  [](const auto& check) { return !check.held_back.empty(); });
  const auto unstable =
      std::count_if(health.checks.begin(), health.checks.end(),
                    [](const auto& check) { return check.held_back.starts_with("unstable"); });
  const health::TrustStatus& trust = health.trust;
  out.push_back(one("waymark_health_frozen", "Scopes whose failures do not count now.", Type::gauge,
                    static_cast<double>(trust.frozen.size())));
  out.push_back(one("waymark_health_checks_held_back", "Checks whose change of verdict waits.",
                    Type::gauge, static_cast<double>(held)));
  out.push_back(one("waymark_health_unstable", "Checks held because they flap.", Type::gauge,
                    static_cast<double>(unstable)));
  out.push_back(one("waymark_health_removals", "Checks removed in the last minute.", Type::gauge,
                    trust.removals));
  out.push_back(one("waymark_health_removal_budget",
                    "Removals a minute that are allowed; +Inf: no limit.", Type::gauge,
                    trust.budget ? *trust.budget : std::numeric_limits<double>::infinity()));
  out.push_back(
      one("waymark_health_references", "Reference targets.", Type::gauge, trust.references));
  out.push_back(one("waymark_health_references_answering", "Reference targets that answer.",
                    Type::gauge, trust.references_answering));
}

Family webhooks(const WebhookCounts& counts) {
  const auto sample = [](const char* result, std::uint64_t count) {
    return Family::Sample{{{"result", result}}, static_cast<double>(count), {}, 0};
  };
  return {"waymark_webhook_total",
          "Notifications by what became of them.",
          Family::Type::counter,
          {sample("delivered", counts.delivered), sample("retried", counts.retried),
           sample("failed", counts.failed), sample("dropped", counts.dropped)}};
}

/// None of a store that commits nothing.
Family commits(const zones::Store& store) {
  Family out{"waymark_store_commit_duration_seconds",
             "From the beginning of a transaction until its changes were durable.",
             Family::Type::histogram,
             {}};
  if (const auto* times = store.commit_times()) out.samples.push_back(sample_of(*times));
  return out;
}

void add_requests(std::span<const RequestStats* const> doors, std::vector<Family>& out) {
  Family requests{
      "waymark_api_requests_total", "Requests answered by the API.", Family::Type::counter, {}};
  Family durations{"waymark_api_request_duration_seconds",
                   "From a request's header to its answer.",
                   Family::Type::histogram,
                   {}};
  for (const RequestStats* door : doors)
    door->append_to(requests, durations);
  out.push_back(std::move(requests));
  out.push_back(std::move(durations));
}

}  // namespace

std::string metrics_text(const Services& services, std::span<const RequestStats* const> doors,
                         const HealthReport& health, bool openmetrics) {
  using Type = Family::Type;
  const dns::Board& board = services.board;
  const health::ProbeTotals probes = services.probe_totals();
  std::vector<Family> out{
      queries(board),
      responses(board),
      by_protocol(board, "waymark_dns_truncated_total", "Responses with TC.", &Slot::truncated),
      by_protocol(board, "waymark_dns_response_bytes_total", "Octets of all responses.",
                  &Slot::response_octets),
      dropped(board),
      sizes(board),
      request_durations(board),
      labelled(board, "waymark_dns_rrl_total", "Responses over the rate limit.", "action",
               {{"drop", &Slot::rate_dropped},
                {"slip", &Slot::rate_slipped},
                {"log", &Slot::rate_logged}}),
      labelled(board, "waymark_dns_cookies_total", "Queries with a DNS cookie.", "result",
               {{"good", &Slot::cookies_good},
                {"bad", &Slot::cookies_bad},
                {"client_only", &Slot::cookies_client_only}}),
      labelled(board, "waymark_dns_query_log_total", "Sampled queries.", "result",
               {{"logged", &Slot::queries_logged}, {"lost", &Slot::queries_not_logged}}),
      one("waymark_dns_tcp_connections", "TCP connections open now.", Type::gauge,
          sum(board, [](const Slot& s) { return s.tcp_accepted.value() - s.tcp_closed.value(); })),
      one("waymark_dns_tcp_refused_total", "TCP connections refused at a limit.", Type::counter,
          sum(board, [](const Slot& s) { return s.tcp_refused.value(); })),
      one("waymark_policy_fallback_total", "Answers that failed open: nobody healthy.",
          Type::counter, sum(board, [](const Slot& s) { return s.policy_fallback.value(); })),
      one("waymark_image_generation", "Newest image published.", Type::gauge,
          static_cast<double>(board.generation())),
      one("waymark_generation_quarantined",
          "The newest generation while it is one that crashed workers; else 0.", Type::gauge,
          static_cast<double>(dns::quarantine(board).generation)),
      one("waymark_generation_known_good",
          "The last generation that answered for a minute without a crash.", Type::gauge,
          static_cast<double>(dns::known_good(board))),
      services.policy_answers(most_series),
      workers(board),
      adoptions(board),
      checks(probes),
      durations(probes),
      one("waymark_check_not_counted_total", "Attempts that say nothing: our own trouble.",
          Type::counter, static_cast<double>(probes.not_counted)),
      one("waymark_check_late_total", "Attempts begun later than a tenth of their interval.",
          Type::counter, static_cast<double>(probes.late)),
      one("waymark_health_held_back_total", "Changes of a verdict that had to wait.", Type::counter,
          static_cast<double>(probes.held_back)),
      one("waymark_verdicts_dropped_total", "Verdicts that the history could not keep.",
          Type::counter, static_cast<double>(services.verdicts_dropped())),
      webhooks(services.webhook_counts()),
      one("waymark_webhook_queued", "Notifications that wait.", Type::gauge,
          static_cast<double>(services.webhook_counts().queued)),
      one("waymark_endpoint_transitions_total", "Verdicts changed.", Type::counter,
          static_cast<double>(probes.transitions)),
      one("waymark_checks_in_flight", "Probes under way.", Type::gauge,
          static_cast<double>(probes.in_flight)),
      one("waymark_store_up", "1 when writes work.", Type::gauge,
          services.store.fault().empty() ? 1 : 0),
      commits(services.store),
      one("waymark_store_fenced", "1 when a disk that failed has ended writing.", Type::gauge,
          services.store.fenced() ? 1 : 0)};
  add_requests(doors, out);
  add_process_metrics(services.clock, out);
  add_zone_metrics(services.store, services.board, out);
  add_endpoints(health, out);
  add_trust(health, out);
  add_outside_metrics(services.outside, out);
  return openmetrics ? to_openmetrics_text(out) : to_prometheus_text(out);
}

}  // namespace waymark::api
