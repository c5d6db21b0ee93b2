// SPDX-License-Identifier: Apache-2.0
#include "api/http/request_stats.h"

#include <algorithm>
#include <limits>

namespace waymark::api {

void RequestStats::count(const std::string& route, const std::string& method, unsigned status,
                         Duration took) {
  ++counts_[{route, method, status}];
  const double seconds = std::chrono::duration<double>(took).count();
  Durations& durations = durations_[route];
  const auto bound = std::lower_bound(bounds.begin(), bounds.end(), seconds);
  ++durations.counts[static_cast<std::size_t>(bound - bounds.begin())];
  durations.seconds += seconds;
}

void RequestStats::append_to(MetricFamily& requests, MetricFamily& durations) const {
  for (const auto& [key, count] : counts_) {
    const auto& [route, method, status] = key;
    requests.samples.push_back(
        {{{"door", door_}, {"route", route}, {"method", method}, {"code", std::to_string(status)}},
         static_cast<double>(count),
         {},
         0});
  }
  for (const auto& [route, one] : durations_) {
    MetricFamily::Sample sample{{{"door", door_}, {"route", route}}, 0, {}, one.seconds};
    for (std::size_t i = 0; i < one.counts.size(); ++i) {
      sample.value += static_cast<double>(one.counts[i]);
      sample.buckets.emplace_back(
          i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity(), sample.value);
    }
    durations.samples.push_back(std::move(sample));
  }
}

}  // namespace waymark::api
