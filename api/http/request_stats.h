// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "base/clock.h"
#include "base/metrics.h"

namespace waymark::api {

/// Requests answered at one door, and how long they took. Main thread.
class RequestStats {
 public:
  explicit RequestStats(std::string door) : door_(std::move(door)) {}

  /// `route`: a pattern, or "other"; so that no client chooses a label.
  void count(const std::string& route, const std::string& method, unsigned status, Duration took);
  void append_to(MetricFamily& requests, MetricFamily& durations) const;

 private:
  static constexpr std::array bounds{.001, .005, .01, .025, .05, .1, .25, .5, 1., 2.5, 10.};
  struct Durations {
    std::array<std::uint64_t, bounds.size() + 1> counts{};  // the last: longer than all
    double seconds = 0;
  };

  std::string door_;
  std::map<std::tuple<std::string, std::string, unsigned>, std::uint64_t> counts_;
  std::map<std::string, Durations> durations_;  // by route
};

}  // namespace waymark::api
