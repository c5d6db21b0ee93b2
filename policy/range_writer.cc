// SPDX-License-Identifier: Apache-2.0
#include "policy/range_writer.h"

#include <algorithm>

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
using Ranges = std::vector<Range>;

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
void append(Ranges& ranges, Wide start, std::uint32_t row) {
  if (!ranges.empty() && ranges.back().start == start) ranges.pop_back();
  if (ranges.empty() || ranges.back().row != row) ranges.push_back({start, row});
}

/// Nested blocks → ranges: a walk from left to right with the open blocks on a stack.
Ranges flatten(std::vector<Block> blocks, Wide highest) {
  std::stable_sort(blocks.begin(), blocks.end(), [](const Block& a, const Block& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  Ranges ranges;
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

/// Two covers of the same space as one.
Ranges lay_over(const Ranges& below, const Ranges& above) {
  Ranges both;
  std::size_t under = 0, over = 0;  // the next of each
  while (under < below.size() || over < above.size()) {
    const bool from_below =
        over == above.size() || (under < below.size() && below[under].start <= above[over].start);
    const Wide start = from_below ? below[under].start : above[over].start;
    while (under < below.size() && below[under].start == start)
      ++under;
    while (over < above.size() && above[over].start == start)
      ++over;
    const std::uint32_t top = above[over - 1].row;  // both begin at 0
    append(both, start, top != no_row ? top : below[under - 1].row);
  }
  return both;
}

Ranges ranges_of(const std::vector<RowBlock>& blocks, bool v4) {
  std::vector<Block> family;
  for (const RowBlock& one : blocks)
    if (one.prefix.address.is_v4() == v4) family.push_back(block_of(one.prefix, one.row));
  return flatten(std::move(family), v4 ? Wide{0xFFFFFFFF} : ~Wide{0});
}

std::uint64_t append_rows(Bytes& out, const Ranges& ranges) {
  const std::uint64_t at = out.size();
  for (const Range& range : ranges)
    append_value(out, range.row);
  return at;
}

}  // namespace

RangesHeader append_ranges(Bytes& out, std::vector<RowBlock> blocks, std::vector<RowBlock> over) {
  const Ranges v4 = lay_over(ranges_of(blocks, true), ranges_of(over, true));
  const Ranges v6 = lay_over(ranges_of(blocks, false), ranges_of(over, false));
  out.resize((out.size() + 7) / 8 * 8);
  RangesHeader header{};
  header.v4_ranges = static_cast<std::uint32_t>(v4.size());
  header.v6_ranges = static_cast<std::uint32_t>(v6.size());
  header.v4_starts = out.size();
  for (const Range& range : v4)
    append_value(out, static_cast<std::uint32_t>(range.start));
  header.v4_rows = append_rows(out, v4);  // as many as the starts: 8-aligned behind them
  header.v6_starts = out.size();
  for (const Range& range : v6)
    append_value(out, V6Start{static_cast<std::uint64_t>(range.start >> 64),
                              static_cast<std::uint64_t>(range.start)});
  header.v6_rows = append_rows(out, v6);
  return header;
}

}  // namespace waymark::policy
