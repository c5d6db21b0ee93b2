// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "zones/client_objects.h"
#include "zones/external_alias.h"
#include "zones/in_order.h"
#include "zones/instance_places.h"
#include "zones/name_rules.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

using dns::RrType;
using Action = Change::Action;

/// One name: what is stored, and what would be. Sorted by type and set id.
struct Touched {
  std::vector<RecordSet> before, after;
};

/// Works a batch out against the stored state, collecting every fault on the way. The Result of a
/// step is a failure of the store; what is wrong with the batch goes to `faults_`.
class Resolver {
 public:
  Resolver(const Snapshot& state, const HostedZone& zone, const ChangeBatch& batch)
      : state_(state), zone_(zone), batch_(batch), changes_(batch.changes), faults_(batch.faults) {
    for (Change& change : changes_)
      if (!change.readable) unread_.insert(change.record_set.owner);
  }

  Result<void> run() {
    check_each();
    for (const auto step :
         {&Resolver::apply_removes, &Resolver::apply_puts, &Resolver::check_names,
          &Resolver::check_references, &Resolver::check_places, &Resolver::check_dangling})
      if (auto done = (this->*step)(); !done) return done;
    if (!faults_.empty()) return Error::batch(std::move(faults_));
    return raise_serial();
  }

  Effects effects() const {
    Effects effects;
    for (const auto& [name, touched] : touched_) {
      for (const RecordSet& set : touched.before)
        if (!contains(touched.after, set)) effects.removed.push_back(set);
      for (const RecordSet& set : touched.after)
        if (!contains(touched.before, set)) effects.added.push_back(set);
    }
    return effects;
  }
  std::uint32_t serial() const noexcept { return serial_; }

 private:
  static bool contains(const std::vector<RecordSet>& sets, const RecordSet& set) {
    return std::find(sets.begin(), sets.end(), set) != sets.end();
  }

  void fault(std::size_t change, Error error) {
    faults_.push_back(error.at("/changes/" + std::to_string(change) + "/record"));
  }
  void fault(std::size_t change, ErrorCode code, std::string sentence, std::string pointer = {}) {
    fault(change, Error(code, std::move(sentence), std::move(pointer)));
  }

  Result<Touched*> load(const dns::Name& name) {
    if (const auto found = touched_.find(name); found != touched_.end()) return &found->second;
    auto stored = state_.record_sets_at(zone_, name);
    if (!stored) return stored.error();
    return &touched_.emplace(name, Touched{*stored, *stored}).first->second;
  }

  /// What a traffic policy instance has made changes with it alone.
  bool is_locked(std::size_t change, const std::vector<RecordSet>& stored) {
    auto locked = fault_of_instance(batch_, changes_[change], stored);
    if (locked) fault(change, *locked);
    return locked.has_value();
  }

  /// What a change says alone, and that no key is named twice but to be deleted and created.
  void check_each() {
    std::map<RecordKey, Action> seen;
    std::set<RecordKey> twice;
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      auto& [action, set, readable] = changes_[i];
      if (!readable) continue;
      std::sort(set.rdata.begin(), set.rdata.end());
      if (action == Action::remove && !set.owner.is_under(zone_.name))
        fault(i, ErrorCode::outside_zone,
              set.owner.to_string() + " is not in zone " + zone_.name.to_string(), "/name");
      if (action != Action::remove)
        for (const Error& error : check_record_set(set, zone_.name))
          fault(i, error);

      const auto [first, is_new] = seen.emplace(set.key(), action);
      if (is_new) continue;
      const bool replaces = (first->second == Action::remove && action == Action::create) ||
                            (first->second == Action::create && action == Action::remove);
      if (!replaces || !twice.insert(set.key()).second)
        fault(i, ErrorCode::bad_value,
              describe(set.key()) +
                  " is changed twice; only a delete with a create may name it again");
    }
  }

  Result<void> apply_removes() {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const auto& [action, set, readable] = changes_[i];
      if (!readable || action != Action::remove || !set.owner.is_under(zone_.name)) continue;
      auto name = load(set.owner);
      if (!name) return name.error();
      if (is_locked(i, (*name)->before)) continue;
      std::vector<RecordSet>& after = (*name)->after;
      const auto found = find_key(after, set.key());
      if (found == after.end())
        fault(i, ErrorCode::record_not_found, describe(set.key()) + " does not exist", "/name");
      else if (*found != set)
        fault(i, ErrorCode::values_mismatch,
              describe(set.key()) + " is not as given: " + difference(set, *found));
      else
        after.erase(found);
    }
    return {};
  }

  Result<void> apply_puts() {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const auto& [action, set, readable] = changes_[i];
      if (!readable || action == Action::remove || !set.owner.is_under(zone_.name)) continue;
      auto name = load(set.owner);
      if (!name) return name.error();
      if (is_locked(i, (*name)->before)) continue;
      std::vector<RecordSet>& after = (*name)->after;
      const auto found = find_key(after, set.key());
      puts_.insert_or_assign(set.key(), i);
      if (found == after.end()) {
        const auto later = [](const RecordSet& a, const RecordSet& b) {
          return std::tie(a.type, a.set_id) < std::tie(b.type, b.set_id);
        };
        after.insert(std::upper_bound(after.begin(), after.end(), set, later), set);
      } else if (action == Action::create) {
        fault(i, ErrorCode::record_exists,
              describe(set.key()) + " exists already; upsert replaces it", "/name");
      } else {
        *found = set;
      }
    }
    return {};
  }

  /// The change that a fault at a stored or changed set is told at.
  std::size_t blame(const RecordKey& key) const {
    if (const auto put = puts_.find(key); put != puts_.end()) return put->second;
    std::size_t nearest = 0;
    bool same_type = false;
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const RecordSet& set = changes_[i].record_set;
      if (set.owner != key.owner || (same_type && set.type != key.type)) continue;
      same_type = set.type == key.type;
      nearest = i;
    }
    return nearest;
  }

  Result<void> check_names() {
    for (const auto& [name, touched] : touched_) {
      if (unread_.contains(name)) continue;  // its end state is not known
      if (name == zone_.name && touched.after.empty())
        fault(blame({name, RrType::SOA, {}}), ErrorCode::apex_required,
              "a zone needs SOA and NS records at its own name", "/type");
      std::set<std::tuple<std::size_t, ErrorCode, std::string>> told;
      for (const SetFault& found : faults_of_name(touched.after, zone_.name)) {
        const std::size_t change = blame(touched.after[found.set].key());
        if (told.emplace(change, found.error.code(), found.error.pointer()).second)
          fault(change, found.error);
      }
    }
    return {};
  }

  Result<void> check_references() {
    std::optional<policy::RegionList> regions;
    for (const auto& [key, i] : puts_) {
      const RecordSet& set = changes_[i].record_set;
      if (!set.health_check_id.empty()) {
        auto check = state_.object({ObjectKind::health_check, set.health_check_id});
        if (!check) return check.error();
        if (!*check)
          fault(i, ErrorCode::health_check_missing,
                "there is no health check \"" + set.health_check_id + "\"", "/health_check_id");
      }
      if (auto done = check_region(i, set, regions); !done) return done;
      if (const auto* cidr = std::get_if<Cidr>(&set.routing))
        if (auto done = check_collection(i, *cidr); !done) return done;
      if (set.alias && !set.alias->external)
        if (auto done = check_alias(i, set); !done) return done;
    }
    return {};
  }

  Result<void> check_region(std::size_t change, const RecordSet& set,
                            std::optional<policy::RegionList>& regions) {
    if (region_of(set.routing).empty() && !std::holds_alternative<Latency>(set.routing)) return {};
    if (!regions) {
      auto known = regions_of(state_);
      if (!known) return known.error();
      regions = std::move(*known);
    }
    if (auto unknown = fault_of_region(*regions, set.routing)) fault(change, *unknown);
    return {};
  }

  Result<void> check_collection(std::size_t change, const Cidr& cidr) {
    const auto collection = cidr_collection(state_, cidr.collection_id);
    if (!collection) return collection.error();
    const auto wrong = fault_of_collection(*collection, cidr.collection_id, cidr.location);
    if (wrong) fault(change, *wrong);
    return {};
  }

  Result<void> check_alias(std::size_t change, const RecordSet& set) {
    const dns::Name& target = set.alias->target;
    if (!target.is_under(zone_.name)) {
      fault(change, ErrorCode::alias_target_missing,
            target.to_string() + " is not in zone " + zone_.name.to_string(), "/alias/name");
      return {};
    }
    auto at_target = load(target);
    if (!at_target) return at_target.error();
    if (!has_type((*at_target)->after, set.type)) {
      if (unread_.contains(target)) return {};
      fault(change, ErrorCode::alias_target_missing,
            target.to_string() + " has no " + dns::to_string(set.type) + " records", "/alias/name");
      return {};
    }
    return check_loop(change, set);
  }

  /// How many aliases of one type lead to a name one after the other, as they will stand.
  Result<std::size_t> depth_above(const RecordSet& start) {
    std::set<dns::Name> level{start.owner}, seen{start.owner};
    std::size_t depth = 0;
    while (!level.empty() && depth <= max_alias_chain) {
      std::set<dns::Name> next;
      for (const dns::Name& name : level) {
        auto aliases = state_.aliases_to(zone_, name);
        if (!aliases) return aliases.error();
        for (const RecordSet& alias : *aliases) {
          if (alias.type != start.type) continue;
          auto touched = load(alias.owner);
          if (!touched) return touched.error();
          if (contains((*touched)->after, alias) && seen.insert(alias.owner).second)
            next.insert(alias.owner);
        }
      }
      if (!next.empty()) ++depth;
      level = std::move(next);
    }
    return depth;
  }

  /// Follows aliases of one type, breadth first; each name once.
  Result<void> check_loop(std::size_t change, const RecordSet& start) {
    const auto above = depth_above(start);
    if (!above) return above.error();
    std::vector<dns::Name> level{start.alias->target};
    std::set<dns::Name> seen{start.alias->target};
    for (std::size_t depth = 1; !level.empty(); ++depth) {
      if (seen.contains(start.owner)) {
        fault(change, ErrorCode::alias_loop, "this alias leads back to " + start.owner.to_string(),
              "/alias/name");
        return {};
      }
      if (depth + *above > max_alias_chain) {
        fault(change, ErrorCode::alias_loop,
              "a chain of more than " + std::to_string(max_alias_chain) + " aliases",
              "/alias/name");
        return {};
      }
      std::vector<dns::Name> next;
      for (const dns::Name& name : level) {
        auto touched = load(name);
        if (!touched) return touched.error();
        for (const RecordSet& set : (*touched)->after)
          if (set.type == start.type && set.alias && !set.alias->external &&
              seen.insert(set.alias->target).second)
            next.push_back(set.alias->target);
      }
      level = std::move(next);
    }
    return {};
  }

  /// Stored aliases whose target the batch takes away.
  Result<void> check_dangling() {
    for (std::size_t i = 0; i < changes_.size(); ++i) {
      const auto& [action, removed, readable] = changes_[i];
      if (!readable || action != Action::remove || !removed.owner.is_under(zone_.name)) continue;
      auto name = load(removed.owner);
      if (!name) return name.error();
      if (has_type((*name)->after, removed.type)) continue;
      auto aliases = state_.aliases_to(zone_, removed.owner);
      if (!aliases) return aliases.error();
      for (const RecordSet& alias : *aliases) {
        if (alias.type != removed.type || puts_.contains(alias.key())) continue;
        auto at_alias = load(alias.owner);
        if (!at_alias) return at_alias.error();
        if (contains((*at_alias)->after, alias))
          fault(i, ErrorCode::alias_target_missing,
                describe(alias.key()) + " is an alias of this name; delete it in the same batch",
                "/name");
      }
    }
    return {};
  }

  /// External aliases, and what traffic policy instances need.
  Result<void> check_places() {
    const Delegates delegates = [this](const dns::Name& name) -> Result<bool> {
      auto touched = load(name);
      if (!touched) return touched.error();
      return has_type((*touched)->after, RrType::NS);
    };
    for (const auto& found :
         {external_faults(state_, zone_, changes_, puts_, delegates),
          hidden_faults(state_, zone_, changes_, puts_, batch_.traffic_policy_instance)}) {
      if (!found) return found.error();
      for (const auto& [change, error] : *found)
        fault(change, error);
    }
    return {};
  }

  Result<void> raise_serial() {
    const bool effective = std::any_of(touched_.begin(), touched_.end(), [](const auto& entry) {
      return entry.second.before != entry.second.after;
    });
    auto apex = load(zone_.name);
    if (!apex) return apex.error();
    const RecordKey key{zone_.name, RrType::SOA, {}};
    const auto soa = find_key((*apex)->after, key);
    if (soa == (*apex)->after.end() || soa->rdata.empty())
      return Error(ErrorCode::apex_required, "zone " + zone_.name.to_string() + " has no SOA");
    if (effective && !puts_.contains(key))
      set_soa_serial(soa->rdata[0], next_serial(soa_serial(soa->rdata[0])));
    serial_ = soa_serial(soa->rdata[0]);
    return {};
  }

  const Snapshot& state_;
  const HostedZone& zone_;
  const ChangeBatch& batch_;
  std::vector<Change> changes_;  // its own, with values in order
  std::set<dns::Name> unread_;   // owners of changes that could not be read
  std::map<dns::Name, Touched> touched_;
  std::map<RecordKey, std::size_t> puts_;  // creates and upserts → their change
  std::vector<Error> faults_;
  std::uint32_t serial_ = 0;
};

}  // namespace

Result<Commit> resolve(const Snapshot& state, const ChangeBatch& batch, Decider decider) {
  auto zone = state.zone(batch.zone);
  if (!zone) return zone.error();
  if (!*zone)
    return Error(ErrorCode::zone_not_found, "there is no zone with id " + batch.zone.text);
  const std::uint64_t version = (*zone)->version;
  if (batch.if_version && *batch.if_version != version)
    return Error(ErrorCode::version_mismatch,
                 "the zone is at version " + std::to_string(version) + ", not at " +
                     std::to_string(*batch.if_version),
                 "/if_version");
  if (batch.changes.empty() && batch.faults.empty())
    return Error(ErrorCode::missing_field, "a batch needs at least one change", "/changes");

  Resolver resolver(state, **zone, batch);
  auto done = resolver.run();
  if (batch.in_order) done = judge_in_order(state, **zone, batch, done);
  if (!done) return done.error();
  Effects effects = resolver.effects();
  auto objects = removed_instances(state, **zone, batch, effects.removed);
  if (!objects) return objects.error();
  effects.objects = std::move(*objects);
  return Commit{new_change_id(decider.random),
                batch.zone,
                version,
                version + 1,
                resolver.serial(),
                decider.clock.now(),
                batch.comment,
                std::move(decider.author),
                std::move(effects)};
}

}  // namespace waymark::zones
