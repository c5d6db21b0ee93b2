// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "api/services.h"
#include "base/metrics.h"

namespace waymark::api {

/// What this process is and uses: version, start, processor time, memory, descriptors.
void add_process_metrics(const Clock& clock, std::vector<MetricFamily>& families);
/// Serial, number of record sets and questions of each zone, 2,000 zones at most.
void add_zone_metrics(const zones::Store& store, const dns::Board& board,
                      std::vector<MetricFamily>& families);

/// External targets by state, attempts to resolve them, and learned latencies.
void add_outside_metrics(const OutsideServices& outside, std::vector<MetricFamily>& families);

}  // namespace waymark::api
