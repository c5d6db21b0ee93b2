// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"
#include "policy/range_map.h"

namespace waymark::policy {

// As it stands in the image; 8-aligned: the header, the ranges (range_map.h), then
// u16 ms[row][region] and u8 learned[row][region].
struct LatencyHeader {
  RangesHeader ranges;
  std::uint32_t rows, regions;
  std::uint64_t milliseconds;
  std::uint64_t learned;  // 1: from clients' measurements; for explain alone
};
constexpr std::uint16_t no_measurement = 0xFFFF;
/// Prefixes times regions, of the operator's table and of what is learned: 48 MB each at most.
constexpr std::size_t most_latency_cells = 16'000'000;

/// Milliseconds by region number for the clients of one prefix.
struct LatencyRow {
  IpPrefix prefix;
  std::vector<std::uint16_t> milliseconds;  // one for each region number; `no_measurement`: none
  std::vector<Octet> learned{};             // 1 where it is learned; short or empty: the operator's
};

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
  /// Whether what find() gives for that region was learned from clients' measurements.
  bool learned(const IpAddress& client, std::uint16_t region) const noexcept;

 private:
  explicit LatencyTable(ByteView table) noexcept : table_(table) {}
  ByteView table_;
};

}  // namespace waymark::policy
