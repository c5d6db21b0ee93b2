// SPDX-License-Identifier: Apache-2.0
//
// Every structure of a part, as it stands in memory and in DATA_DIR/images. Native byte order;
// RRs and names inside are wire octets. A part refers to itself by offsets from its first octet,
// never by pointer, and never to another part: zones and names are found by number and by hash.
// Any change here raises `layout_number`.
//
//   generation = manifest + parts
//
//   names part (a tier)                      zones part              latency part
//   ┌──────────────────────┐                 ┌───────────────┐       ┌────────────────────────┐
//   │ PartHeader           │                 │ PartHeader    │       │ PartHeader             │
//   │ NamesHeader          │                 │ ZonesHeader   │       │ LatencyHeader          │
//   ├──────────────────────┤ 64-aligned      ├───────────────┤       ├────────────────────────┤
//   │ arena of nodes, each │                 │ u32 offset of │       │ what policy/           │
//   │ 8-aligned            │                 │ a Zone, by    │       │ latency_table.h draws; │
//   ├──────────────────────┤ 64-aligned      │ ZoneNumber; 0:│       │ locations, cidrs: the  │
//   │ slots: u64 each      │                 │ no such zone  │       │ same with location.h … │
//   │  high 32 bits: hash  │                 ├───────────────┤       └────────────────────────┘
//   │  low 32: offset/8 + 1│                 │ Zone, name,   │       views: view_table.h
//   │  0: empty            │                 │ SOA RDATA     │       slots part: see SlotsHeader
//   ├──────────────────────┤                 │ …             │
//   │ filter: bits         │                 └───────────────┘
//   │ (none: filter_mask 0)│
//   └──────────────────────┘
//
//   node: one contiguous block; a small one is a cache line
//   ┌──────────┬──────────────────┬──────┬──────────────────────────────────────────────┐
//   │ Node     │ Entry × entries  │ name │ payloads, 4-aligned: RecordsHeader + RRs, or  │
//   │ 24       │ 12 each, by type │      │ TargetsHeader + Target × n + policy + …       │
//   └──────────┴──────────────────┴──────┴──────────────────────────────────────────────┘
#pragma once

#include <cstdint>
#include <type_traits>

namespace waymark::dns::layout {

constexpr std::uint32_t layout_number = 4;
constexpr std::uint64_t part_magic = 0x31544B4D59415700;  // changes never; the number above does

enum class PartKind : std::uint32_t {
  names = 1,
  zones = 2,
  latency = 3,
  slots = 4,
  locations = 5,
  cidrs = 6,
  views = 7
};

struct PartHeader {
  std::uint64_t magic;
  std::uint32_t layout;
  PartKind kind;
  std::uint64_t octets;  // of the whole part
  std::uint64_t id;      // unique in this data directory, never reused
};

// ---- names ----

struct NamesHeader {
  std::uint64_t hash_first, hash_second;  // HashKey: equal in all tiers of a generation
  std::uint64_t filter_offset, slots_offset, arena_offset, arena_octets;
  std::uint32_t filter_mask;  // bits - 1 of a power of two; 0: no filter
  std::uint32_t slot_mask;    // slots - 1 of a power of two; at least one slot stays empty
  std::uint32_t names;        // nodes, tombstones included
  std::uint32_t max_labels;   // of any node; where a walk for the closest encloser begins
};
// Filter bit of a hash: (hash >> 20) & filter_mask. Slot: hash & slot_mask, then the next ones.
// A slot's low half is (offset of the node from arena_offset) / 8 + 1.

enum NodeFlags : std::uint8_t {
  node_tombstone = 1,       // this name is absent, whatever an older tier says; no entries
  node_delegation = 2,      // NS of a cut below the apex: answers are referrals (but DS)
  node_wildcard_child = 4,  // "*.<this name>" exists
  node_apex = 8,            // the zone's own name
  node_dname = 16,          // has a DNAME: nothing stands below, names there go on at its target
  node_private = 32,        // in the space of its zone, which is private; tombstones too
};

struct Node {
  std::uint64_t hash;        // hash_name of the name, in its space
  std::uint32_t zone;        // ZoneNumber
  std::uint32_t octets;      // of the whole block, a multiple of 8
  std::uint16_t entries;     // sorted by type; 0 for an empty non-terminal
  std::uint8_t name_octets;  // of the wire name that follows the entries
  std::uint8_t labels;       // without the root
  std::uint8_t cut_labels;   // > 0: this node stands at or below the cut of that many labels
  std::uint8_t flags;        // NodeFlags
  std::uint16_t reserved;
};

enum class EntryKind : std::uint8_t {
  records = 1,  // RecordsHeader
  targets = 2,  // TargetsHeader: an alias, or a policy that chooses
  soa = 3,      // the SOA of the node's zone, in the zones part; no payload
};

struct Entry {
  std::uint16_t type;
  EntryKind kind;
  std::uint8_t reserved;
  std::uint32_t offset;  // of the payload, from the node
  std::uint32_t octets;  // of the payload
};

/// An RRset as wire RRs that follow at once: owner C00C, TYPE, CLASS, TTL, RDLENGTH, RDATA.
/// With `stride` all RRs have that many octets; else `records` u32 starts (from the first RR)
/// stand between header and RRs.
struct RecordsHeader {
  std::uint32_t octets;   // of the RRs
  std::uint16_t records;  // at least 1
  std::uint16_t stride;   // 0: see above
};

/// Targets of a routing policy, or one alias. With `policy_octets` 0 there is one target only.
/// The Targets follow at once and are 8-aligned: this header stands 4 octets behind a multiple
/// of 8.
struct TargetsHeader {
  std::uint16_t targets;
  std::uint16_t descends;       // 1: one alias without a policy, whose health depends on the client
  std::uint32_t policy_offset;  // from this header; PolicyTree bytes
  std::uint32_t policy_octets;
};

enum class TargetKind : std::uint32_t {
  records = 1,  // offset: a RecordsHeader
  go_on = 2,    // offset: a wire name, hash beside it; answer with the records of that name
  outside = 3,  // offset: a wire name outside the hosted zones, of which no records are known
};

struct Target {
  TargetKind kind;
  std::uint32_t offset;  // from the TargetsHeader
  std::uint32_t octets;
  std::uint32_t unresolved;  // outside: 1: nobody has said yet whether there are any: SERVFAIL
  std::uint64_t hash;        // go_on: hash_name of the target, in the node's space
};

// ---- zones ----

struct ZonesHeader {
  std::uint32_t zones;    // length of the offset table: highest ZoneNumber + 1
  std::uint32_t present;  // zones that exist
};

struct Zone {
  std::uint32_t number;
  std::uint32_t soa_ttl;       // of a positive answer
  std::uint32_t negative_ttl;  // min(TTL, MINIMUM), RFC 2308 §3
  std::uint16_t soa_rdata_octets;
  std::uint8_t name_octets;
  std::uint8_t labels;
  // then: the wire name, the SOA's RDATA; padded to 8
};

// ---- latency, locations, cidrs, views: PartHeader, then what policy/latency_table.h, location.h,
// cidr_table.h and dns/image/view_table.h draw ----

// ---- slots: which health bit means what, so that a restarted control process goes on ----

struct SlotsHeader {
  std::uint64_t epoch;  // raised when numbers are given out anew from nothing
  std::uint32_t slots;  // SlotRecords that follow the header
  std::uint32_t reserved;
  // then SlotRecord × slots, sorted by slot; then the key texts
};
struct SlotRecord {
  std::uint32_t slot;
  std::uint32_t key_offset;  // from the part; what the bit stands for, e.g. "check/<id>"
  std::uint32_t key_octets;
  std::uint32_t reserved;
};

static_assert(sizeof(PartHeader) == 32 && sizeof(NamesHeader) == 64 && sizeof(Node) == 24);
static_assert(sizeof(Entry) == 12 && sizeof(RecordsHeader) == 8 && sizeof(Target) == 24);
static_assert(sizeof(TargetsHeader) == 12 && sizeof(Zone) == 16);
static_assert(std::is_trivially_copyable_v<Node> && std::is_standard_layout_v<Node>);

}  // namespace waymark::dns::layout
