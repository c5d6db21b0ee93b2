// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "policy/rules/choice.h"

namespace waymark::policy {

/// Visits the branches for where the client is, the smallest area first, until `visit` says true.
/// Returns the bits of the client's address that decided.
template <class Visit>
std::uint8_t for_each_area(Branches branches, const Facts& facts, const Visit& visit) noexcept {
  const LocationTable::Place place = facts.tables.locations.find(facts.client.subnet.address);
  std::array<GeoCode, 3> codes{};
  if (place.location != nullptr)
    codes = {place.location->subdivision, place.location->country, place.location->continent};
  for (const GeoCode code : codes) {
    const Branch* branch = code == geo_everywhere ? nullptr : find_value(branches, code);
    if (branch != nullptr && visit(*branch)) return place.scope;
  }
  // "*" is 0, so it comes first.
  if (branches.front().value == geo_everywhere) visit(branches.front());
  return place.scope;
}

/// The smallest area that is healthy; nobody healthy: the smallest. None when no area holds the
/// client and there is no "*".
template <class Healthy>
Choice choose_geolocation(Branches branches, const Facts& facts, Healthy& healthy) noexcept {
  Choice choice;
  choice.scope = for_each_area(branches, facts, [&](const Branch& branch) noexcept {
    return choice.settle(branch, healthy);
  });
  return choice;
}

}  // namespace waymark::policy
