// SPDX-License-Identifier: Apache-2.0
#include "api/metrics_state.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace waymark::api {
namespace {

using Type = MetricFamily::Type;
constexpr std::size_t most_series = 2'000;

MetricFamily one(std::string name, std::string help, Type type, double value) {
  return {std::move(name), std::move(help), type, {{{}, value, {}, 0}}};
}

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double resident_octets() {
  std::ifstream statm("/proc/self/statm");
  double all = 0, resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  std::error_code failed;
  const std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  return failed ? 0 : static_cast<double>(std::distance(begin(entries), end(entries)));
}

}  // namespace

void add_process_metrics(const Clock& clock, std::vector<MetricFamily>& families) {
  static const double started =
      std::chrono::duration<double>(clock.now().time_since_epoch()).count();
  families.push_back({"waymark_build_info",
                      "What this is.",
                      Type::gauge,
                      {{{{"version", "0.1.0"}, {"compiler", "g++ " __VERSION__}}, 1, {}, 0}}});
  families.push_back(one("waymark_start_time_seconds",
                         "When the control process first told its metrics, Unix time.", Type::gauge,
                         started));
  families.push_back(one("process_cpu_seconds_total", "Processor time of the control process.",
                         Type::counter, processor_seconds()));
  families.push_back(one("process_resident_memory_bytes", "Memory of the control process.",
                         Type::gauge, resident_octets()));
  families.push_back(one("process_open_fds", "Descriptors of the control process.", Type::gauge,
                         open_descriptors()));
}

void add_zone_metrics(const zones::Store& store, const dns::Board& board,
                      std::vector<MetricFamily>& families) {
  const auto state = store.snapshot();
  if (!state) return;
  const auto zones = (*state)->zones();
  if (!zones) return;
  MetricFamily serials{"waymark_zone_serial", "SOA serial.", Type::gauge, {}};
  MetricFamily records{"waymark_zone_records", "Record sets.", Type::gauge, {}};
  MetricFamily questions{"waymark_dns_zone_queries_total",
                         "Questions for names in the zone, also those over a limit.",
                         Type::counter,
                         {}};
  for (const zones::HostedZone& zone : *zones) {
    if (serials.samples.size() == most_series) break;
    // By id too: private zones may have one name.
    const std::vector<std::pair<std::string, std::string>> labels{{"zone", zone.name.to_string()},
                                                                  {"id", zone.id.text}};
    serials.samples.push_back({labels, static_cast<double>(zone.serial), {}, 0});
    records.samples.push_back({labels, static_cast<double>(zone.record_sets), {}, 0});
    if (const auto count = board.questions(zone.number))
      questions.samples.push_back({labels, static_cast<double>(*count), {}, 0});
  }
  families.push_back(std::move(serials));
  families.push_back(std::move(records));
  families.push_back(std::move(questions));
  families.push_back(one("waymark_zones",
                         "Hosted zones, also those beyond the 2,000 told one by one.", Type::gauge,
                         static_cast<double>(zones->size())));
}

void add_outside_metrics(const OutsideServices& outside, std::vector<MetricFamily>& families) {
  const auto sample = [](const char* label, const char* value, auto count) {
    return MetricFamily::Sample{{{label, value}}, static_cast<double>(count), {}, 0};
  };
  const ExternalCounts external = outside.external_counts();
  families.push_back(
      {"waymark_external_alias_targets",
       "External targets (name and type) by what is known of them.",
       Type::gauge,
       {sample("state", "fresh", external.targets - external.unresolved - external.stale),
        sample("state", "stale", external.stale),
        sample("state", "unresolved", external.unresolved)}});
  families.push_back({"waymark_external_alias_resolutions_total",
                      "Attempts to resolve external targets.",
                      Type::counter,
                      {sample("result", "answered", external.answered),
                       sample("result", "failed", external.failed)}});
  families.push_back(one("waymark_external_alias_changes_total",
                         "Answers that differed from the one before.", Type::counter,
                         static_cast<double>(external.changed)));
  families.push_back(one("waymark_external_alias_oldest_seconds",
                         "Age of the oldest answer that is stale; 0: none is.", Type::gauge,
                         external.oldest_seconds));
  families.push_back(one("waymark_outside_not_kept_total",
                         "Writes of what was found out that failed.", Type::counter,
                         static_cast<double>(external.not_kept)));
  const policy::LatencyLearner& learner = outside.learner();
  families.push_back(one("waymark_latency_samples_total", "Latency samples taken.", Type::counter,
                         static_cast<double>(learner.samples())));
  families.push_back(one("waymark_latency_learned_entries",
                         "Prefixes × regions of which samples are kept.", Type::gauge,
                         static_cast<double>(learner.entries())));
}

}  // namespace waymark::api
