// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "zones/external_alias.h"
#include "zones/name_rules.h"
#include "zones/traffic_policy.h"
#include "zones/zone_import.h"

namespace waymark::zones {
namespace {

constexpr std::size_t most_faults = 100;

/// What an import's sets refer to: health checks and regions in the store, aliases in the import.
class References {
 public:
  References(const Snapshot& state, const ZoneImport& import) : state_(state), import_(import) {}

  Result<void> check() {
    for (const RecordSet& set : import_.sets) {
      if (faults_.size() >= most_faults) break;
      if (auto known = check_health(set); !known) return known;
      if (auto known = check_region(set); !known) return known;
      if (set.alias && !set.alias->external) check_alias(set);
      if (set.alias && set.alias->external)
        if (auto known = check_external(set); !known) return known;
    }
    if (auto known = check_external_count(); !known) return known;
    if (!faults_.empty()) return Error::batch(std::move(faults_));
    return {};
  }

 private:
  void fault(ErrorCode code, const RecordSet& set, const std::string& sentence) {
    faults_.emplace_back(code, describe(set.key()) + ": " + sentence);
  }

  Result<void> check_health(const RecordSet& set) {
    const std::string& id = set.health_check_id;
    if (id.empty() || known_checks_.contains(id)) return {};
    auto stored = state_.object({ObjectKind::health_check, id});
    if (!stored) return stored.error();
    if (*stored)
      known_checks_.insert(id);
    else
      fault(ErrorCode::health_check_missing, set, "there is no health check \"" + id + "\"");
    return {};
  }

  Result<void> check_region(const RecordSet& set) {
    if (region_of(set.routing).empty() && !std::holds_alternative<Latency>(set.routing)) return {};
    if (!regions_) {
      auto regions = regions_of(state_);
      if (!regions) return regions.error();
      regions_ = std::move(*regions);
    }
    if (const auto unknown = fault_of_region(*regions_, set.routing))
      fault(unknown->code(), set, unknown->detail());
    return {};
  }

  Result<void> check_external(const RecordSet& set) {
    external_.push_back({{set.alias->target, set.type}, set.owner, false});
    const dns::Name& target = set.alias->target;
    if (target.is_under(import_.name)) {
      for (dns::Name at = target; at != import_.name; at = at.parent())
        if (!sets_at(at, dns::RrType::NS).empty()) return {};  // delegated
      fault(ErrorCode::bad_value, set, target.to_string() + " is in this zone");
      return {};
    }
    std::vector<Error> found;
    if (auto done = check_external_target(state_, nullptr, target, found); !done) return done;
    for (const Error& one : found)
      fault(one.code(), set, one.detail());
    return {};
  }

  Result<void> check_external_count() {
    return zones::check_external_count(state_, external_, faults_);
  }

  /// The sets of one name and type; they stand next to each other.
  std::span<const RecordSet> sets_at(const dns::Name& name, dns::RrType type) const {
    const auto before = [](const RecordSet& set,
                           const std::pair<const dns::Name&, dns::RrType>& key) {
      return std::tie(set.owner, set.type) < std::tie(key.first, key.second);
    };
    const std::pair<const dns::Name&, dns::RrType> key(name, type);
    const auto first = std::lower_bound(import_.sets.begin(), import_.sets.end(), key, before);
    auto last = first;
    while (last != import_.sets.end() && last->owner == name && last->type == type)
      ++last;
    return {first, last};
  }

  /// The target must be there, and no chain of aliases may come back or be too long.
  void check_alias(const RecordSet& start) {
    std::set<dns::Name> seen, level{start.alias->target};
    for (std::size_t depth = 1; !level.empty(); ++depth) {
      if (level.contains(start.owner))
        return fault(ErrorCode::alias_loop, start, "this alias leads back to its own name");
      if (depth > max_alias_chain)
        return fault(
            ErrorCode::alias_loop, start,
            "this alias leads over more than " + std::to_string(max_alias_chain) + " others");
      std::set<dns::Name> next;
      for (const dns::Name& name : level) {
        const auto sets = sets_at(name, start.type);
        if (sets.empty() && depth == 1)
          return fault(ErrorCode::alias_target_missing, start,
                       name.to_string() + " has no " + dns::to_string(start.type) + " records");
        for (const RecordSet& set : sets)
          if (set.alias && !set.alias->external && seen.insert(set.alias->target).second)
            next.insert(set.alias->target);
      }
      level = std::move(next);
    }
  }

  const Snapshot& state_;
  const ZoneImport& import_;
  std::vector<Error> faults_;
  std::vector<ExternalAlias> external_;
  std::set<std::string> known_checks_;
  std::optional<policy::RegionList> regions_;
};

}  // namespace

Result<void> check_import_references(const Snapshot& state, const ZoneImport& import) {
  return References(state, import).check();
}

namespace {

/// Whether the import holds exactly what an instance has made.
Result<bool> keeps(const Snapshot& state, const HostedZone& zone,
                   const TrafficPolicyInstance& instance, const ZoneImport& import) {
  std::vector<RecordSet> made, given;
  std::set<std::pair<dns::Name, dns::RrType>> groups;  // nobody else may join them
  auto done = state.for_each(zone, std::nullopt, instance.name, [&](RecordSet&& set) {
    if (set.traffic_policy_instance != instance.id) return true;
    groups.emplace(set.owner, set.type);
    made.push_back(std::move(set));
    return true;
  });
  if (!done) return done.error();
  for (const RecordSet& set : import.sets) {
    if (set.traffic_policy_instance == instance.id)
      given.push_back(set);
    else if (groups.contains({set.owner, set.type}))
      return false;
  }
  return made == given;  // both in canonical order
}

}  // namespace

Result<void> settle_instances(const Snapshot& state, ZoneImport& import) {
  auto instances = traffic_policy_instances(state);
  if (!instances) return instances.error();
  auto zone = replaced_zone(state, import);
  if (!zone) return zone.error();
  std::erase_if(*instances, [&](const auto& one) { return !*zone || one.zone != (*zone)->id; });
  const auto is_here = [&](const std::string& id) {
    return std::any_of(instances->begin(), instances->end(),
                       [&](const auto& one) { return one.id == id; });
  };
  for (RecordSet& set : import.sets)
    if (!set.traffic_policy_instance.empty() && !is_here(set.traffic_policy_instance))
      set.traffic_policy_instance.clear();

  std::vector<Error> faults;
  for (const TrafficPolicyInstance& instance : *instances) {
    auto kept = keeps(state, **zone, instance, import);
    if (!kept) return kept.error();
    if (!*kept)
      faults.emplace_back(ErrorCode::in_use,
                          "the import changes what traffic policy instance " + instance.id +
                              " has made at " + instance.name.to_string() +
                              "; leave that as the export shows it, or delete the instance first");
  }
  if (faults.size() == 1) return faults.front();
  if (!faults.empty()) return Error::batch(std::move(faults));
  return {};
}

}  // namespace waymark::zones
