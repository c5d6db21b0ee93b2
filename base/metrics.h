// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace waymark {

/// One family of a scrape: collected on demand from counters that live elsewhere (the board).
struct MetricFamily {
  enum class Type : unsigned char { counter, gauge, histogram };
  struct Sample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
    // histogram only: upper bounds with cumulative counts, then the sum; `value` is the count
    std::vector<std::pair<double, double>> buckets;
    double sum = 0;
  };
  std::string name, help;
  Type type = Type::gauge;
  std::vector<Sample> samples;
};

/// Prometheus text format 0.0.4, through prometheus-cpp core.
std::string to_prometheus_text(const std::vector<MetricFamily>& families);
/// OpenMetrics 1.0: the same samples; a counter's family is named without `_total`, and the end is
/// told.
std::string to_openmetrics_text(const std::vector<MetricFamily>& families);

}  // namespace waymark
