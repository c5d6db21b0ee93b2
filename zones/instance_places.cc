// SPDX-License-Identifier: Apache-2.0
#include "zones/instance_places.h"

#include <algorithm>
#include <optional>
#include <set>

#include "zones/name_rules.h"

namespace waymark::zones {
namespace {

using dns::RrType;

/// A set that answers for what stands below it, and in the case of NS also for what stands beside
/// it (RFC 1034 §4.2.1, RFC 6672 §2.3).
bool hides(const RecordSet& set, const dns::Name& zone) {
  return (set.type == RrType::NS && set.owner != zone) || set.type == RrType::DNAME;
}

/// What stands at or above a name of the zone and hides it; empty: nothing.
Result<std::string> hider_of(const Snapshot& state, const HostedZone& zone, const dns::Name& name) {
  if (!zone.is_private()) {
    auto deepest = state.zone_above(name);
    if (!deepest) return deepest.error();
    if (*deepest && (*deepest)->name != zone.name)
      return "the hosted zone " + (*deepest)->name.to_string();
  }
  for (dns::Name at = name;; at = at.parent()) {
    auto sets = state.record_sets_at(zone, at);
    if (!sets) return sets.error();
    for (const RecordSet& set : *sets)
      if (hides(set, zone.name) && (set.type == RrType::NS || at != name))
        return describe(set.key());
    if (at == zone.name) return std::string();
  }
}

}  // namespace

Result<InstancePlaces> InstancePlaces::of(const Snapshot& state, const HostedZone& zone) {
  auto all = traffic_policy_instances(state);
  if (!all) return all.error();
  InstancePlaces places;
  places.zone_ = zone;
  std::erase_if(*all, [&](const auto& one) { return one.zone != zone.id; });
  std::sort(all->begin(), all->end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  places.instances_ = std::move(*all);
  for (std::size_t i = 0; i < places.instances_.size(); ++i)
    places.ids_.emplace(places.instances_[i].id, i);
  return places;
}

Result<const TrafficPolicyInstance*> InstancePlaces::hidden_by(const Snapshot& state,
                                                               const dns::Name& name) const {
  const TrafficPolicyInstance* none = nullptr;
  if (instances_.empty()) return none;
  // In canonical order what is under a name follows it.
  const auto first =
      std::lower_bound(instances_.begin(), instances_.end(), name,
                       [](const auto& one, const dns::Name& wanted) { return one.name < wanted; });
  if (first != instances_.end() && first->name.is_under(name)) return &*first;
  auto sets = state.record_sets_at(zone_, name);  // of a rule below an instance's name
  if (!sets) return sets.error();
  for (const RecordSet& set : *sets)
    if (const auto found = ids_.find(set.traffic_policy_instance); found != ids_.end())
      return &instances_[found->second];
  return none;
}

Result<std::map<RecordKey, RecordSet>> made_by(const Snapshot& state, const HostedZone& zone,
                                               const TrafficPolicyInstance& instance) {
  std::map<RecordKey, RecordSet> made;
  for (std::size_t number = 1, before = 0; number == 1 || made.size() > before; ++number) {
    before = made.size();
    const auto name = name_of_rule(instance.name, number);
    if (!name) break;
    auto sets = state.record_sets_at(zone, *name);
    if (!sets) return sets.error();
    for (RecordSet& set : *sets)
      if (set.traffic_policy_instance == instance.id) made.emplace(set.key(), std::move(set));
  }
  return made;
}

Result<std::vector<ObjectChange>> removed_instances(const Snapshot& state, const HostedZone& zone,
                                                    const ChangeBatch& batch,
                                                    const std::vector<RecordSet>& removed) {
  std::vector<ObjectChange> objects;
  for (const std::string& id : batch.removed_instances) {
    const auto instance = traffic_policy_instance(state, id);
    if (!instance) return instance.error();
    const auto made = made_by(state, zone, *instance);
    if (!made) return made.error();
    const auto gone = std::count_if(removed.begin(), removed.end(), [&](const RecordSet& set) {
      return set.traffic_policy_instance == id;
    });
    if (instance->zone != zone.id || static_cast<std::size_t>(gone) != made->size())
      return Error(ErrorCode::version_mismatch,
                   "traffic policy instance " + id + " was changed meanwhile");
    ObjectKey key{ObjectKind::traffic_policy_instance, id};
    auto before = state.object(key);
    if (!before) return before.error();
    objects.push_back({std::move(key), std::move(*before), std::nullopt});
  }
  return objects;
}

Error hides_instance(const std::string& what, const TrafficPolicyInstance& instance) {
  return Error(ErrorCode::in_use, what + " would hide " + dns::to_string(instance.type) + " " +
                                      instance.name.to_string() +
                                      ", where traffic policy instance " + instance.id +
                                      " answers; delete that instance first");
}

Result<std::vector<std::pair<std::size_t, Error>>> hidden_faults(
    const Snapshot& state, const HostedZone& zone, std::span<const Change> changes,
    const std::map<RecordKey, std::size_t>& puts, const std::string& instance) {
  std::vector<std::pair<std::size_t, Error>> faults;
  std::optional<InstancePlaces> places;
  std::set<dns::Name> looked_at;
  std::set<std::string> told;
  for (const auto& [key, change] : puts) {
    const RecordSet& set = changes[change].record_set;
    if (!instance.empty() && looked_at.insert(key.owner).second) {
      auto hider = hider_of(state, zone, key.owner);
      if (!hider) return hider.error();
      if (!hider->empty() && told.insert(*hider).second)
        faults.emplace_back(change, Error(ErrorCode::in_use,
                                          key.owner.to_string() + " is hidden by " + *hider +
                                              "; nobody would be answered from there",
                                          "/name"));
    }
    if (!hides(set, zone.name)) continue;
    if (!places) {
      auto known = InstancePlaces::of(state, zone);
      if (!known) return known.error();
      places = std::move(*known);
    }
    auto hidden = places->hidden_by(state, key.owner);
    if (!hidden) return hidden.error();
    if (*hidden != nullptr)
      faults.emplace_back(change, hides_instance(describe(key), **hidden).at("/name"));
  }
  return faults;
}

Result<void> check_hides_none(const Snapshot& state, const dns::Name& zone) {
  auto around = state.zone_above(zone);
  if (!around) return around.error();
  if (!*around) return {};
  auto places = InstancePlaces::of(state, **around);
  if (!places) return places.error();
  auto hidden = places->hidden_by(state, zone);
  if (!hidden) return hidden.error();
  if (*hidden == nullptr) return {};
  return hides_instance("a zone " + zone.to_string(), **hidden).at("/name");
}

}  // namespace waymark::zones
