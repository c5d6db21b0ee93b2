// SPDX-License-Identifier: Apache-2.0
#include "app/outside_settings.h"

#include <CLI/CLI.hpp>

namespace waymark::app {

void add_outside_options(CLI::App& app, OutsideSettings& settings) {
  const auto ttl = CLI::Range(1, 86'400);
  app.add_option("--external-least-ttl", settings.external_least_ttl,
                 "seconds that the answer for an external alias holds at least")
      ->check(ttl)
      ->capture_default_str();
  app.add_option("--external-most-ttl", settings.external_most_ttl, "and at most")
      ->check(ttl)
      ->capture_default_str();
  app.add_option("--latency-half-life", settings.latency_half_life,
                 "seconds after which a latency sample counts half as much")
      ->check(CLI::Range(60, 31'536'000))
      ->capture_default_str();
  app.add_option("--latency-least-samples", settings.latency_least_samples,
                 "samples of a prefix and region from which they count")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--latency-interval", settings.latency_interval,
                 "seconds between two changes of what is learned")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
}

Result<void> check(const OutsideSettings& settings) {
  if (settings.external_least_ttl <= settings.external_most_ttl) return {};
  return Error(ErrorCode::bad_value, "--external-least-ttl " +
                                         std::to_string(settings.external_least_ttl) +
                                         " is more than --external-most-ttl " +
                                         std::to_string(settings.external_most_ttl));
}

std::vector<std::pair<std::string, std::uint32_t>> to_numbers(const OutsideSettings& settings) {
  return {{"external-least-ttl", settings.external_least_ttl},
          {"external-most-ttl", settings.external_most_ttl},
          {"latency-half-life", settings.latency_half_life},
          {"latency-least-samples", settings.latency_least_samples},
          {"latency-interval", settings.latency_interval}};
}

}  // namespace waymark::app
