// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "policy/latency_table.h"
#include "policy/range_writer.h"

namespace waymark::policy {

Bytes write_latency_table(std::span<const LatencyRow> rows, std::uint32_t regions) {
  std::map<std::vector<std::uint16_t>, std::uint32_t> numbers;
  std::vector<RowBlock> blocks;
  Bytes milliseconds;
  for (const LatencyRow& row : rows) {
    std::vector<std::uint16_t> values = row.milliseconds;
    values.resize(regions, no_measurement);
    const auto [known, fresh] =
        numbers.try_emplace(std::move(values), static_cast<std::uint32_t>(numbers.size()));
    if (fresh)
      for (const std::uint16_t value : known->first)
        append_value(milliseconds, value);
    blocks.push_back({row.prefix, known->second});
  }
  Bytes out(sizeof(LatencyHeader));
  LatencyHeader header{};
  header.ranges = append_ranges(out, std::move(blocks));
  header.rows = static_cast<std::uint32_t>(numbers.size());
  header.regions = regions;
  header.milliseconds = out.size();
  out.insert(out.end(), milliseconds.begin(), milliseconds.end());
  std::memcpy(out.data(), &header, sizeof(header));
  return out;
}

}  // namespace waymark::policy
