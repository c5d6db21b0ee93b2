// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>

#include "dns/image/layout.h"
#include "dns/image/name_table.h"
#include "dns/protocol/rr_type.h"
#include "policy/policy_walk.h"

namespace waymark::dns {

/// Whether an alias target is healthy for this client: what policy::PolicyTree asks of a branch
/// that descends, because no bit can say it for all clients.
class AliasHealth {
 public:
  /// `base` is the TargetsHeader of a checked entry.
  AliasHealth(const NameTable& names, const policy::Facts& facts, const Octet* base,
              RrType type) noexcept
      : names_(names), facts_(facts), base_(base), type_(type) {}

  /// A name without such records is healthy, as its gate would be (validation lets none be).
  bool operator()(std::uint16_t index, unsigned& left) const noexcept {
    layout::Target target;
    std::memcpy(&target, base_ + sizeof(layout::TargetsHeader) + index * sizeof target,
                sizeof target);
    if (target.kind != layout::TargetKind::go_on || left == 0) return true;
    --left;
    const NodeView node = names_.find(base_ + target.offset, target.octets, target.hash);
    const layout::Entry* entry = node && node.header().cut_labels == 0 ? node.find(type_) : nullptr;
    if (entry == nullptr || entry->kind != layout::EntryKind::targets) return true;

    const Octet* below = node.at(entry->offset);
    layout::TargetsHeader header;
    std::memcpy(&header, below, sizeof header);
    const AliasHealth beyond(names_, facts_, below, type_);
    if (header.policy_octets == 0) return header.descends == 0 || beyond(0, left);
    const policy::PolicyTree tree(ByteView(below + header.policy_offset, header.policy_octets));
    return tree.healthy(facts_, beyond, left);
  }

 private:
  const NameTable& names_;
  const policy::Facts& facts_;
  const Octet* base_;
  RrType type_;
};

}  // namespace waymark::dns
