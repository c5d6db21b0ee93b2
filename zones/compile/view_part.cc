// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/view_part.h"

#include <map>
#include <string>
#include <vector>

#include "dns/image/image_writer.h"
#include "dns/image/view_table.h"
#include "zones/vpcs.h"

namespace waymark::zones {

Result<std::optional<Bytes>> compile_views(const Snapshot& state, const dns::HashKey& key,
                                           std::uint64_t part_id) {
  const auto all = vpcs(state);
  if (!all) return all.error();
  if (all->empty()) return std::optional<Bytes>();
  std::vector<dns::VpcSpec> specs;
  std::map<std::string, std::size_t> by_id;
  for (const Vpc& vpc : *all) {
    by_id.emplace(vpc.id, specs.size());
    specs.push_back({vpc.name + " (" + vpc.id + ")", vpc.prefixes, vpc.listener, {}});
  }
  const auto zones = state.zones();
  if (!zones) return zones.error();
  for (const HostedZone& zone : *zones)
    for (const std::string& id : zone.vpcs)
      if (const auto at = by_id.find(id); at != by_id.end())
        specs[at->second].zones.emplace_back(zone.name, zone.number);
  return std::optional(
      dns::write_table(dns::layout::PartKind::views, dns::write_view_table(specs, key), part_id));
}

}  // namespace waymark::zones
