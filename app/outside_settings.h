// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace waymark::app {

/// How external targets are resolved and latencies learned. All but the samples are seconds.
struct OutsideSettings {
  std::uint32_t external_least_ttl = 5, external_most_ttl = 3'600;
  std::uint32_t latency_half_life = 86'400;
  std::uint32_t latency_least_samples = 5;
  std::uint32_t latency_interval = 60;  // between two changes of the table
};

void add_outside_options(CLI::App& app, OutsideSettings& settings);
/// What no range of a single flag can say.
Result<void> check(const OutsideSettings& settings);
std::vector<std::pair<std::string, std::uint32_t>> to_numbers(const OutsideSettings& settings);

}  // namespace waymark::app
