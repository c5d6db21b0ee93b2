// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/image/layout.h"
#include "dns/protocol/name.h"
#include "dns/protocol/name_hash.h"
#include "dns/protocol/rrset.h"

namespace waymark::dns {

using ZoneNumber = std::uint32_t;

/// A name outside the hosted zones that has no records to answer with.
struct OutsideSpec {
  Name name;
  bool unresolved = true;  // nobody has said yet (SERVFAIL); false: there are none (no data)
};

/// What one target of a policy answers: its own records, those of another name, or none.
using TargetSpec = std::variant<RRset, Name, OutsideSpec>;

/// What stands at one name for one type.
struct EntrySpec {
  struct Soa {};
  struct Targets {
    std::vector<TargetSpec> targets;
    Bytes policy;           // PolicyTree bytes; empty: one target, always chosen
    bool descends = false;  // one alias without a policy, whose health depends on the client
  };
  RrType type{};
  std::variant<RRset, Targets, Soa> content;
};

/// One name, ready to be written. With layout::node_private it stands in the space of its zone.
struct NodeSpec {
  Name name;
  ZoneNumber zone = 0;
  std::uint8_t cut_labels = 0;
  std::uint8_t flags = 0;  // layout::NodeFlags
  std::vector<EntrySpec> entries;
};

/// One node's block: position-independent, a multiple of 8 octets. Fails with `too_large` when a
/// set has more than 65,535 records or the block more than 16 MiB.
Result<Bytes> write_node(const NodeSpec& spec, const HashKey& key);
/// The block that says "absent", of the public names or those of a private zone.
Bytes write_tombstone(const Name& name, const HashKey& key, ZoneNumber private_zone = 0);
/// The name, hash and flags of a block made here.
Name node_name(ByteView block);

/// Collects blocks and lays out one tier.
class NamesWriter {
 public:
  explicit NamesWriter(const HashKey& key) : key_(key) {}

  /// Names must be added once each. The block is copied.
  void add(ByteView block);
  void reserve(std::size_t names, std::size_t octets);
  std::size_t names() const noexcept { return offsets_.size(); }
  /// With a filter when other tiers stand behind this one. Leaves the writer empty.
  Bytes finish(std::uint64_t part_id, bool with_filter);

 private:
  HashKey key_;
  Bytes arena_;
  std::vector<std::uint64_t> offsets_;
  std::uint32_t max_labels_ = 0;
};

struct ZoneSpec {
  ZoneNumber number = 0;
  Name name;
  std::uint32_t soa_ttl = 0;
  Bytes soa_rdata;  // wire; the last four octets are MINIMUM
};
Bytes write_zones(std::span<const ZoneSpec> zones, std::uint64_t part_id);

/// `table` as its own writer made it for that kind: latency, locations, cidrs or views.
Bytes write_table(layout::PartKind kind, ByteView table, std::uint64_t part_id);

struct SlotSpec {
  std::uint32_t slot = 0;
  std::string key;
};
Bytes write_slots(std::span<const SlotSpec> slots, std::uint64_t epoch, std::uint64_t part_id);

}  // namespace waymark::dns
