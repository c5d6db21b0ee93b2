// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "policy/cidr_table.h"
#include "policy/range_writer.h"

namespace waymark::policy {
namespace {

/// Blocks in the order of their prefixes, wider ones first, so that a parent comes before.
std::vector<CidrBlock> nest(const std::vector<CidrEntry>& entries) {
  std::vector<CidrBlock> blocks;
  std::vector<std::uint32_t> open;
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const IpPrefix& prefix = entries[i].prefix;
    while (!open.empty() && !(entries[open.back()].prefix.address.family == prefix.address.family &&
                              entries[open.back()].prefix.contains(prefix.address)))
      open.pop_back();
    blocks.push_back({entries[i].location, open.empty() ? no_row : open.back(), prefix.length});
    open.push_back(i);
  }
  return blocks;
}

}  // namespace

Bytes write_cidr_tables(std::span<const CidrCollection> collections) {
  std::uint32_t length = 0;
  for (const CidrCollection& one : collections)
    length = std::max(length, one.number + 1);
  Bytes out(sizeof(CidrHeader) + std::size_t{length} * 8);
  const CidrHeader top{length, 0};
  std::memcpy(out.data(), &top, sizeof top);
  for (const CidrCollection& one : collections) {
    auto entries = one.entries;
    std::sort(entries.begin(), entries.end(),
              [](const CidrEntry& a, const CidrEntry& b) { return a.prefix < b.prefix; });
    std::vector<RowBlock> rows;
    for (std::uint32_t i = 0; i < entries.size(); ++i)
      rows.push_back({entries[i].prefix, i});
    out.resize((out.size() + 7) / 8 * 8);
    const std::uint64_t offset = append_value(out, CidrTableHeader{});
    std::memcpy(out.data() + sizeof(CidrHeader) + std::size_t{one.number} * 8, &offset, 8);
    CidrTableHeader header{};
    header.ranges = append_ranges(out, std::move(rows));
    header.blocks = static_cast<std::uint32_t>(entries.size());
    header.first_block = out.size();
    for (const CidrBlock& block : nest(entries))
      append_value(out, block);
    std::memcpy(out.data() + offset, &header, sizeof header);
  }
  out.resize((out.size() + 7) / 8 * 8);
  return out;
}

}  // namespace waymark::policy
