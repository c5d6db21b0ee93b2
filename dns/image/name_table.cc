// SPDX-License-Identifier: Apache-2.0
#include "dns/image/name_table.h"

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace waymark::dns {
namespace {

template <class T>
const T* at(ByteView part, std::uint64_t offset) noexcept {
  return reinterpret_cast<const T*>(part.data() + offset);
}

const layout::Node* node_of(const Octet* arena, std::uint64_t slot) noexcept {
  return reinterpret_cast<const layout::Node*>(arena + ((slot & 0xFFFFFFFF) - 1) * 8);
}

/// False: the name is surely not in this tier.
bool may_hold(const std::uint64_t* filter, std::uint32_t mask, std::uint64_t hash) noexcept {
  if (filter == nullptr) return true;
  const std::uint64_t bit = (hash >> 20) & mask;
  return (filter[bit / 64] >> (bit % 64) & 1) != 0;
}

}  // namespace

NameTable::NameTable(std::span<const ByteView> parts) noexcept : count_(parts.size()) {
  WAYMARK_ASSERT(count_ <= max_tiers);
  for (std::size_t i = 0; i < count_; ++i) {
    const auto& header = *at<layout::NamesHeader>(parts[i], sizeof(layout::PartHeader));
    Tier& tier = tiers_[i];
    tier.slots = at<std::uint64_t>(parts[i], header.slots_offset);
    tier.arena = at<Octet>(parts[i], header.arena_offset);
    if (header.filter_mask != 0) tier.filter = at<std::uint64_t>(parts[i], header.filter_offset);
    tier.arena_octets = header.arena_octets;
    tier.slot_mask = header.slot_mask;
    tier.filter_mask = header.filter_mask;
    tier.names = header.names;
    key_ = {header.hash_first, header.hash_second};
    max_labels_ = std::max(max_labels_, header.max_labels);
  }
}

std::size_t NameTable::names() const noexcept {
  std::size_t sum = 0;
  for (std::size_t i = 0; i < count_; ++i)
    sum += tiers_[i].names;
  return sum;
}

inline NodeView NameTable::look_up(const Octet* name, std::size_t octets,
                                   std::uint64_t hash) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    const Tier& tier = tiers_[i];
    if (!may_hold(tier.filter, tier.filter_mask, hash)) continue;
    for (std::uint64_t at = hash & tier.slot_mask; tier.slots[at] != 0;
         at = (at + 1) & tier.slot_mask) {
      if ((tier.slots[at] ^ hash) >> 32 != 0) continue;
      const NodeView node(node_of(tier.arena, tier.slots[at]));
      if (node.is(name, octets, hash)) return node;
    }
  }
  return NodeView();
}

NodeView NameTable::find(const Octet* name, std::size_t octets, std::uint64_t hash) const noexcept {
  const NodeView node = look_up(name, octets, hash);
  return node && !node.has(layout::node_tombstone) ? node : NodeView();
}

NodeView NameTable::newest(const Octet* name, std::size_t octets,
                           std::uint64_t hash) const noexcept {
  return look_up(name, octets, hash);
}

void NameTable::prefetch_slot(std::uint64_t hash) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    const Tier& tier = tiers_[i];
    if (tier.filter != nullptr)
      __builtin_prefetch(tier.filter + ((hash >> 20) & tier.filter_mask) / 64);
    __builtin_prefetch(tier.slots + (hash & tier.slot_mask));
  }
}

NodeView NameTable::prefetch_node(std::uint64_t hash) const noexcept {
  for (std::size_t i = 0; i < count_; ++i) {
    const Tier& tier = tiers_[i];
    if (!may_hold(tier.filter, tier.filter_mask, hash)) continue;
    for (std::uint64_t at = hash & tier.slot_mask; tier.slots[at] != 0;
         at = (at + 1) & tier.slot_mask) {
      if ((tier.slots[at] ^ hash) >> 32 != 0) continue;
      const layout::Node* node = node_of(tier.arena, tier.slots[at]);
      __builtin_prefetch(node);
      // One RRset seldom ends in the first line.
      __builtin_prefetch(reinterpret_cast<const Octet*>(node) + 64);
      return NodeView(node);
    }
  }
  return NodeView();
}

}  // namespace waymark::dns
