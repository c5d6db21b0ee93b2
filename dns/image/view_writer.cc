// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bit>
#include <cstring>

#include "dns/image/view_table.h"
#include "policy/range_writer.h"

namespace waymark::dns {
namespace {

std::uint32_t u32(std::size_t value) {
  return static_cast<std::uint32_t>(value);
}
void align(Bytes& out) {
  out.resize((out.size() + 7) / 8 * 8);
}

template <class T>
std::uint64_t append_all(Bytes& out, const std::vector<T>& all) {
  align(out);
  const std::uint64_t at = out.size();
  for (const T& one : all)
    policy::append_value(out, one);
  return at;
}

std::uint32_t append_text(Bytes& out, ByteView text) {
  const std::uint32_t at = u32(out.size());
  out.insert(out.end(), text.begin(), text.end());
  return at;
}

struct Prefix {
  IpPrefix prefix;
  std::uint32_t vpc;
};

/// Blocks in the order of their prefixes, wider ones first, so that a parent comes before.
std::vector<ViewBlock> nest(const std::vector<Prefix>& prefixes) {
  std::vector<ViewBlock> blocks;
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < prefixes.size(); ++i) {
    const IpAddress& address = prefixes[i].prefix.address;
    const auto around = [&](const IpPrefix& wider) {
      return wider.address.family == address.family && wider.contains(address);
    };
    while (!open.empty() && !around(prefixes[open.back()].prefix))
      open.pop_back();
    blocks.push_back(
        {prefixes[i].vpc, open.empty() ? policy::no_row : open.back(), prefixes[i].prefix.length});
    open.push_back(i);
  }
  return blocks;
}

std::vector<Prefix> sorted_prefixes(std::span<const VpcSpec> vpcs) {
  std::vector<Prefix> prefixes;
  for (std::size_t i = 0; i < vpcs.size(); ++i)
    for (const IpPrefix& prefix : vpcs[i].prefixes)
      prefixes.push_back({prefix, u32(i) + 1});
  std::sort(prefixes.begin(), prefixes.end(),
            [](const Prefix& a, const Prefix& b) { return a.prefix < b.prefix; });
  return prefixes;
}

ViewVpc vpc_of(const VpcSpec& spec, Bytes& out) {
  ViewVpc vpc{};
  if (spec.listener) {
    std::copy(spec.listener->address.octets.begin(), spec.listener->address.octets.end(),
              std::begin(vpc.listener));
    vpc.port = spec.listener->port;
    vpc.family = static_cast<std::uint8_t>(spec.listener->address.family);
  }
  for (const auto& [name, zone] : spec.zones)
    vpc.max_labels = std::max(vpc.max_labels, name.labels());
  vpc.label_offset = append_text(out, as_octets(spec.label));
  vpc.label_octets = u32(spec.label.size());
  return vpc;
}

std::vector<std::uint32_t> slots_of(const std::vector<ViewApex>& apexes) {
  std::vector<std::uint32_t> slots(std::bit_ceil(apexes.size() * 5 / 3 + 2));
  for (std::size_t i = 0; i < apexes.size(); ++i) {
    std::size_t slot = apexes[i].hash & (slots.size() - 1);
    while (slots[slot] != 0)
      slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = u32(i) + 1;
  }
  return slots;
}

}  // namespace

Bytes write_view_table(std::span<const VpcSpec> vpcs, const HashKey& key) {
  Bytes out(sizeof(ViewsHeader));
  ViewsHeader header{};
  header.hash_first = key.first, header.hash_second = key.second;
  const auto prefixes = sorted_prefixes(vpcs);
  std::vector<policy::RowBlock> rows;
  for (std::uint32_t i = 0; i < prefixes.size(); ++i)
    rows.push_back({prefixes[i].prefix, i});
  header.ranges = policy::append_ranges(out, std::move(rows));
  header.blocks = u32(prefixes.size());
  header.first_block = append_all(out, nest(prefixes));

  std::vector<ViewVpc> all;
  std::vector<ViewApex> apexes;
  for (const VpcSpec& spec : vpcs) {
    all.push_back(vpc_of(spec, out));
    for (const auto& [name, zone] : spec.zones) {
      const std::uint32_t vpc = u32(all.size());
      apexes.push_back({hash_name(name.wire(), key, Space::of(vpc)), vpc, zone,
                        append_text(out, name.wire()), static_cast<std::uint8_t>(name.octets()),
                        name.labels(), 0});
    }
  }
  const auto slots = slots_of(apexes);
  header.vpcs = u32(all.size());
  header.first_vpc = append_all(out, all);
  header.apexes = u32(apexes.size());
  header.first_apex = append_all(out, apexes);
  header.slot_mask = u32(slots.size() - 1);
  header.first_slot = append_all(out, slots);
  align(out);
  WAYMARK_ASSERT(out.size() <= 0xFFFFFFFF);
  std::memcpy(out.data(), &header, sizeof header);
  return out;
}

}  // namespace waymark::dns
