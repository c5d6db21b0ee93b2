// SPDX-License-Identifier: Apache-2.0

#include "zones/compile/client_parts.h"
#include "zones/compile/compiler_state.h"
#include "zones/compile/folder.h"
#include "zones/compile/latency_part.h"
#include "zones/compile/view_part.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

constexpr std::size_t fold_from = 1024;  // names in the small tier

dns::PartId name_part(dns::layout::PartKind kind, std::uint64_t id, const Bytes& content) {
  return {kind, id, content.size(), ContentHash::of(content)};
}

}  // namespace

void ImageCompiler::Impl::add(Generation& next, dns::layout::PartKind kind, std::uint64_t id,
                              Bytes content, std::optional<dns::PartId>& slot) {
  slot = name_part(kind, id, content);
  next.parts.push_back({*slot, std::move(content)});
}

/// A part that is made anew or not at all; the one before goes.
template <class Make>
Result<void> ImageCompiler::Impl::remake(Generation& next, dns::layout::PartKind kind,
                                         std::optional<dns::PartId>& slot, const Make& make) {
  const std::uint64_t id = new_part_id();
  auto content = make(id);
  if (!content) return content.error();
  slot.reset();
  if (*content) add(next, kind, id, std::move(**content), slot);
  return {};
}

Result<void> ImageCompiler::Impl::compile_latency(const Snapshot& state, Generation& next) {
  const auto regions = regions_of(state);
  if (!regions) return regions.error();
  return remake(next, dns::layout::PartKind::latency, latency_part, [&](std::uint64_t id) {
    return zones::compile_latency(state, *regions, outside.learned, id);
  });
}

Result<void> ImageCompiler::Impl::compile_locations(const Snapshot& state, Generation& next) {
  geo_changed = false;
  const auto rows = geo ? geo() : std::vector<policy::LocationRow>();
  if (!rows && locations_part) return {};
  return remake(next, dns::layout::PartKind::locations, locations_part, [&](std::uint64_t id) {
    return zones::compile_locations(state, rows.value_or(std::vector<policy::LocationRow>()), id);
  });
}

Result<void> ImageCompiler::Impl::compile_cidrs(const Snapshot& state, Generation& next) {
  return remake(next, dns::layout::PartKind::cidrs, cidrs_part,
                [&](std::uint64_t id) { return zones::compile_cidrs(state, id); });
}

Result<void> ImageCompiler::Impl::compile_views(const Snapshot& state, Generation& next) {
  return remake(next, dns::layout::PartKind::views, views_part,
                [&](std::uint64_t id) { return zones::compile_views(state, key, id); });
}

/// The folder's tier takes the place of what it was made of; newer blocks stay in front of it.
void ImageCompiler::Impl::take_folded(Generation& next) {
  const std::unique_ptr<Folded> done = std::move(folded);
  const std::uint64_t base = tiers.empty() ? 0 : tiers.back().id;
  if (!done || done->instead_of != base) return;  // the base was compiled anew meanwhile
  std::vector<dns::PartId> behind = {done->part.id};
  if (!done->is_base && !tiers.empty()) behind.push_back(tiers.back());
  tiers = std::move(behind);
  next.parts.push_back(std::move(done->part));
  std::erase_if(small, [&](const auto& one) { return one.second.sequence <= done->mark; });
  small_changed = true;
}

void ImageCompiler::Impl::write_small(Generation& next) {
  small_changed = false;
  small_part.reset();
  if (small.empty()) return;
  dns::NamesWriter writer(key);
  for (const auto& [name, one] : small)
    writer.add(one.block);
  const std::uint64_t id = new_part_id();
  add(next, dns::layout::PartKind::names, id, writer.finish(id, !tiers.empty()), small_part);
}

void ImageCompiler::Impl::finish(const Snapshot& state, Generation& next) {
  if (small_changed) write_small(next);
  if (!zones_part) {
    std::vector<dns::ZoneSpec> specs;
    for (const auto& [number, spec] : zones)
      specs.push_back(spec);
    const std::uint64_t id = new_part_id();
    add(next, dns::layout::PartKind::zones, id, dns::write_zones(specs, id), zones_part);
  }
  if (!slots_part || gates->slots_changed()) {
    const std::uint64_t id = new_part_id();
    add(next, dns::layout::PartKind::slots, id,
        dns::write_slots(gates->slots().specs(), gates->slots().epoch(), id), slots_part);
  }
  next.slots_changed = gates->changed();
  if (next.slots_changed) {
    next.gates = gates->gates();
    next.checks = gates->checks();
  }
  next.counted = counters.take_changes();
  next.fold_wanted = small.size() > fold_from;
  if (!faulty.empty()) next.fault = faulty.begin()->second;

  next.manifest.generation = image.generation() + 1;
  next.manifest.epoch = state.revision().epoch;
  next.manifest.revision = state.revision().number;
  auto& parts = next.manifest.parts;
  if (small_part) parts.push_back(*small_part);
  parts.insert(parts.end(), tiers.begin(), tiers.end());
  for (const auto& part :
       {zones_part, latency_part, locations_part, cidrs_part, views_part, slots_part})
    if (part) parts.push_back(*part);
}

}  // namespace waymark::zones
