// SPDX-License-Identifier: Apache-2.0
#include "zones/record_set.h"

#include <array>
#include <utility>

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

std::uint8_t alias_flags(const Alias& alias) noexcept {
  return static_cast<std::uint8_t>((alias.evaluate_target_health ? 1 : 0) |
                                   (alias.external ? 2 : 0));
}

Alias alias_of(dns::Name target, std::uint8_t flags) {
  return {std::move(target), (flags & 1) != 0, (flags & 2) != 0};
}

}  // namespace waymark::zones
