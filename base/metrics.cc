// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <string_view>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace waymark {
namespace {

prometheus::ClientMetric to_client_metric(const MetricFamily& family,
                                          const MetricFamily::Sample& sample) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels)
    metric.label.push_back({name, value});
  switch (family.type) {
    case MetricFamily::Type::counter:
      metric.counter.value = sample.value;
      break;
    case MetricFamily::Type::gauge:
      metric.gauge.value = sample.value;
      break;
    case MetricFamily::Type::histogram:
      metric.histogram.sample_count = static_cast<std::uint64_t>(sample.value);
      metric.histogram.sample_sum = sample.sum;
      for (const auto& [bound, count] : sample.buckets)
        metric.histogram.bucket.push_back({static_cast<std::uint64_t>(count), bound});
      break;
  }
  return metric;
}

prometheus::MetricType to_metric_type(MetricFamily::Type type) noexcept {
  switch (type) {
    case MetricFamily::Type::counter:
      return prometheus::MetricType::Counter;
    case MetricFamily::Type::gauge:
      return prometheus::MetricType::Gauge;
    case MetricFamily::Type::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

}  // namespace

std::string to_prometheus_text(const std::vector<MetricFamily>& families) {
  std::vector<prometheus::MetricFamily> out;
  for (const MetricFamily& family : families) {
    prometheus::MetricFamily one{family.name, family.help, to_metric_type(family.type), {}};
    for (const auto& sample : family.samples)
      one.metric.push_back(to_client_metric(family, sample));
    out.push_back(std::move(one));
  }
  return prometheus::TextSerializer().Serialize(out);
}

std::string to_openmetrics_text(const std::vector<MetricFamily>& families) {
  constexpr std::string_view suffix = "_total";
  std::string out;
  for (const MetricFamily& family : families) {
    std::string text = to_prometheus_text({family});
    if (family.type == MetricFamily::Type::counter && family.name.ends_with(suffix))
      for (const std::string_view word : {"# HELP ", "# TYPE "})
        if (const auto at = text.find(std::string(word) + family.name + " "); at != text.npos)
          text.erase(at + word.size() + family.name.size() - suffix.size(), suffix.size());
    out += text;
  }
  return out + "# EOF\n";
}

}  // namespace waymark
