// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/latency_part.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dns/image/image_writer.h"
#include "policy/latency_writer.h"

namespace waymark::zones {
namespace {

using Figures = std::vector<std::uint16_t>;  // by region number
/// What is said of one prefix, the last of a region counting: most prefixes name few regions.
using Sparse = std::vector<std::pair<std::uint16_t, std::uint16_t>>;

struct Said {
  Sparse given, learned;  // empty: nothing
};
using Table = std::map<IpPrefix, Said>;

Error bad_line(std::size_t number, std::string_view line) {
  return {ErrorCode::bad_value, "latency table line " + std::to_string(number) + " is \"" +
                                    std::string(line) +
                                    "\"; use PREFIX, REGION and MS, tabs between"};
}

void apply(const Sparse& said, std::size_t regions, Figures& figures) {
  if (!said.empty()) figures.resize(regions, policy::no_measurement);
  for (const auto& [region, milliseconds] : said)
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
  table[*prefix].given.emplace_back(*region, milliseconds);
  return {};
}

/// What holds for the clients of a prefix: `given` of the nearest around it, and all `learned`.
struct Around {
  IpPrefix prefix;
  Figures given, learned;
};

policy::LatencyRow row_of(const Around& at, std::size_t regions) {
  policy::LatencyRow row{at.prefix, at.learned, {}};
  row.milliseconds.resize(regions, policy::no_measurement);
  row.learned.resize(regions);
  for (std::size_t i = 0; i < regions; ++i) {
    const bool given = !at.given.empty() && at.given[i] != policy::no_measurement;
    if (given) row.milliseconds[i] = at.given[i];
    row.learned[i] = !given && row.milliseconds[i] != policy::no_measurement ? 1 : 0;
  }
  return row;
}

/// Prefixes come before those inside them, so what is around one is on a stack.
Bytes write(const Table& table, std::uint32_t regions) {
  policy::LatencyTableWriter writer(regions);
  std::vector<Around> around;
  for (const auto& [prefix, said] : table) {
    while (!around.empty() && !around.back().prefix.contains(prefix.address))
      around.pop_back();
    Around at{prefix, {}, {}};
    if (!around.empty()) at.learned = around.back().learned;
    if (said.given.empty() && !around.empty()) at.given = around.back().given;
    apply(said.given, regions, at.given);
    apply(said.learned, regions, at.learned);
    writer.add(row_of(at, regions));
    around.push_back(std::move(at));
  }
  return writer.finish();
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
  // The API has refused what would be more; regions that came since do not count twice.
  const std::size_t most_learned = policy::most_latency_cells / regions.count();
  std::size_t prefixes = 0;
  for (const policy::LearnedLatency& one : learned) {
    const auto region = regions.number(one.region);
    if (!region) continue;
    Sparse& said = table[one.prefix].learned;
    if (said.empty() && ++prefixes > most_learned) break;
    said.emplace_back(*region, one.milliseconds);
  }
  return std::optional(
      dns::write_table(dns::layout::PartKind::latency, write(table, regions.count()), part_id));
}

}  // namespace waymark::zones
