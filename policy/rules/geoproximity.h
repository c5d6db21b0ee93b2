// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/rules/choice.h"
#include "policy/rules/site.h"

namespace waymark::policy {

/// Where a client is taken to be when nothing is known of it: latitude 0, longitude 0. An operator
/// moves it with a location for 0.0.0.0/0 and ::/0.
constexpr Point default_point{1, 0, 0};

/// Distances of a geoproximity rule, with what its biases make of them.
class BiasedDistances {
 public:
  BiasedDistances(Branches branches, const Facts& facts) noexcept
      : branches_(branches), place_(facts.tables.locations.find(facts.client.subnet.address)) {}

  double kilometres_to(std::size_t index) const noexcept {
    const bool known = place_.location != nullptr && place_.location->has_point != 0;
    const Site site = site_of(branches_, index);
    return kilometres(known ? place_.location->point : default_point, site.point) * site.factor;
  }
  std::uint8_t scope() const noexcept { return place_.scope; }

 private:
  Branches branches_;
  LocationTable::Place place_;
};

/// The healthy branch that is nearest as biased; ties go to the first. Nobody healthy: the nearest.
template <class Healthy>
Choice choose_geoproximity(Branches branches, const Facts& facts, Healthy& healthy) noexcept {
  const BiasedDistances distances(branches, facts);
  Choice choice = choose_least(branches, healthy,
                               [&](std::size_t i) noexcept { return distances.kilometres_to(i); });
  choice.scope = distances.scope();
  return choice;
}

}  // namespace waymark::policy
