// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/ip.h"

namespace waymark::policy {

// Longest-prefix match as it stands in a part: ranges that are sorted, disjoint, and cover the
// whole space from 0. A look-up is one binary search, and a range's neighbours give the scope.
//
//   ┌──────────────┬────────────┬────────────┬──────────────┬────────────┐
//   │ RangesHeader │ u32 starts │ u32 rows   │ V6 starts    │ u32 rows   │   offsets from the
//   │              │ IPv4       │            │ IPv6         │            │   table's first octet
//   └──────────────┴────────────┴────────────┴──────────────┴────────────┘
struct RangesHeader {
  std::uint32_t v4_ranges, v6_ranges;
  std::uint64_t v4_starts, v4_rows, v6_starts, v6_rows;
};
struct V6Start {
  std::uint64_t high, low;  // host order
};
static_assert(sizeof(RangesHeader) == 40 && sizeof(V6Start) == 16);

constexpr std::uint32_t no_row = 0xFFFFFFFF;

/// What stands for an address.
struct FoundRow {
  std::uint32_t row = no_row;
  std::uint8_t scope = 0;  // length of the largest block around the address with the same row
};

/// Null, or what is wrong: an offset outside, ranges out of order, a row that is not there.
const char* check_ranges(ByteView table, const RangesHeader& header, std::uint32_t rows) noexcept;
FoundRow find_row(ByteView table, const RangesHeader& header, const IpAddress& address) noexcept;

/// [offset, offset + count × width) stands inside `table`, aligned.
bool fits(ByteView table, std::uint64_t offset, std::uint64_t count, std::uint64_t width,
          std::uint64_t alignment) noexcept;

}  // namespace waymark::policy
