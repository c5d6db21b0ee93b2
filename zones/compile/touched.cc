// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/touched.h"

#include <algorithm>
#include <optional>

namespace waymark::zones {
namespace {

/// The apex of the zone that a commit changed; also of one that is gone: its SOA went with it.
Result<std::optional<dns::Name>> apex_of(const Snapshot& state, const ZoneId& id,
                                         const Effects& effects) {
  const auto zone = state.zone(id);
  if (!zone) return zone.error();
  if (*zone) return std::optional((*zone)->name);
  for (const auto* side : {&effects.removed, &effects.added})
    for (const RecordSet& set : *side)
      if (set.type == dns::RrType::SOA) return std::optional(set.owner);
  return std::optional<dns::Name>{};
}

}  // namespace

Result<void> Touched::note(const Snapshot& state, const Commit& commit) {
  note_objects(commit);
  const auto* id = std::get_if<ZoneId>(&commit.scope);
  if (id == nullptr) return {};
  zones.insert(*id);
  zones_changed = true;

  const auto apex = apex_of(state, *id, commit.effects);
  if (!apex) return apex.error();
  const bool came_or_went = std::any_of(
      commit.effects.objects.begin(), commit.effects.objects.end(), [](const ObjectChange& object) {
        return object.key.kind == ObjectKind::zone &&
               object.before.has_value() != object.after.has_value();
      });
  if (commit.effects.replaced || (!*apex && came_or_went)) everything = true;
  if (everything || !*apex) return {};
  if (came_or_went)  // names of a zone around it are hidden now, or seen again
    if (auto noted = note_below(state, **apex); !noted) return noted;
  for (const auto* side : {&commit.effects.removed, &commit.effects.added})
    for (const RecordSet& set : *side)
      if (auto noted = note_set(state, **apex, set); !noted) return noted;
  return {};
}

void Touched::note_objects(const Commit& commit) {
  const auto note_key = [this](const ObjectKey& key, bool gone, bool grown) {
    switch (key.kind) {
      case ObjectKind::health_check:
        health_checks.insert(key.id);
        break;
      case ObjectKind::latency:
        latency = true;
        // Where regions are stands in the policies that use them; a new region is in none.
        if (key.id == "regions" && !grown) everything = true;
        break;
      case ObjectKind::location:
        locations = true;
        break;
      case ObjectKind::cidr_collection:
        cidrs = true;
        break;
      case ObjectKind::zone:
        if (gone) deleted_zones.push_back({key.id});
        break;
      case ObjectKind::token:
      case ObjectKind::vpc:
      case ObjectKind::traffic_policy:
      case ObjectKind::access_key:
      case ObjectKind::caller_reference:
        break;
    }
  };
  for (const ObjectChange& object : commit.effects.objects)
    note_key(object.key, !object.after,
             object.after && object.after->starts_with(object.before.value_or("")));
}

Result<void> Touched::note_set(const Snapshot& state, const dns::Name& apex, const RecordSet& set) {
  if (set.type == dns::RrType::SOA && names.contains(set.owner)) return {};
  if (set.type ==
      dns::RrType::SOA) {  // its content is in the zones part; only its being there is in the node
    const auto zone = state.zone_named(apex);
    if (!zone) return zone.error();
    if (*zone && (*zone)->version > 1) return {};
  }
  for (dns::Name at = set.owner;; at = at.parent()) {
    names.insert(at);  // an empty non-terminal may come or go, and a wildcard's parent knows of it
    if (at == apex || at.is_root()) break;
  }
  // What stands below a cut or a DNAME comes and goes with it.
  if ((set.type == dns::RrType::NS && set.owner != apex) || set.type == dns::RrType::DNAME)
    return note_below(state, set.owner);
  if (set.type == dns::RrType::DS) names.insert(set.owner);  // a hosted child keeps its parent's DS
  return {};
}

Result<void> Touched::note_below(const Snapshot& state, const dns::Name& name) {
  std::optional<dns::Name> around = name;
  while (around) {
    const auto zone = state.zone_above(*around);
    if (!zone) return zone.error();
    if (!*zone) return {};
    auto read = state.for_each(**zone, std::nullopt, name, [this, &zone](RecordSet&& set) {
      for (dns::Name at = std::move(set.owner);; at = at.parent()) {
        if (!names.insert(at).second || at == (*zone)->name) break;
      }
      return true;
    });
    if (!read) return read;
    around = (*zone)->name.is_root() ? std::nullopt : std::optional((*zone)->name.parent());
  }
  return {};
}

}  // namespace waymark::zones
