// SPDX-License-Identifier: Apache-2.0
#include "dns/image/image_writer.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

namespace waymark::dns {
namespace {

using namespace layout;  // NOLINT(google-build-using-namespace): this file writes nothing else

constexpr std::size_t max_block_octets = std::size_t{16} << 20;
constexpr std::size_t names_start = 128;  // the arena begins on a line of its own
constexpr std::size_t line = 64;

template <class T>
void put(Bytes& out, std::size_t at, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(out.data() + at, &value, sizeof(T));
}
template <class T>
T get(ByteView from, std::size_t at) {
  T value;
  std::memcpy(&value, from.data() + at, sizeof(T));
  return value;
}
void append(Bytes& out, ByteView octets) {
  out.insert(out.end(), octets.begin(), octets.end());
}
void align(Bytes& out, std::size_t to) {
  out.resize((out.size() + to - 1) / to * to);
}
std::uint32_t u32(std::size_t value) {
  return static_cast<std::uint32_t>(value);
}
std::uint16_t u16(std::size_t value) {
  return static_cast<std::uint16_t>(value);
}

Error too_large(std::size_t count, const char* of, std::size_t limit) {
  return {ErrorCode::too_large, std::to_string(count) + " " + of +
                                    " do not fit one name; use at most " + std::to_string(limit)};
}

PartHeader part_header(PartKind kind, std::size_t octets, std::uint64_t id) {
  return {part_magic, layout_number, kind, octets, id};
}

/// All RRs of the set have one length that a stride can tell.
bool is_uniform(const RRset& set) {
  const std::size_t first = set.rdata.front().size();
  return first + 12 <= 0xFFFF && std::all_of(set.rdata.begin(), set.rdata.end(),
                                             [&](const Bytes& r) { return r.size() == first; });
}

Result<void> append_records(Bytes& out, const RRset& set) {
  WAYMARK_ASSERT(!set.rdata.empty());
  if (set.rdata.size() > 0xFFFF) return too_large(set.rdata.size(), "records", 0xFFFF);
  std::size_t octets = 0;
  for (const Bytes& rdata : set.rdata) {
    if (rdata.size() > 0xFFFF) return too_large(rdata.size(), "octets of RDATA", 0xFFFF);
    octets += 12 + rdata.size();
  }
  if (octets > max_block_octets) return too_large(octets, "octets of records", max_block_octets);

  const std::size_t count = set.rdata.size();
  const std::uint16_t stride = is_uniform(set) ? u16(octets / count) : std::uint16_t{0};
  std::size_t at = out.size();
  std::size_t start_at = at + sizeof(RecordsHeader);
  const std::size_t first = start_at + (stride == 0 ? 4 * count : 0);
  out.resize(first + octets);
  put(out, at, RecordsHeader{u32(octets), u16(count), stride});

  at = first;
  for (const Bytes& rdata : set.rdata) {
    if (stride == 0) put(out, start_at, u32(at - first)), start_at += 4;
    Octet* rr = out.data() + at;
    store16(rr, 0xC00C);  // the question's name, RFC 1035 §4.1.4
    store16(rr + 2, static_cast<std::uint16_t>(set.type));
    store16(rr + 4, static_cast<std::uint16_t>(RrClass::IN));
    store32(rr + 6, set.ttl);
    store16(rr + 10, u16(rdata.size()));
    std::copy(rdata.begin(), rdata.end(), rr + 12);
    at += 12 + rdata.size();
  }
  return {};
}

/// What the hash of a name in the node is.
struct Hash {
  const HashKey& key;
  Space space;
  std::uint64_t operator()(ByteView name) const noexcept { return hash_name(name, key, space); }
};

Result<void> append_targets(Bytes& out, const EntrySpec::Targets& spec, const Hash& hash) {
  WAYMARK_ASSERT(!spec.targets.empty());
  WAYMARK_ASSERT(spec.targets.size() == 1 || !spec.policy.empty());
  if (spec.targets.size() > 0xFFFF) return too_large(spec.targets.size(), "targets", 0xFFFF);
  const std::size_t start = out.size();
  const std::size_t table = start + sizeof(TargetsHeader);
  out.resize(table + spec.targets.size() * sizeof(Target));
  const std::size_t policy_at = out.size();
  append(out, spec.policy);
  put(out, start,
      TargetsHeader{u16(spec.targets.size()), static_cast<std::uint16_t>(spec.descends ? 1 : 0),
                    u32(policy_at - start), u32(spec.policy.size())});

  for (std::size_t i = 0; i < spec.targets.size(); ++i) {
    align(out, 4);
    const std::size_t at = out.size();
    Target target{TargetKind::records, u32(at - start), 0, 0, 0};
    if (const auto* set = std::get_if<RRset>(&spec.targets[i])) {
      if (auto done = append_records(out, *set); !done) return done.error();
    } else if (const auto* outside = std::get_if<OutsideSpec>(&spec.targets[i])) {
      append(out, outside->name.wire());
      target.kind = TargetKind::outside;
      target.unresolved = outside->unresolved ? 1 : 0;
    } else {
      const Name& name = std::get<Name>(spec.targets[i]);
      append(out, name.wire());
      target.kind = TargetKind::go_on;
      target.hash = hash(name.wire());
    }
    target.octets = u32(out.size() - at);
    put(out, table + i * sizeof(Target), target);
    if (out.size() > max_block_octets) break;
  }
  return {};
}

/// Appends what the entry holds and says where.
Result<Entry> append_entry(Bytes& out, const EntrySpec& spec, const Hash& hash) {
  Entry entry{static_cast<std::uint16_t>(spec.type), EntryKind::soa, 0, 0, 0};
  if (std::holds_alternative<EntrySpec::Soa>(spec.content)) return entry;
  align(out, 4);
  Result<void> done;
  if (const auto* set = std::get_if<RRset>(&spec.content)) {
    entry.kind = EntryKind::records;
    entry.offset = u32(out.size());
    done = append_records(out, *set);
  } else {
    // The targets that follow the header of 12 octets at once are 8-aligned.
    while (out.size() % 8 != 4)
      out.push_back(0);
    entry.kind = EntryKind::targets;
    entry.offset = u32(out.size());
    done = append_targets(out, std::get<EntrySpec::Targets>(spec.content), hash);
  }
  if (!done) return done.error();
  if (out.size() > max_block_octets) return too_large(out.size(), "octets", max_block_octets);
  entry.octets = u32(out.size()) - entry.offset;
  return entry;
}

/// Octets of a block without the padding that a tier put behind it.
std::size_t used_octets(ByteView block) {
  const auto node = get<Node>(block, 0);
  std::size_t end = sizeof(Node) + node.entries * sizeof(Entry) + node.name_octets;
  for (std::size_t i = 0; i < node.entries; ++i) {
    const auto entry = get<Entry>(block, sizeof(Node) + i * sizeof(Entry));
    end = std::max(end, std::size_t{entry.offset} + entry.octets);
  }
  return (end + 7) / 8 * 8;
}

/// A load of at most 0.6, so that a probe is short and always ends.
std::size_t slots_for(std::size_t names) {
  return std::bit_ceil(names * 5 / 3 + 2);
}
/// About one false "maybe" in 16 to 32.
std::size_t filter_bits_for(std::size_t names) {
  return std::clamp(std::bit_ceil(names * 16), std::size_t{64}, std::size_t{1} << 32);
}

}  // namespace

Result<Bytes> write_node(const NodeSpec& spec, const HashKey& key) {
  std::vector<const EntrySpec*> entries;
  for (const EntrySpec& entry : spec.entries)
    entries.push_back(&entry);
  std::sort(entries.begin(), entries.end(),
            [](const auto* a, const auto* b) { return a->type < b->type; });
  WAYMARK_ASSERT(
      std::adjacent_find(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
        return a->type == b->type;
      }) == entries.end());

  const bool is_private = (spec.flags & node_private) != 0;
  WAYMARK_ASSERT(!is_private || spec.zone != 0);
  const Hash hash{key, Space::of(is_private ? spec.zone : 0)};
  const ByteView name = spec.name.wire();
  Bytes block(sizeof(Node) + entries.size() * sizeof(Entry));
  append(block, name);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto entry = append_entry(block, *entries[i], hash);
    if (!entry) return entry.error();
    put(block, sizeof(Node) + i * sizeof(Entry), *entry);
  }
  align(block, 8);
  put(block, 0,
      Node{hash(name), spec.zone, u32(block.size()), u16(entries.size()),
           static_cast<std::uint8_t>(name.size()), spec.name.labels(), spec.cut_labels, spec.flags,
           0});
  return block;
}

Bytes write_tombstone(const Name& name, const HashKey& key, ZoneNumber private_zone) {
  NodeSpec spec;
  spec.name = name;
  spec.zone = private_zone;
  spec.flags = node_tombstone;
  if (private_zone != 0) spec.flags |= node_private;
  return *write_node(spec, key);
}

Name node_name(ByteView block) {
  const auto node = get<Node>(block, 0);
  return Name::trusted(
      block.subspan(sizeof(Node) + node.entries * sizeof(Entry), node.name_octets));
}

void NamesWriter::reserve(std::size_t names, std::size_t octets) {
  offsets_.reserve(names);
  // Pages that padding does not need are never touched.
  arena_.reserve(names_start + octets + octets / 4 + slots_for(names) * 8 +
                 filter_bits_for(names) / 8 + 2 * line);
}

void NamesWriter::add(ByteView block) {
  if (arena_.empty()) arena_.resize(names_start);
  const std::size_t octets = used_octets(block);
  const std::size_t in_line = arena_.size() % line;
  if (octets <= line && in_line + octets > line) {
    // A small node stays in one cache line: the one before it takes the rest of the line.
    const std::size_t before = names_start + offsets_.back();
    auto node = get<Node>(arena_, before);
    node.octets += u32(line - in_line);
    put(arena_, before, node);
    align(arena_, line);
  }
  const std::size_t at = arena_.size();
  WAYMARK_ASSERT((at - names_start) / 8 < 0xFFFFFFFF);
  append(arena_, block.first(octets));
  auto node = get<Node>(block, 0);
  node.octets = u32(octets);
  put(arena_, at, node);
  offsets_.push_back(at - names_start);
  max_labels_ = std::max<std::uint32_t>(max_labels_, node.labels);
}

Bytes NamesWriter::finish(std::uint64_t part_id, bool with_filter) {
  const std::size_t slots = slots_for(offsets_.size());
  const std::size_t filter_bits = with_filter ? filter_bits_for(offsets_.size()) : 0;
  Bytes part = std::exchange(arena_, {});
  part.resize(std::max(part.size(), names_start));
  const std::size_t arena_octets = part.size() - names_start;
  align(part, line);
  const std::size_t slots_at = part.size();
  const std::size_t filter_at = slots_at + slots * 8;
  part.resize(filter_at + filter_bits / 8);

  for (const std::uint64_t offset : offsets_) {
    const auto node = get<Node>(part, names_start + offset);
    std::size_t slot = node.hash & (slots - 1);
    while (get<std::uint64_t>(part, slots_at + slot * 8) != 0)
      slot = (slot + 1) & (slots - 1);
    put(part, slots_at + slot * 8, (node.hash & ~std::uint64_t{0xFFFFFFFF}) | (offset / 8 + 1));
    if (filter_bits == 0) continue;
    const std::size_t bit = (node.hash >> 20) & (filter_bits - 1);
    const std::size_t word_at = filter_at + bit / 64 * 8;
    put(part, word_at, get<std::uint64_t>(part, word_at) | std::uint64_t{1} << (bit % 64));
  }
  put(part, 0, part_header(PartKind::names, part.size(), part_id));
  put(part, sizeof(PartHeader),
      NamesHeader{key_.first, key_.second, filter_bits == 0 ? 0 : filter_at, slots_at, names_start,
                  arena_octets, filter_bits == 0 ? 0 : u32(filter_bits - 1), u32(slots - 1),
                  u32(offsets_.size()), max_labels_});
  offsets_.clear();
  max_labels_ = 0;
  return part;
}

Bytes write_zones(std::span<const ZoneSpec> zones, std::uint64_t part_id) {
  std::uint32_t length = 0;
  for (const ZoneSpec& zone : zones)
    length = std::max(length, zone.number + 1);
  const std::size_t table = sizeof(PartHeader) + sizeof(ZonesHeader);
  Bytes part(table + std::size_t{length} * 4);
  put(part, sizeof(PartHeader), ZonesHeader{length, u32(zones.size())});
  for (const ZoneSpec& zone : zones) {
    WAYMARK_ASSERT(zone.soa_rdata.size() >= 22 && zone.soa_rdata.size() <= 0xFFFF);
    align(part, 8);
    WAYMARK_ASSERT(part.size() <= 0xFFFFFFFF);
    put(part, table + std::size_t{zone.number} * 4, u32(part.size()));
    const std::uint32_t minimum = load32(zone.soa_rdata.data() + zone.soa_rdata.size() - 4);
    const std::size_t at = part.size();
    part.resize(at + sizeof(Zone));
    put(part, at,
        Zone{zone.number, zone.soa_ttl, std::min(zone.soa_ttl, minimum), u16(zone.soa_rdata.size()),
             static_cast<std::uint8_t>(zone.name.octets()), zone.name.labels()});
    append(part, zone.name.wire());
    append(part, zone.soa_rdata);
  }
  align(part, 8);
  put(part, 0, part_header(PartKind::zones, part.size(), part_id));
  return part;
}

Bytes write_table(PartKind kind, ByteView table, std::uint64_t part_id) {
  Bytes part(sizeof(PartHeader));
  append(part, table);
  put(part, 0, part_header(kind, part.size(), part_id));
  return part;
}

Bytes write_slots(std::span<const SlotSpec> slots, std::uint64_t epoch, std::uint64_t part_id) {
  std::vector<const SlotSpec*> sorted;
  for (const SlotSpec& slot : slots)
    sorted.push_back(&slot);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->slot < b->slot; });
  const std::size_t table = sizeof(PartHeader) + sizeof(SlotsHeader);
  Bytes part(table + sorted.size() * sizeof(SlotRecord));
  put(part, sizeof(PartHeader), SlotsHeader{epoch, u32(sorted.size()), 0});
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const std::string& text = sorted[i]->key;
    put(part, table + i * sizeof(SlotRecord),
        SlotRecord{sorted[i]->slot, u32(part.size()), u32(text.size()), 0});
    append(part, as_octets(text));
  }
  put(part, 0, part_header(PartKind::slots, part.size(), part_id));
  return part;
}

}  // namespace waymark::dns
