// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include "base/ip.h"
#include "dns/image/image.h"
#include "dns/image/layout.h"
#include "dns/image/name_table.h"
#include "dns/protocol/name.h"
#include "dns/protocol/name_hash.h"
#include "dns/protocol/rr_type.h"
#include "health/health_table.h"
#include "policy/policy_tree.h"

namespace waymark::dns {

/// The policy that an entry answers by; none when nothing competes there.
inline std::optional<policy::PolicyTree> policy_of(NodeView node,
                                                   const layout::Entry& entry) noexcept {
  if (entry.kind != layout::EntryKind::targets) return std::nullopt;
  const Octet* base = node.at(entry.offset);
  layout::TargetsHeader header;
  std::memcpy(&header, base, sizeof header);
  if (header.policy_octets == 0) return std::nullopt;
  return policy::PolicyTree(ByteView(base + header.policy_offset, header.policy_octets));
}

/// What the record sets of one name and type should get, and where what they get is counted.
struct PolicyShares {
  policy::Counting counting;
  std::size_t targets = 0;
  /// By target, as health is now; none where it depends on the client and none was given.
  std::optional<std::vector<double>> intended;
};

/// None when the name has no policy of this type in that space. Control process only; may allocate.
std::optional<PolicyShares> policy_shares(const Image& image, health::HealthTable health,
                                          Space space, const Name& name, RrType type,
                                          const std::optional<IpPrefix>& client);

}  // namespace waymark::dns
