// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/latency_part.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dns/image/image_writer.h"
#include "policy/latency_table.h"

namespace waymark::zones {
namespace {

using Table = std::map<IpPrefix, std::vector<std::uint16_t>>;

Error bad_line(std::size_t number, std::string_view line) {
  return {ErrorCode::bad_value, "latency table line " + std::to_string(number) + " is \"" +
                                    std::string(line) +
                                    "\"; use PREFIX, REGION and MS, tabs between"};
}

Result<void> take_line(std::string_view line, std::size_t number, const policy::RegionList& regions,
                       Table& table) {
  const std::size_t first = line.find('\t'), last = line.rfind('\t');
  if (first == std::string_view::npos || first == last) return bad_line(number, line);
  auto prefix = IpPrefix::parse(line.substr(0, first));
  const auto region = regions.number(line.substr(first + 1, last - first - 1));
  const std::string_view text = line.substr(last + 1);
  std::uint16_t milliseconds = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (!prefix || !region || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      milliseconds == policy::no_measurement)
    return bad_line(number, line);
  auto& row = table[*prefix];
  row.resize(regions.count(), policy::no_measurement);
  row[*region] = milliseconds;
  return {};
}

}  // namespace

Result<std::optional<Bytes>> compile_latency(const Snapshot& state,
                                             const policy::RegionList& regions,
                                             std::uint64_t part_id) {
  auto object = state.object({ObjectKind::latency, "table"});
  if (!object) return object.error();
  if (!*object) return std::optional<Bytes>();

  Table table;
  std::string_view rest = **object;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (auto taken = take_line(line, number, regions, table); !taken) return taken.error();
  }
  std::vector<policy::LatencyRow> rows;
  rows.reserve(table.size());
  for (auto& [prefix, row] : table)
    rows.push_back({prefix, std::move(row)});
  return std::optional(dns::write_table(
      dns::layout::PartKind::latency, policy::write_latency_table(rows, regions.count()), part_id));
}

}  // namespace waymark::zones
