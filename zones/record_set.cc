// SPDX-License-Identifier: Apache-2.0
#include "zones/record_set.h"

#include <array>

namespace waymark::zones {

std::string_view policy_name(const Routing& routing) noexcept {
  static constexpr std::array<std::string_view, std::variant_size_v<Routing>> names{
      "simple",     "weighted",    "failover",     "latency",
      "multivalue", "geolocation", "geoproximity", "cidr"};
  return names[routing.index()];
}

}  // namespace waymark::zones
