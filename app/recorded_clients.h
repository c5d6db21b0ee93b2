// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/ip.h"

namespace waymark::app {

/// The subnets of the clients that the sampled query log met, /24 and /56, and about how often each
/// asked: what a simulation may take for its mix. Main thread of the control process.
class RecordedClients {
 public:
  static constexpr std::size_t most = 1000;  // subnets

  /// When there is no room, all counts are halved and those at 0 go: who asks often or lately
  /// stays.
  void add(const IpAddress& client);
  /// In address order.
  std::vector<std::pair<IpPrefix, std::uint64_t>> all() const;

 private:
  std::map<IpPrefix, std::uint64_t> seen_;
};

}  // namespace waymark::app
