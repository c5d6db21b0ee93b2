// SPDX-License-Identifier: Apache-2.0
#include "dns/image/part_check.h"

#include <array>
#include <bit>

#include "dns/image/layout.h"
#include "dns/image/view_table.h"
#include "policy/tables.h"

namespace waymark::dns {
namespace {

using namespace layout;  // NOLINT(google-build-using-namespace): this file checks nothing else

template <class T>
const T& at(ByteView part, std::size_t offset) noexcept {
  return *reinterpret_cast<const T*>(part.data() + offset);
}

/// [offset, offset + count * width) stands inside, behind the header, aligned.
bool fits(ByteView part, std::uint64_t offset, std::uint64_t count, std::uint64_t width,
          std::uint64_t alignment) noexcept {
  return offset >= sizeof(PartHeader) && offset <= part.size() && offset % alignment == 0 &&
         count <= (part.size() - offset) / width;
}

Result<void> check_zones(ByteView part) {
  constexpr std::size_t table = sizeof(PartHeader) + sizeof(ZonesHeader);
  if (part.size() < table) return bad_part("zones header is cut short", part.size());
  const auto& header = at<ZonesHeader>(part, sizeof(PartHeader));
  if (!fits(part, table, header.zones, 4, 4)) return bad_part("zone table is cut short", table);
  std::uint32_t present = 0;
  for (std::uint32_t number = 0; number < header.zones; ++number) {
    const std::uint32_t offset = at<std::uint32_t>(part, table + std::size_t{number} * 4);
    if (offset == 0) continue;
    ++present;
    if (!fits(part, offset, 1, sizeof(Zone), 8)) return bad_part("zone is outside", offset);
    const auto& zone = at<Zone>(part, offset);
    const std::size_t rest = std::size_t{zone.name_octets} + zone.soa_rdata_octets;
    const std::size_t name_at = offset + sizeof(Zone);
    if (zone.number != number) return bad_part("zone has another number", offset);
    if (rest > part.size() - name_at) return bad_part("zone is cut short", offset);
    std::size_t used = 0;
    if (count_labels(part.subspan(name_at, zone.name_octets), true, used) != zone.labels ||
        used != zone.name_octets)
      return bad_part("zone name is bad", name_at);
    if (!is_soa_rdata(part.subspan(name_at + zone.name_octets, zone.soa_rdata_octets)))
      return bad_part("SOA RDATA is bad", name_at + zone.name_octets);
  }
  if (present != header.present) return bad_part("zones are miscounted", sizeof(PartHeader));
  return {};
}

Result<void> check_slots(ByteView part) {
  constexpr std::size_t table = sizeof(PartHeader) + sizeof(SlotsHeader);
  if (part.size() < table) return bad_part("slots header is cut short", part.size());
  const auto& header = at<SlotsHeader>(part, sizeof(PartHeader));
  if (!fits(part, table, header.slots, sizeof(SlotRecord), 8))
    return bad_part("slot records are cut short", table);
  for (std::size_t i = 0; i < header.slots; ++i) {
    const std::size_t offset = table + i * sizeof(SlotRecord);
    const auto& record = at<SlotRecord>(part, offset);
    if (i > 0 && record.slot <= at<SlotRecord>(part, offset - sizeof(SlotRecord)).slot)
      return bad_part("slots are out of order", offset);
    if (!fits(part, record.key_offset, record.key_octets, 1, 1))
      return bad_part("slot key is outside", offset);
  }
  return {};
}

/// A table that checks itself.
template <class Table>
Result<void> opens(ByteView part) {
  const auto table = Table::open(part.subspan(sizeof(PartHeader)));
  if (!table) return table.error();
  return {};
}

Result<void> check_names_header(ByteView part) {
  if (part.size() < sizeof(PartHeader) + sizeof(NamesHeader))
    return bad_part("names header is cut short", part.size());
  const auto& header = at<NamesHeader>(part, sizeof(PartHeader));
  const std::uint64_t slots = std::uint64_t{header.slot_mask} + 1;
  const std::uint64_t bits = header.filter_mask == 0 ? 0 : std::uint64_t{header.filter_mask} + 1;
  if (!std::has_single_bit(slots) || !fits(part, header.slots_offset, slots, 8, 8))
    return bad_part("slots are outside", header.slots_offset);
  if (header.names >= slots) return bad_part("no slot is empty", header.slots_offset);
  if (bits != 0 && (!std::has_single_bit(bits) || bits < 64 ||
                    !fits(part, header.filter_offset, bits / 64, 8, 8)))
    return bad_part("filter is outside", header.filter_offset);
  if (!fits(part, header.arena_offset, header.arena_octets, 1, 64) || header.arena_octets % 8 != 0)
    return bad_part("arena is outside", header.arena_offset);
  return {};
}

/// Nodes that have been checked and whose slots are on their way into the cache.
struct Pending {
  std::uint64_t hash, slot;
};

/// Walks a tier once: all nodes, and that each is found by its hash.
class NamesCheck {
 public:
  explicit NamesCheck(ByteView part) noexcept
      : part_(part),
        header_(at<NamesHeader>(part, sizeof(PartHeader))),
        slots_(&at<std::uint64_t>(part, header_.slots_offset)),
        filter_(&at<std::uint64_t>(part, header_.filter_mask == 0 ? 0 : header_.filter_offset)),
        probes_left_(16 * (std::uint64_t{header_.slot_mask} + 1)) {}

  Result<void> run() {
    const HashKey key{header_.hash_first, header_.hash_second};
    std::uint64_t names = 0;
    for (std::uint64_t offset = 0; offset < header_.arena_octets;) {
      const std::uint64_t left = header_.arena_octets - offset;
      const std::uint64_t place = header_.arena_offset + offset;
      if (left < sizeof(Node)) return bad_part("node is cut short", place);
      const auto& node = at<Node>(part_, place);
      if (node.octets < sizeof(Node) || node.octets > left || node.octets % 8 != 0)
        return bad_part("node has a bad length", place);
      std::size_t fault_at = 0;
      if (const char* fault = check_node(part_.subspan(place, node.octets), key, fault_at))
        return bad_part(fault, place + fault_at);
      if (node.labels > header_.max_labels) return bad_part("node has too many labels", place);
      if (!expect({node.hash, offset / 8 + 1})) return bad_part("node is not found", place);
      ++names;
      offset += node.octets;
    }
    if (!settle()) return bad_part("node is not found", header_.slots_offset);
    if (names != header_.names) return bad_part("names are miscounted", sizeof(PartHeader));
    return check_occupied();
  }

 private:
  /// The slot's cache miss is taken some nodes later.
  bool expect(Pending node) noexcept {
    __builtin_prefetch(slots_ + (node.hash & header_.slot_mask));
    pending_[count_++] = node;
    return count_ < pending_.size() || settle();
  }

  bool settle() noexcept {
    for (; count_ > 0; --count_)
      if (!is_found(pending_[count_ - 1])) return false;
    return true;
  }

  bool is_found(const Pending& node) noexcept {
    const std::uint64_t bit = (node.hash >> 20) & header_.filter_mask;
    if (header_.filter_mask != 0 && (filter_[bit / 64] >> (bit % 64) & 1) == 0) return false;
    const std::uint64_t wanted = (node.hash & ~std::uint64_t{0xFFFFFFFF}) | node.slot;
    if (node.slot > 0xFFFFFFFF) return false;
    for (std::uint64_t i = node.hash & header_.slot_mask; slots_[i] != 0;
         i = (i + 1) & header_.slot_mask) {
      if (slots_[i] == wanted) return true;
      if (probes_left_-- == 0) return false;  // a heap of collisions is not of our making
    }
    return false;
  }

  /// Every node has a slot of its own; so no more slots than names means that all point at nodes,
  /// and fewer names than slots that a probe ends.
  Result<void> check_occupied() const {
    std::uint64_t occupied = 0;
    for (std::uint64_t i = 0; i <= header_.slot_mask; ++i)
      occupied += slots_[i] != 0 ? 1 : 0;
    if (occupied != header_.names) return bad_part("slots are miscounted", header_.slots_offset);
    return {};
  }

  ByteView part_;
  const NamesHeader& header_;
  const std::uint64_t* slots_;
  const std::uint64_t* filter_;
  std::uint64_t probes_left_;
  std::array<Pending, 32> pending_{};
  std::size_t count_ = 0;
};

}  // namespace

Result<void> check_names(ByteView part) {
  if (auto header = check_names_header(part); !header) return header.error();
  return NamesCheck(part).run();
}

Result<void> check_part(ByteView part) {
  if (part.size() < sizeof(PartHeader)) return bad_part("part header is cut short", part.size());
  WAYMARK_ASSERT(reinterpret_cast<std::uintptr_t>(part.data()) % 8 == 0);
  const auto& header = at<PartHeader>(part, 0);
  if (header.magic != part_magic) return bad_part("magic number is wrong", 0);
  if (header.layout != layout_number)
    return bad_part(
        "layout " + std::to_string(header.layout) + " is not " + std::to_string(layout_number), 8);
  if (header.octets != part.size()) return bad_part("part has another length", 16);
  switch (header.kind) {
    case PartKind::names:
      return check_names(part);
    case PartKind::zones:
      return check_zones(part);
    case PartKind::slots:
      return check_slots(part);
    case PartKind::latency:
      return opens<policy::LatencyTable>(part);
    case PartKind::locations:
      return opens<policy::LocationTable>(part);
    case PartKind::cidrs:
      return opens<policy::CidrTables>(part);
    case PartKind::views:
      return opens<ViewTable>(part);
  }
  return bad_part("part kind is unknown", 12);
}

}  // namespace waymark::dns
