// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "policy/latency_table.h"
#include "policy/range_writer.h"

namespace waymark::policy {

/// Rows → flat bytes, each taken in and forgotten: no more is held than the table has at its end.
/// Nested prefixes are allowed, the longest wins; of equal prefixes the last.
class LatencyTableWriter {
 public:
  explicit LatencyTableWriter(std::uint32_t regions) : regions_(regions) {}
  void add(LatencyRow row);
  Bytes finish();

 private:
  std::uint32_t number_of(const LatencyRow& row);

  std::uint32_t regions_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> numbers_;  // by hash of what a row says
  std::vector<RowBlock> blocks_;
  std::vector<std::uint16_t> milliseconds_;  // by row, then region
  std::vector<Octet> learned_;
};

/// The same at once.
Bytes write_latency_table(std::span<const LatencyRow> rows, std::uint32_t regions);

}  // namespace waymark::policy
