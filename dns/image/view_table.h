// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"
#include "dns/image/image_writer.h"
#include "dns/protocol/name.h"
#include "dns/protocol/name_hash.h"
#include "policy/range_map.h"

namespace waymark::dns {

// As it stands in the image; 8-aligned; offsets from the header. VPCs are counted from 1.
//
//   ┌─────────────┬─────────────────┬───────────┬─────────┬──────────┬───────────┬─────────────┐
//   │ ViewsHeader │ ranges → block: │ ViewBlock │ ViewVpc │ ViewApex │ u32 slots │ names,      │
//   │             │ range_map.h     │ × blocks  │ × vpcs  │ × apexes │ apex + 1  │ labels      │
//   └─────────────┴─────────────────┴───────────┴─────────┴──────────┴───────────┴─────────────┘
//
// An apex is found at hash & slot_mask or behind it; 0 is an empty slot, and there is one.
struct ViewsHeader {
  std::uint64_t hash_first, hash_second;  // HashKey: that of the tiers beside it
  policy::RangesHeader ranges;
  std::uint64_t first_block, first_vpc, first_apex, first_slot;
  std::uint32_t blocks, vpcs, apexes, slot_mask;
};
struct ViewBlock {
  std::uint32_t vpc;
  std::uint32_t parent;  // the next wider block; policy::no_row: none
  std::uint32_t length;  // of the prefix
};
struct ViewVpc {
  std::uint8_t listener[16];
  std::uint16_t port;
  std::uint8_t family;      // of the listener: 4, 6; 0: any listener will do
  std::uint8_t max_labels;  // of its apexes; where a walk to the longest one begins
  std::uint32_t label_offset, label_octets;
};
struct ViewApex {
  std::uint64_t hash;  // hash_name in Space::of(vpc)
  std::uint32_t vpc;
  std::uint32_t zone;  // ZoneNumber
  std::uint32_t name_offset;
  std::uint8_t name_octets, labels;
  std::uint16_t reserved;
};
static_assert(sizeof(ViewsHeader) == 104 && sizeof(ViewBlock) == 12);
static_assert(sizeof(ViewVpc) == 28 && sizeof(ViewApex) == 24);

/// One set of clients, and the private zones that they see.
struct VpcSpec {
  std::string label;  // for people
  std::vector<IpPrefix> prefixes;
  std::optional<Endpoint> listener;                // only questions that came there
  std::vector<std::pair<Name, ZoneNumber>> zones;  // no name twice
};
/// No prefix twice.
Bytes write_view_table(std::span<const VpcSpec> vpcs, const HashKey& key);

/// A Sight where nobody has a view: it costs nothing.
struct PublicSight {
  static constexpr Space space{};
  static constexpr std::uint32_t vpc = 0;
};

/// Client → VPC → its private zones: a view over checked bytes. Any thread.
class ViewTable {
 public:
  /// The VPC of a client, and the prefix that put it there.
  struct Match {
    std::uint32_t vpc = 0;  // 0: none
    std::uint8_t length = 0;
  };

  ViewTable() = default;  // nobody is in a VPC
  /// Checks every offset, count, name and order, and that each apex is found. Fails with
  /// `bad_image`.
  static Result<ViewTable> open(ByteView table);

  bool empty() const noexcept { return table_.empty(); }
  /// Whether it matters where a question came in.
  bool has_listeners() const noexcept { return has_listeners_; }
  HashKey key() const noexcept { return {header().hash_first, header().hash_second}; }

  /// The longest prefix around the source whose VPC takes questions that came to `local`.
  Match find(const IpAddress& source, const Endpoint& local) const noexcept;
  /// The longest of the VPC's private zones that the folded name is in; 0: none, it is public.
  ZoneNumber zone_of(std::uint32_t vpc, ByteView name, std::uint8_t labels) const noexcept;
  /// Both: what the client sees of a folded name.
  Sight look(const IpAddress& source, const Endpoint& local, ByteView name,
             std::uint8_t labels) const noexcept {
    const std::uint32_t vpc = find(source, local).vpc;
    return vpc == 0 ? Sight{} : Sight{Space::of(zone_of(vpc, name, labels)), vpc};
  }
  /// What people call that VPC.
  std::string_view label(std::uint32_t vpc) const noexcept;
  /// Where questions of that VPC must come in; none: anywhere.
  std::optional<Endpoint> listener(std::uint32_t vpc) const noexcept;

 private:
  explicit ViewTable(ByteView table) noexcept;

  const ViewsHeader& header() const noexcept {
    return *reinterpret_cast<const ViewsHeader*>(table_.data());
  }
  template <class T>
  const T* at(std::uint64_t offset) const noexcept {
    return reinterpret_cast<const T*>(table_.data() + offset);
  }
  const ViewVpc& vpc_at(std::uint32_t vpc) const noexcept {
    return at<ViewVpc>(header().first_vpc)[vpc - 1];
  }
  const ViewApex* find_apex(std::uint32_t vpc, ByteView name, std::uint64_t hash) const noexcept;
  const char* check() const noexcept;
  const char* check_blocks() const noexcept;
  const char* check_vpcs() const noexcept;
  const char* check_apexes() const noexcept;

  ByteView table_;
  bool has_listeners_ = false;
};

}  // namespace waymark::dns
