// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/touched.h"

#include <algorithm>
#include <optional>

#include "zones/external_alias.h"

namespace waymark::zones {
Result<void> Touched::note(const Snapshot& state, const Commit& commit) {
  note_objects(commit);
  const auto* id = std::get_if<ZoneId>(&commit.scope);
  if (id == nullptr) return {};
  zones.insert(*id);
  zones_changed = true;

  const auto found = state.last_known(*id);
  if (!found) return found.error();
  if (!*found) return {};  // it never was
  const HostedZone& zone = **found;
  bool came_or_went = false, without_list = commit.effects.replaced;
  for (const ObjectChange& object : commit.effects.objects) {
    if (object.key.kind != ObjectKind::zone) continue;
    came_or_went |= object.before.has_value() != object.after.has_value();
    without_list |= !object.after && commit.effects.removed.empty();
    views |= zone.is_private();
  }
  note_external(zone, commit);
  if (without_list) everything = true;
  if (everything) return {};
  if (came_or_went && !zone.is_private())  // names of a zone around it are hidden, or seen again
    if (auto noted = note_below(state, zone, zone.name); !noted) return noted;
  for (const auto* side : {&commit.effects.removed, &commit.effects.added})
    for (const RecordSet& set : *side)
      if (auto noted = note_set(state, zone, set); !noted) return noted;
  return {};
}

void Touched::note_external(const HostedZone& zone, const Commit& commit) {
  external = external || commit.effects.replaced;
  for (const RecordSet& set : commit.effects.removed)
    if (auto alias = external_alias_of(zone, set))
      external_steps.push_back({false, std::move(*alias)});
  for (const RecordSet& set : commit.effects.added)
    if (auto alias = external_alias_of(zone, set))
      external_steps.push_back({true, std::move(*alias)});
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
      case ObjectKind::vpc:
        views = true;
        break;
      case ObjectKind::token:
      case ObjectKind::traffic_policy:
      case ObjectKind::traffic_policy_document:
      case ObjectKind::traffic_policy_instance:  // its record sets are in the same commit
      case ObjectKind::access_key:
      case ObjectKind::caller_reference:
      case ObjectKind::tags:
      case ObjectKind::vpc_authorization:
      case ObjectKind::delegation_set:
      case ObjectKind::query_logging:
        break;
    }
  };
  for (const ObjectChange& object : commit.effects.objects)
    note_key(object.key, !object.after,
             object.after && object.after->starts_with(object.before.value_or("")));
}

Result<void> Touched::note_set(const Snapshot& state, const HostedZone& zone,
                               const RecordSet& set) {
  const NameKey owner{zone.private_number(), set.owner};
  if (set.type == dns::RrType::SOA && names.contains(owner)) return {};
  // Its content is in the zones part; only its being there is in the node.
  if (set.type == dns::RrType::SOA && zone.version > 1) {
    const auto stands = state.zone(zone.id);
    if (!stands) return stands.error();
    if (*stands) return {};
  }
  for (dns::Name at = set.owner;; at = at.parent()) {
    // An empty non-terminal may come or go, and a wildcard's parent knows of it.
    names.insert({owner.private_zone, at});
    if (at == zone.name || at.is_root()) break;
  }
  // What stands below a cut or a DNAME comes and goes with it.
  if ((set.type == dns::RrType::NS && set.owner != zone.name) || set.type == dns::RrType::DNAME)
    return note_below(state, zone, set.owner);
  if (set.type == dns::RrType::DS) names.insert(owner);  // a hosted child keeps its parent's DS
  return {};
}

Result<void> Touched::note_sets_below(const Snapshot& state, const HostedZone& zone,
                                      const dns::Name& name) {
  return state.for_each(zone, std::nullopt, name, [this, &zone](RecordSet&& set) {
    for (dns::Name at = std::move(set.owner);; at = at.parent()) {
      if (!names.insert({zone.private_number(), at}).second || at == zone.name) break;
    }
    return true;
  });
}

Result<void> Touched::note_below(const Snapshot& state, const HostedZone& of,
                                 const dns::Name& name) {
  if (of.is_private()) {
    const auto zone = state.zone(of.id);
    if (!zone) return zone.error();
    return *zone ? note_sets_below(state, **zone, name) : Result<void>();
  }
  std::optional<dns::Name> around = name;
  while (around) {
    const auto zone = state.zone_above(*around);
    if (!zone) return zone.error();
    if (!*zone) return {};
    if (auto noted = note_sets_below(state, **zone, name); !noted) return noted;
    around = (*zone)->name.is_root() ? std::nullopt : std::optional((*zone)->name.parent());
  }
  return {};
}

}  // namespace waymark::zones
