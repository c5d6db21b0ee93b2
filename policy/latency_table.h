// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"

namespace waymark::policy {

// As it stands in the image; offsets from the LatencyHeader, which is 8-aligned.
//
//   ┌───────────────┬──────────────┬────────────┬──────────────┬────────────┬────────────────────┐
//   │ LatencyHeader │ u32 v4 starts│ u32 v4 rows│ V6 starts    │ u32 v6 rows│ u16 ms[row][region]│
//   └───────────────┴──────────────┴────────────┴──────────────┴────────────┴────────────────────┘
//
// Ranges are sorted, disjoint, merged where neighbours have equal rows, and cover the whole space
// from 0: a look-up is one binary search, and a range's neighbours give the scope.
struct LatencyHeader {
  std::uint32_t v4_ranges, v6_ranges, rows, regions;
  std::uint64_t v4_starts, v4_rows, v6_starts, v6_rows, milliseconds;
};
struct V6Start {
  std::uint64_t high, low;  // host order
};
constexpr std::uint32_t no_row = 0xFFFFFFFF;
constexpr std::uint16_t no_measurement = 0xFFFF;

/// What the operator gave: milliseconds by region number for the clients of one prefix.
struct LatencyRow {
  IpPrefix prefix;
  std::vector<std::uint16_t> milliseconds;  // one for each region number; `no_measurement`: none
};

/// Flat bytes of a table. Nested prefixes are allowed, the longest wins; of equal prefixes the
/// last.
Bytes write_latency_table(std::span<const LatencyRow> rows, std::uint32_t regions);

/// Client → milliseconds by region: a view over checked bytes. Any thread.
class LatencyTable {
 public:
  struct Row {
    const std::uint16_t* milliseconds = nullptr;  // by region number; null: no entry
    std::uint32_t regions = 0;
    std::uint8_t scope = 0;  // length of the largest block around the client with the same row

    std::uint16_t at(std::uint16_t region) const noexcept {
      return milliseconds != nullptr && region < regions ? milliseconds[region] : no_measurement;
    }
  };

  LatencyTable() = default;  // no entries; scope 0
  /// Checks every offset, count, row and order. Fails with `bad_image`.
  static Result<LatencyTable> open(ByteView table);

  Row find(const IpAddress& client) const noexcept;

 private:
  explicit LatencyTable(ByteView table) noexcept : table_(table) {}
  ByteView table_;
};

}  // namespace waymark::policy
