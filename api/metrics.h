// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "api/http/request_stats.h"
#include "api/services.h"

namespace waymark::api {

inline constexpr const char* metrics_type = "text/plain; version=0.0.4; charset=utf-8";
inline constexpr const char* openmetrics_type =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the health thread was asked for a scrape.
struct HealthReport {
  std::vector<health::CheckStatus> checks;
  health::TrustStatus trust;
};

/// One scrape: the board's counters summed over the workers, the prober's and our own.
std::string metrics_text(const Services& services, std::span<const RequestStats* const> doors,
                         const HealthReport& health, bool openmetrics);

}  // namespace waymark::api
