// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "policy/rules/choice.h"
#include "policy/rules/site.h"

namespace waymark::policy {

/// How far each branch of a latency rule is from the client: as measured, else as the distance
/// tells, else unknown.
class Reach {
 public:
  Reach(Branches branches, const Facts& facts) noexcept
      : branches_(branches), row_(facts.tables.latency.find(facts.client.subnet.address)) {
    for (const Branch& branch : branches)
      if (measured(branch) == no_measurement) {
        place_ = facts.tables.locations.find(facts.client.subnet.address);
        break;
      }
  }

  std::uint8_t scope() const noexcept { return std::max(row_.scope, place_.scope); }

  std::uint16_t milliseconds(std::size_t index) const noexcept {
    const std::uint16_t known = measured(branches_[index]);
    if (known != no_measurement || place_.location == nullptr || place_.location->has_point == 0)
      return known;
    const Site site = site_of(branches_, index);
    return site.factor == 0
               ? no_measurement
               : estimated_milliseconds(kilometres(place_.location->point, site.point));
  }

  /// There and back in fibre is 1 ms for 100 km; real paths are about 5/3 as long as the line.
  static std::uint16_t estimated_milliseconds(double distance) noexcept {
    return static_cast<std::uint16_t>(distance / 60);
  }

 private:
  std::uint16_t measured(const Branch& branch) const noexcept {
    return row_.at(static_cast<std::uint16_t>(branch.value));
  }

  Branches branches_;
  LatencyTable::Row row_;
  LocationTable::Place place_;
};

/// The healthy branch with the least milliseconds; ties go to the first by region name. A region
/// nothing is known of is worse than any other. Nobody healthy: as if all were.
template <class Healthy>
Choice choose_latency(Branches branches, const Facts& facts, Healthy& healthy) noexcept {
  const Reach reach(branches, facts);
  Choice choice = choose_least(branches, healthy,
                               [&](std::size_t i) noexcept { return reach.milliseconds(i); });
  choice.scope = reach.scope();
  return choice;
}

}  // namespace waymark::policy
