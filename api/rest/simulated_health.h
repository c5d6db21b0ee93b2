// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "health/health_check.h"
#include "health/health_graph.h"
#include "health/health_table.h"
#include "zones/compile/trial.h"

namespace waymark::api {

/// A copy of the board's bits: as they are, or with some checks as they are not and every gate
/// worked out anew.
class SimulatedHealth {
 public:
  using Forced = std::map<health::CheckId, bool>;  // healthy or not

  /// As the board is now, and stays.
  explicit SimulatedHealth(health::HealthTable board);
  SimulatedHealth(health::HealthTable board, const zones::Trial& trial,
                  const std::vector<health::HealthCheck>& checks, const Forced& forced,
                  TimePoint now);

  health::HealthTable table() const noexcept { return table_; }

 private:
  std::vector<std::atomic<std::uint64_t>> words_;
  health::HealthTable table_;
};

/// The checks that would notice that an address is dead, and what they would say of it: an inverted
/// one is healthy then. Those that are forced or disabled notice nothing.
SimulatedHealth::Forced noticed_by(const IpAddress& dead,
                                   const std::vector<health::HealthCheck>& checks, TimePoint now);

}  // namespace waymark::api
