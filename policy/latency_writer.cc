// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <utility>

#include "policy/latency_table.h"
#include "policy/range_writer.h"

namespace waymark::policy {

Bytes write_latency_table(std::span<const LatencyRow> rows, std::uint32_t regions) {
  // Rows are told apart by what they say and by where it comes from.
  std::map<std::pair<std::vector<std::uint16_t>, std::vector<Octet>>, std::uint32_t> numbers;
  std::vector<RowBlock> blocks;
  Bytes milliseconds, learned;
  for (const LatencyRow& row : rows) {
    std::vector<std::uint16_t> values = row.milliseconds;
    values.resize(regions, no_measurement);
    std::vector<Octet> flags = row.learned;
    flags.resize(regions, 0);
    const auto [known, fresh] = numbers.try_emplace({std::move(values), std::move(flags)},
                                                    static_cast<std::uint32_t>(numbers.size()));
    if (fresh) {
      for (const std::uint16_t value : known->first.first)
        append_value(milliseconds, value);
      learned.insert(learned.end(), known->first.second.begin(), known->first.second.end());
    }
    blocks.push_back({row.prefix, known->second});
  }
  Bytes out(sizeof(LatencyHeader));
  LatencyHeader header{};
  header.ranges = append_ranges(out, std::move(blocks));
  header.rows = static_cast<std::uint32_t>(numbers.size());
  header.regions = regions;
  header.milliseconds = out.size();
  out.insert(out.end(), milliseconds.begin(), milliseconds.end());
  header.learned = out.size();
  out.insert(out.end(), learned.begin(), learned.end());
  std::memcpy(out.data(), &header, sizeof(header));
  return out;
}

}  // namespace waymark::policy
