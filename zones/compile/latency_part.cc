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

using Figures = std::vector<std::uint16_t>;  // by region number

/// What was said of one prefix; empty: nothing.
struct Said {
  Figures given, learned;
};
using Table = std::map<IpPrefix, Said>;

Error bad_line(std::size_t number, std::string_view line) {
  return {ErrorCode::bad_value, "latency table line " + std::to_string(number) + " is \"" +
                                    std::string(line) +
                                    "\"; use PREFIX, REGION and MS, tabs between"};
}

void put(Figures& figures, const policy::RegionList& regions, std::uint16_t region,
         std::uint16_t milliseconds) {
  figures.resize(regions.count(), policy::no_measurement);
  figures[region] = milliseconds;
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
  put(table[*prefix].given, regions, *region, milliseconds);
  return {};
}

/// What holds for the clients of a prefix: `given` of the nearest around it, and all `learned`.
struct Around {
  IpPrefix prefix;
  const Figures* given;
  Figures learned;
};

policy::LatencyRow row_of(const Around& at, std::size_t regions) {
  policy::LatencyRow row{at.prefix, at.learned, {}};
  row.milliseconds.resize(regions, policy::no_measurement);
  row.learned.resize(regions);
  for (std::size_t i = 0; i < regions; ++i) {
    const bool given = at.given != nullptr && (*at.given)[i] != policy::no_measurement;
    if (given) row.milliseconds[i] = (*at.given)[i];
    row.learned[i] = !given && row.milliseconds[i] != policy::no_measurement ? 1 : 0;
  }
  return row;
}

/// Prefixes come before those inside them, so what is around one is on a stack.
std::vector<policy::LatencyRow> rows_of(const Table& table, std::size_t regions) {
  std::vector<policy::LatencyRow> rows;
  rows.reserve(table.size());
  std::vector<Around> around;
  for (const auto& [prefix, said] : table) {
    while (!around.empty() && !around.back().prefix.contains(prefix.address))
      around.pop_back();
    Around at{prefix, around.empty() ? nullptr : around.back().given,
              around.empty() ? Figures() : around.back().learned};
    if (!said.given.empty()) at.given = &said.given;
    at.learned.resize(said.learned.empty() ? at.learned.size() : regions, policy::no_measurement);
    for (std::size_t i = 0; i < said.learned.size(); ++i)
      if (said.learned[i] != policy::no_measurement) at.learned[i] = said.learned[i];
    rows.push_back(row_of(at, regions));
    around.push_back(std::move(at));
  }
  return rows;
}

}  // namespace

Result<std::optional<Bytes>> compile_latency(const Snapshot& state,
                                             const policy::RegionList& regions,
                                             std::span<const policy::LearnedLatency> learned,
                                             std::uint64_t part_id) {
  auto object = state.object({ObjectKind::latency, "table"});
  if (!object) return object.error();
  if (!*object && learned.empty()) return std::optional<Bytes>();

  Table table;
  std::string_view rest = *object ? std::string_view(**object) : std::string_view();
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty()) continue;
    if (auto taken = take_line(line, number, regions, table); !taken) return taken.error();
  }
  for (const policy::LearnedLatency& one : learned)
    if (const auto region = regions.number(one.region))
      put(table[one.prefix].learned, regions, *region, one.milliseconds);
  const auto rows = rows_of(table, regions.count());
  return std::optional(dns::write_table(
      dns::layout::PartKind::latency, policy::write_latency_table(rows, regions.count()), part_id));
}

}  // namespace waymark::zones
