// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "dns/image/image.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "health/health_table.h"
#include "zones/store/store.h"

namespace waymark::api {

/// Clients as a simulation sees them: subnets, and how much each asks.
struct ClientMix {
  struct Part {
    IpPrefix subnet;
    double weight = 1;    // above 0
    Endpoint listener{};  // where they ask: for VPCs that have one
  };
  std::vector<Part> parts;
};

/// What part of all answers to a mix of clients holds what; exact.
struct SimulatedShares {
  using Set = std::tuple<std::string, std::string, std::string>;  // name, type, set id

  std::map<Set, double> sets;               // every set of every group on the way
  std::map<std::string, double> endpoints;  // by value; one answer's values share it equally
  double no_answer = 0, failed_open = 0;
};

/// `ways` bounds the walks that are taken, and is lessened by them; `too_large` when it is used up.
/// `state` knows the set identifiers: what `image` was compiled from, or newer; `unavailable` where
/// it differs.
Result<SimulatedShares> simulate_shares(const dns::Image& image, health::HealthTable health,
                                        const zones::Snapshot& state, const dns::Name& name,
                                        dns::RrType type, const ClientMix& clients,
                                        std::size_t& ways);

}  // namespace waymark::api
