// SPDX-License-Identifier: Apache-2.0
#include "dns/image/view_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "dns/image/part_check.h"

namespace waymark::dns {
namespace {

bool takes(const ViewVpc& vpc, const Endpoint& local) noexcept {
  if (vpc.family == 0) return true;
  return vpc.port == local.port && vpc.family == static_cast<std::uint8_t>(local.address.family) &&
         std::memcmp(vpc.listener, local.address.octets.data(), sizeof vpc.listener) == 0;
}

}  // namespace

ViewTable::ViewTable(ByteView table) noexcept : table_(table) {}

ViewTable::Match ViewTable::find(const IpAddress& source, const Endpoint& local) const noexcept {
  const auto* blocks = at<ViewBlock>(header().first_block);
  for (std::uint32_t row = policy::find_row(table_, header().ranges, source).row;
       row != policy::no_row; row = blocks[row].parent)
    if (takes(vpc_at(blocks[row].vpc), local))
      return {blocks[row].vpc, static_cast<std::uint8_t>(blocks[row].length)};
  return {};
}

const ViewApex* ViewTable::find_apex(std::uint32_t vpc, ByteView name,
                                     std::uint64_t hash) const noexcept {
  const auto* slots = at<std::uint32_t>(header().first_slot);
  const auto* apexes = at<ViewApex>(header().first_apex);
  const std::uint32_t mask = header().slot_mask;
  for (std::uint64_t slot = hash & mask; slots[slot] != 0; slot = (slot + 1) & mask) {
    const ViewApex& apex = apexes[slots[slot] - 1];
    if (apex.hash == hash && apex.vpc == vpc && apex.name_octets == name.size() &&
        hashing::same_octets(at<Octet>(apex.name_offset), name.data(), name.size()))
      return &apex;
  }
  return nullptr;
}

ZoneNumber ViewTable::zone_of(std::uint32_t vpc, ByteView name,
                              std::uint8_t labels) const noexcept {
  const std::uint8_t most = vpc_at(vpc).max_labels;
  for (; labels > most; --labels)
    name = name.subspan(1U + name[0]);
  for (; labels > 0; --labels, name = name.subspan(1U + name[0]))
    if (const ViewApex* apex = find_apex(vpc, name, hash_name(name, key(), Space::of(vpc))))
      return apex->zone;
  return 0;
}

std::string_view ViewTable::label(std::uint32_t vpc) const noexcept {
  return as_text(table_.subspan(vpc_at(vpc).label_offset, vpc_at(vpc).label_octets));
}

std::optional<Endpoint> ViewTable::listener(std::uint32_t vpc) const noexcept {
  const ViewVpc& one = vpc_at(vpc);
  if (one.family == 0) return std::nullopt;
  Endpoint endpoint;
  endpoint.address.family = IpAddress::Family{one.family};
  std::copy_n(std::begin(one.listener), sizeof one.listener, endpoint.address.octets.begin());
  endpoint.port = one.port;
  return endpoint;
}

Result<ViewTable> ViewTable::open(ByteView table) {
  const auto bad = [](const char* what) {
    return Error(ErrorCode::bad_image, std::string("views: ") + what);
  };
  if (table.size() < sizeof(ViewsHeader)) return bad("header is cut short");
  if (reinterpret_cast<std::uintptr_t>(table.data()) % 8 != 0) return bad("is not aligned");
  ViewTable views(table);
  if (const char* fault = views.check()) return bad(fault);
  for (std::uint32_t vpc = 1; vpc <= views.header().vpcs; ++vpc)
    views.has_listeners_ |= views.vpc_at(vpc).family != 0;
  return views;
}

const char* ViewTable::check() const noexcept {
  const ViewsHeader& top = header();
  const std::uint64_t slots = std::uint64_t{top.slot_mask} + 1;
  if (!policy::fits(table_, top.first_block, top.blocks, sizeof(ViewBlock), 4) ||
      !policy::fits(table_, top.first_vpc, top.vpcs, sizeof(ViewVpc), 4) ||
      !policy::fits(table_, top.first_apex, top.apexes, sizeof(ViewApex), 8) ||
      !policy::fits(table_, top.first_slot, slots, 4, 4))
    return "a table is outside";
  if (const char* fault = policy::check_ranges(table_, top.ranges, top.blocks)) return fault;
  if (const char* fault = check_blocks()) return fault;
  if (const char* fault = check_vpcs()) return fault;
  return check_apexes();
}

const char* ViewTable::check_blocks() const noexcept {
  const auto* blocks = at<ViewBlock>(header().first_block);
  for (std::uint32_t i = 0; i < header().blocks; ++i) {
    if (blocks[i].vpc == 0 || blocks[i].vpc > header().vpcs) return "a block has no VPC";
    if (blocks[i].parent >= i && blocks[i].parent != policy::no_row) return "a block leads astray";
    if (blocks[i].length > 128) return "a prefix is too long";
  }
  return nullptr;
}

const char* ViewTable::check_vpcs() const noexcept {
  for (std::uint32_t vpc = 1; vpc <= header().vpcs; ++vpc) {
    const ViewVpc& one = vpc_at(vpc);
    if (one.family != 0 && one.family != 4 && one.family != 6) return "a listener has no family";
    if (!policy::fits(table_, one.label_offset, one.label_octets, 1, 1))
      return "a label is outside";
  }
  return nullptr;
}

/// Each apex has a slot of its own at which it is found, and no slot is left over: so every slot
/// names an apex, and a probe ends.
const char* ViewTable::check_apexes() const noexcept {
  const ViewsHeader& top = header();
  if (!std::has_single_bit(std::uint64_t{top.slot_mask} + 1)) return "slots are no power of two";
  if (top.apexes > top.slot_mask) return "no slot is empty";
  const auto* slots = at<std::uint32_t>(top.first_slot);
  const auto* apexes = at<ViewApex>(top.first_apex);
  std::uint32_t occupied = 0;
  for (std::uint64_t slot = 0; slot <= top.slot_mask; ++slot) {
    if (slots[slot] > top.apexes) return "a slot leads astray";
    occupied += slots[slot] != 0 ? 1 : 0;
  }
  if (occupied != top.apexes) return "slots are miscounted";
  std::uint64_t probes_left = 16 * (std::uint64_t{top.slot_mask} + 1);
  for (std::uint32_t i = 0; i < top.apexes; ++i) {
    const ViewApex& apex = apexes[i];
    if (apex.vpc == 0 || apex.vpc > top.vpcs) return "an apex has no VPC";
    if (apex.zone == 0) return "an apex has no zone";
    if (!policy::fits(table_, apex.name_offset, apex.name_octets, 1, 1)) return "a name is outside";
    const ByteView name = table_.subspan(apex.name_offset, apex.name_octets);
    std::size_t used = 0;
    if (count_labels(name, true, used) != apex.labels || used != name.size())
      return "a name is bad";
    if (apex.labels > vpc_at(apex.vpc).max_labels) return "an apex has too many labels";
    if (apex.hash != hash_name(name, key(), Space::of(apex.vpc))) return "a hash is not the name's";
    std::uint64_t slot = apex.hash & top.slot_mask;
    while (slots[slot] != 0 && slots[slot] != i + 1 && probes_left-- > 0)
      slot = (slot + 1) & top.slot_mask;
    if (slots[slot] != i + 1) return "an apex is not found";
  }
  return nullptr;
}

}  // namespace waymark::dns
