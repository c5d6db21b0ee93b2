// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "dns/image/layout.h"
#include "dns/protocol/name_hash.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

/// A checked node of a mapped tier. A view: valid while its image is.
class NodeView {
 public:
  explicit NodeView(const layout::Node* node = nullptr) noexcept : node_(node) {}

  explicit operator bool() const noexcept { return node_ != nullptr; }
  const layout::Node& header() const noexcept { return *node_; }
  std::uint32_t zone() const noexcept { return node_->zone; }
  /// Number of the private zone in whose space it is; 0: it is public.
  std::uint32_t private_zone() const noexcept { return has(layout::node_private) ? zone() : 0; }
  bool has(layout::NodeFlags flag) const noexcept { return (node_->flags & flag) != 0; }
  std::span<const layout::Entry> entries() const noexcept {
    return {reinterpret_cast<const layout::Entry*>(node_ + 1), node_->entries};
  }
  /// The entry of that type, or null.
  const layout::Entry* find(RrType type) const noexcept {
    for (const layout::Entry& entry : entries())
      if (entry.type >= static_cast<std::uint16_t>(type))
        return entry.type == static_cast<std::uint16_t>(type) ? &entry : nullptr;
    return nullptr;
  }
  ByteView name() const noexcept {
    return {reinterpret_cast<const Octet*>(node_ + 1) + node_->entries * sizeof(layout::Entry),
            node_->name_octets};
  }
  /// Whether it is the node of that folded wire name, in the space that the hash was made for.
  bool is(const Octet* wire, std::size_t octets, std::uint64_t hash) const noexcept {
    return node_->hash == hash && node_->name_octets == octets &&
           hashing::same_octets(name().data(), wire, octets);
  }
  const Octet* at(std::uint32_t offset) const noexcept {
    return reinterpret_cast<const Octet*>(node_) + offset;
  }
  ByteView block() const noexcept { return {reinterpret_cast<const Octet*>(node_), node_->octets}; }

 private:
  const layout::Node* node_;
};

/// The tiers of a generation as one table: hash of the whole name, in its space → node. A view.
class NameTable {
 public:
  static constexpr std::size_t max_tiers = 4;

  NameTable() = default;
  /// `parts` are checked names parts, newest first.
  explicit NameTable(std::span<const ByteView> parts) noexcept;

  const HashKey& key() const noexcept { return key_; }
  /// Most labels of any name; a longer question has no exact match.
  std::uint32_t max_labels() const noexcept { return max_labels_; }
  std::size_t names() const noexcept;  // tombstones and shadowed nodes counted too

  /// The node of a folded wire name, or none. A tombstone in a newer tier is "none".
  NodeView find(const Octet* name, std::size_t octets, std::uint64_t hash) const noexcept;
  /// What the newest tier that knows the name says, be it a tombstone.
  NodeView newest(const Octet* name, std::size_t octets, std::uint64_t hash) const noexcept;
  /// Starts the cache misses of a look-up early: first the slot, then the node.
  void prefetch_slot(std::uint64_t hash) const noexcept;
  /// Says which node that is; none: no name has that hash.
  NodeView prefetch_node(std::uint64_t hash) const noexcept;
  /// find(), beginning at what prefetch_node() gave for that hash.
  NodeView find_from(NodeView candidate, const Octet* name, std::size_t octets,
                     std::uint64_t hash) const noexcept {
    if (!candidate) return candidate;
    if (!candidate.is(name, octets, hash)) return find(name, octets, hash);
    return candidate.has(layout::node_tombstone) ? NodeView() : candidate;
  }

  std::size_t tiers() const noexcept { return count_; }
  /// Calls `visit(NodeView)` for every node of one tier, tombstones too, in arena order.
  template <class Visit>
  void for_each(std::size_t tier, Visit&& visit) const {
    for (std::uint64_t at = 0; at < tiers_[tier].arena_octets;) {
      const auto* node = reinterpret_cast<const layout::Node*>(tiers_[tier].arena + at);
      visit(NodeView(node));
      at += node->octets;
    }
  }

 private:
  struct Tier {
    const std::uint64_t* slots = nullptr;
    const Octet* arena = nullptr;
    const std::uint64_t* filter = nullptr;
    std::uint64_t arena_octets = 0;
    std::uint32_t slot_mask = 0, filter_mask = 0;
    std::uint32_t names = 0;
  };

  NodeView look_up(const Octet* name, std::size_t octets, std::uint64_t hash) const noexcept;

  std::array<Tier, max_tiers> tiers_{};
  std::size_t count_ = 0;
  HashKey key_;
  std::uint32_t max_labels_ = 0;
};

}  // namespace waymark::dns
