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

std::string difference(const RecordSet& given, const RecordSet& stored) {
  if (given.ttl != stored.ttl) return "ttl is " + std::to_string(stored.ttl);
  if (given.alias != stored.alias) return "the alias is another";
  if (given.routing != stored.routing) return "the routing is another";
  if (given.health_check_id != stored.health_check_id) return "the health check is another";
  return "the values are others";
}

}  // namespace waymark::zones
