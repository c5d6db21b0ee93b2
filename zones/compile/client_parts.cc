// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/client_parts.h"

#include <utility>
#include <vector>

#include "dns/image/image_writer.h"
#include "policy/cidr_table.h"
#include "zones/client_objects.h"

namespace waymark::zones {

Result<std::optional<Bytes>> compile_locations(const Snapshot& state,
                                               const std::vector<policy::LocationRow>& geo,
                                               std::uint64_t part_id) {
  auto places = client_places(state);
  if (!places) return places.error();
  auto own = location_rows(*places);
  if (!own) return own.error();
  if (own->empty() && geo.empty()) return std::optional<Bytes>();
  return std::optional(dns::write_table(dns::layout::PartKind::locations,
                                        policy::write_location_table(geo, *own), part_id));
}

Result<std::optional<Bytes>> compile_cidrs(const Snapshot& state, std::uint64_t part_id) {
  auto all = cidr_collections(state);
  if (!all) return all.error();
  if (all->empty()) return std::optional<Bytes>();
  std::vector<policy::CidrCollection> tables;
  for (const CidrCollection& one : *all) {
    policy::CidrCollection table{one.number, {}};
    for (const CidrCollection::Block& block : one.blocks)
      table.entries.push_back({block.prefix, block.location});
    tables.push_back(std::move(table));
  }
  return std::optional(
      dns::write_table(dns::layout::PartKind::cidrs, policy::write_cidr_tables(tables), part_id));
}

}  // namespace waymark::zones
