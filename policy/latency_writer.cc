// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <map>

#include "policy/latency_table.h"

namespace waymark::policy {
namespace {

__extension__ using Wide = unsigned __int128;

struct Block {
  Wide first, last;
  std::uint32_t row;
};
struct Range {
  Wide start;
  std::uint32_t row;
};

Wide value_of(const IpAddress& address) {
  if (address.is_v4()) return address.v4_value();
  return Wide{load64(address.octets.data())} << 64 | load64(address.octets.data() + 8);
}

Block block_of(const IpPrefix& prefix, std::uint32_t row) {
  const IpPrefix clean = IpPrefix::of(prefix.address, prefix.length);
  const Wide first = value_of(clean.address);
  const int free = clean.address.bits() - clean.length;
  const Wide span = free == 128 ? ~Wide{0} : (Wide{1} << free) - 1;
  return {first, first + span, row};
}

/// Later ranges at the same start win; neighbours with equal rows become one.
void append(std::vector<Range>& ranges, Wide start, std::uint32_t row) {
  if (!ranges.empty() && ranges.back().start == start) ranges.pop_back();
  if (ranges.empty() || ranges.back().row != row) ranges.push_back({start, row});
}

/// Nested blocks → ranges: a walk from left to right with the open blocks on a stack.
std::vector<Range> flatten(std::vector<Block> blocks, Wide highest) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  std::vector<Range> ranges;
  append(ranges, 0, no_row);
  std::vector<Block> open;
  const auto close = [&] {
    const Wide last = open.back().last;
    open.pop_back();
    if (last != highest) append(ranges, last + 1, open.empty() ? no_row : open.back().row);
  };
  for (const Block& block : blocks) {
    while (!open.empty() && open.back().last < block.first)
      close();
    append(ranges, block.first, block.row);
    open.push_back(block);
  }
  while (!open.empty())
    close();
  return ranges;
}

template <class T>
std::uint64_t append_value(Bytes& out, const T& value) {
  const std::uint64_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
  return at;
}

std::uint64_t append_rows(Bytes& out, const std::vector<Range>& ranges) {
  const std::uint64_t at = out.size();
  for (const Range& range : ranges)
    append_value(out, range.row);
  return at;
}

}  // namespace

Bytes write_latency_table(std::span<const LatencyRow> rows, std::uint32_t regions) {
  std::map<std::vector<std::uint16_t>, std::uint32_t> numbers;
  std::vector<Block> v4;
  std::vector<Block> v6;
  Bytes milliseconds;
  for (const LatencyRow& row : rows) {
    std::vector<std::uint16_t> values = row.milliseconds;
    values.resize(regions, no_measurement);
    const auto [known, fresh] =
        numbers.try_emplace(std::move(values), static_cast<std::uint32_t>(numbers.size()));
    if (fresh)
      for (const std::uint16_t value : known->first)
        append_value(milliseconds, value);
    (row.prefix.address.is_v4() ? v4 : v6).push_back(block_of(row.prefix, known->second));
  }
  const auto v4_ranges = flatten(std::move(v4), 0xFFFFFFFF);
  const auto v6_ranges = flatten(std::move(v6), ~Wide{0});

  Bytes out(sizeof(LatencyHeader));
  LatencyHeader header{};
  header.v4_ranges = static_cast<std::uint32_t>(v4_ranges.size());
  header.v6_ranges = static_cast<std::uint32_t>(v6_ranges.size());
  header.rows = static_cast<std::uint32_t>(numbers.size());
  header.regions = regions;
  header.v4_starts = out.size();
  for (const Range& range : v4_ranges)
    append_value(out, static_cast<std::uint32_t>(range.start));
  header.v4_rows = append_rows(out, v4_ranges);  // as many as the starts: 8-aligned behind them
  header.v6_starts = out.size();
  for (const Range& range : v6_ranges)
    append_value(out, V6Start{static_cast<std::uint64_t>(range.start >> 64),
                              static_cast<std::uint64_t>(range.start)});
  header.v6_rows = append_rows(out, v6_ranges);
  header.milliseconds = out.size();
  out.insert(out.end(), milliseconds.begin(), milliseconds.end());
  std::memcpy(out.data(), &header, sizeof(header));
  return out;
}

}  // namespace waymark::policy
