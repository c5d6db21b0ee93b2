// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/gate.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "zones/compile/name_key.h"

namespace waymark::zones {
namespace {

using dns::RrType;

std::string text_of(ByteView name) {
  return dns::Name::trusted(name).to_string();
}

bool is_under(ByteView name, ByteView apex) {
  return name.size() >= apex.size() && std::ranges::equal(name.last(apex.size()), apex) &&
         dns::Name::trusted(name).is_under(dns::Name::trusted(apex));
}

/// Addresses alone have a length that is known here; each stands in an RR of twelve octets more.
bool are_addresses(const dns::NodeView& node, RrType type, std::uint16_t octets) {
  const dns::layout::Entry* entry = node.find(type);
  if (entry == nullptr || entry->kind != dns::layout::EntryKind::records) return true;
  dns::layout::RecordsHeader header{};
  std::memcpy(&header, node.at(entry->offset), sizeof header);
  return header.stride == octets + 12;
}

/// What is wrong with a name, or null.
const char* fault_of(const dns::NodeView& node, const dns::Image& image) {
  const auto zone = image.zone(dns::ZoneNumber{node.zone()});
  if (!zone) return "is of a zone that is not there";
  if (!is_under(node.name(), zone->name)) return "is not in its zone";
  const bool is_apex = node.name().size() == zone->name.size();
  if (is_apex != node.has(dns::layout::node_apex))
    return is_apex ? "is an apex, and not marked as one" : "is marked as an apex, and is none";
  if (is_apex && node.find(RrType::SOA) == nullptr) return "is an apex without SOA";
  if (is_apex && node.find(RrType::NS) == nullptr) return "is an apex without NS";
  if (node.find(RrType::CNAME) != nullptr && node.entries().size() > 1)
    return "has other records beside its CNAME";  // RFC 1034 §3.6.2
  if (!are_addresses(node, RrType::A, 4) || !are_addresses(node, RrType::AAAA, 16))
    return "has an address of another length";
  if (node.has(dns::layout::node_delegation) && node.find(RrType::NS) == nullptr)
    return "is a delegation without NS";
  return nullptr;
}

bool is_found(const dns::NodeView& node, const dns::Image& image) {
  const ByteView name = node.name();
  const auto found = image.names().newest(name.data(), name.size(), node.header().hash);
  return found && &found.header() == &node.header();
}

Result<void> judge_tier(const dns::Image& image, std::size_t tier) {
  Result<void> verdict;
  image.names().for_each(tier, [&](const dns::NodeView& node) {
    if (!verdict) return;
    const char* fault = nullptr;
    if (tier == 0 && !is_found(node, image))  // in another one a newer one may hide it
      fault = "stands there twice";
    else if (!node.has(dns::layout::node_tombstone))
      fault = fault_of(node, image);
    if (fault != nullptr)
      verdict = Error(ErrorCode::bad_image, "the name " + text_of(node.name()) + " " + fault);
  });
  return verdict;
}

/// The apex may stand among the public names or in the space of its zone.
bool has_apex(const dns::Image& image, const dns::ZoneView& zone) {
  for (const std::uint32_t space : {std::uint32_t{0}, std::uint32_t{zone.number}}) {
    const std::uint64_t hash =
        dns::hash_name(zone.name, image.names().key(), dns::Space::of(space));
    const dns::NodeView node = image.names().find(zone.name.data(), zone.name.size(), hash);
    if (node && node.zone() == zone.number) return true;
  }
  return false;
}

bool is_as_before(const dns::ZoneView& zone, const dns::Image& before) {
  const auto was = before.zone(zone.number);
  return was && std::ranges::equal(was->name, zone.name) &&
         std::ranges::equal(was->soa_rdata, zone.soa_rdata);
}

/// Greater than the number of any zone.
dns::ZoneNumber zones_end(const dns::Image& image) {
  for (const auto& part : image.parts()) {
    if (part->kind() != dns::layout::PartKind::zones) continue;
    dns::layout::ZonesHeader header{};
    std::memcpy(&header, part->view().data() + sizeof(dns::layout::PartHeader), sizeof header);
    return header.zones;
  }
  return 0;
}

Result<void> judge_zones(const dns::Image& next, const dns::Image& before) {
  const dns::ZoneNumber end = zones_end(next);
  for (dns::ZoneNumber number = 0; number < end; ++number) {
    const auto zone = next.zone(number);
    if (zone && !is_as_before(*zone, before) && !has_apex(next, *zone))
      return Error(ErrorCode::bad_image, "the zone " + text_of(zone->name) + " has no apex");
  }
  return {};
}

bool has_part(const dns::Image& image, const dns::PartId& wanted) {
  const auto& parts = image.manifest().parts;
  return std::ranges::find(parts, wanted) != parts.end();
}

}  // namespace

Result<void> judge(const dns::Image& next, const dns::Image& before) {
  std::size_t tier = 0;
  bool base_is_new = false;
  for (const dns::PartId& part : next.manifest().parts) {
    if (part.kind != dns::layout::PartKind::names) continue;
    base_is_new = !has_part(before, part);  // the last one is the base
    if (base_is_new)
      if (auto sound = judge_tier(next, tier); !sound) return sound;
    ++tier;
  }
  // A base that was made anew may have lost a zone that did not change.
  return judge_zones(next, base_is_new ? dns::Image() : before);
}

}  // namespace waymark::zones
