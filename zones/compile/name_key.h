// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "dns/image/name_table.h"
#include "dns/protocol/name.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What tells nodes apart: a name, and whether it is one of the public zones or of a private one,
/// whose names are its own.
struct NameKey {
  std::uint32_t private_zone = 0;  // its number; 0: a public name
  dns::Name name;
  friend auto operator<=>(const NameKey&, const NameKey&) = default;
};

inline NameKey key_of(const dns::NodeView& node) {
  return {node.private_zone(), dns::Name::trusted(node.name())};
}
/// The zone that the name is in, if any: the private one, or the deepest of the public ones.
inline Result<std::optional<HostedZone>> zone_of(const Snapshot& state, const NameKey& key) {
  return key.private_zone == 0 ? state.zone_above(key.name) : state.zone_numbered(key.private_zone);
}

}  // namespace waymark::zones
