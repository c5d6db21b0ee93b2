// SPDX-License-Identifier: Apache-2.0
//
// Slots that nobody needs any more are given back with the change that freed them: a server that
// runs for years may not run out of them.
#include <algorithm>

#include "zones/compile/health_gates.h"
#include "zones/compile/slot_keys.h"

namespace waymark::zones {

using health::HealthSlot;

Result<void> HealthGates::release_unused(const Snapshot& state, const std::set<NameKey>& names,
                                         const std::vector<ExternalStep>& steps) {
  Gone gone;
  if (auto released = release_external(state, steps, gone); !released) return released;
  if (panic_percent_ != 0)
    for (const NameKey& name : names)
      if (auto released = release_crowds(state, name, gone); !released) return released;
  release_made_of(gone);
  return {};
}

Result<void> HealthGates::release_external(const Snapshot& state,
                                           const std::vector<ExternalStep>& steps, Gone& gone) {
  for (const auto& [came, alias] : steps) {
    const std::string key = slot_keys::external(alias.target);
    const HealthSlot* slot = came ? nullptr : slots_.find(key);
    if (slot == nullptr) continue;
    auto left = state.external_aliases(alias.target);
    if (!left) return left.error();
    if (std::any_of(left->begin(), left->end(),
                    [](const ExternalAlias& one) { return one.evaluate_target_health; }))
      continue;
    gone.insert(*slot);
    drop(key);
  }
  return {};
}

/// A group that has no two members any more, or an order to keep, has no crowd.
Result<void> HealthGates::release_crowds(const Snapshot& state, const NameKey& name, Gone& gone) {
  const auto zone = zone_of(state, name);
  if (!zone) return zone.error();
  if (!*zone) return {};
  const std::string prefix = slot_keys::crowd((*zone)->id, name.name);
  for (const std::string& key : slot_keys::with(slots_, prefix)) {
    const auto type = dns::parse_rr_type(std::string_view(key).substr(prefix.size()));
    auto sets = state.record_sets_at(**zone, name.name);
    if (!sets) return sets.error();
    std::erase_if(*sets, [&](const RecordSet& set) { return set.type != type; });
    if (sets->size() > 1 && !std::holds_alternative<Failover>(sets->front().routing)) continue;
    gone.insert(*slots_.find(key));
    drop(key);
  }
  return {};
}

void HealthGates::release_made_of(const Gone& gone) {
  if (gone.empty()) return;
  Gone all = gone;
  for (const std::string_view prefix : {slot_keys::all_prefix, slot_keys::panic_prefix})
    for (const std::string& key : slot_keys::with(slots_, prefix)) {
      const auto pair = slot_keys::parse_pair(std::string_view(key).substr(prefix.size()));
      if (!pair || (!all.contains(pair->first) && !all.contains(pair->second))) continue;
      all.insert(*slots_.find(key));
      drop(key);
    }
}

void HealthGates::drop_zone(const ZoneId& zone) {
  Gone gone;
  for (const std::string_view prefix : {slot_keys::group_prefix, slot_keys::crowd_prefix})
    for (const std::string& key : slot_keys::with(slots_, std::string(prefix) + zone.text + "/")) {
      gone.insert(*slots_.find(key));
      drop(key);
    }
  release_made_of(gone);
}

}  // namespace waymark::zones
