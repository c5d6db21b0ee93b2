// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/health_gates.h"

#include <algorithm>
#include <optional>

#include "zones/compile/slot_keys.h"

namespace waymark::zones {
using health::HealthSlot;

Result<void> HealthGates::restore(const Snapshot& state) {
  auto checks = state.objects(ObjectKind::health_check);
  if (!checks) return checks.error();
  for (const std::string& key : slot_keys::with(slots_, slot_keys::check_prefix)) {
    const std::string_view id = std::string_view(key).substr(slot_keys::check_prefix.size());
    const auto at = std::lower_bound(  // objects come by id
        checks->begin(), checks->end(), id,
        [](const auto& check, std::string_view wanted) { return check.first < wanted; });
    if (at == checks->end() || at->first != id) slots_.release(key);
  }
  for (const auto& [id, json] : *checks)
    slots_.slot(slot_keys::check(id));

  if (auto restored = restore_external(state); !restored) return restored;
  for (const std::string& key : slot_keys::with(slots_, slot_keys::group_prefix)) {
    auto wanted = restore_group(state, key);
    if (!wanted) return wanted.error();
    if (!*wanted) drop(key);
  }
  for (const std::string& key : slot_keys::with(slots_, slot_keys::all_prefix))
    if (!restore_all(key)) drop(key);
  changed_ = true;
  return restore_panic(state);
}

/// What the image was compiled with stands among its slots.
Result<void> HealthGates::restore_panic(const Snapshot& state) {
  const std::string wanted =
      std::string(slot_keys::percent_prefix) + std::to_string(panic_percent_);
  bool found = panic_percent_ == 0;
  for (const std::string& key : slot_keys::with(slots_, slot_keys::percent_prefix)) {
    if (key == wanted && panic_percent_ > 0) {
      found = true;
      continue;
    }
    slots_.release(key);
    panic_changed_ = true;
  }
  if (!found) {
    slots_.slot(wanted);
    panic_changed_ = true;
  }
  for (const std::string& key : slot_keys::with(slots_, slot_keys::crowd_prefix)) {
    auto kept = restore_crowd(state, key);
    if (!kept) return kept.error();
    if (!*kept) drop(key);
  }
  for (const std::string& key : slot_keys::with(slots_, slot_keys::panic_prefix)) {
    const auto pair =
        slot_keys::parse_pair(std::string_view(key).substr(slot_keys::panic_prefix.size()));
    if (pair && gates_.contains(pair->second))
      put({slots_.slot(key), 1, {pair->first, pair->second}, health::Gate::Kind::unless_panic});
    else
      drop(key);
  }
  return {};
}

Result<bool> HealthGates::restore_crowd(const Snapshot& state, const std::string& key) {
  const std::string_view rest = std::string_view(key).substr(slot_keys::crowd_prefix.size());
  const std::size_t first = rest.find('/'), last = rest.rfind('/');
  const auto type = dns::parse_rr_type(rest.substr(last + 1));
  if (panic_percent_ == 0 || first == last || !type) return false;
  auto name = dns::Name::parse(rest.substr(first + 1, last - first - 1));
  if (!name) return false;
  auto zone = state.zone(ZoneId{std::string(rest.substr(0, first))});
  if (!zone) return zone.error();
  if (!*zone) return false;
  auto sets = state.record_sets_at(**zone, *name);
  if (!sets) return sets.error();
  std::erase_if(*sets, [&](const RecordSet& set) { return set.type != *type; });
  if (sets->empty()) return false;
  auto slot = crowd(state, **zone, sets->data(), sets->data() + sets->size());
  if (!slot) return slot.error();
  return *slot != HealthSlot::always_healthy;
}

Result<HealthSlot> HealthGates::crowd(const Snapshot& state, const HostedZone& zone,
                                      const RecordSet* first, const RecordSet* last) {
  const auto members = static_cast<std::uint64_t>(last - first);
  if (panic_percent_ == 0 || members < 2 || std::holds_alternative<Failover>(first->routing))
    return HealthSlot::always_healthy;
  health::Gate gate{
      slots_.slot(slot_keys::crowd(zone.id, first->owner) + dns::to_string(first->type)), 0, {}};
  if (gate.slot == HealthSlot::always_healthy) return gate.slot;
  // Healthy while no fewer than the threshold are: rounded up.
  gate.needed = static_cast<std::uint32_t>((members * panic_percent_ + 99) / 100);
  for (const RecordSet* set = first; set != last; ++set) {
    auto member = of(state, zone, *set);
    if (!member) return member.error();
    gate.of.push_back(member->slot);
  }
  const HealthSlot slot = gate.slot;
  put(std::move(gate));
  return slot;
}

HealthSlot HealthGates::unless_panic(HealthSlot member, HealthSlot crowd) {
  if (member == HealthSlot::always_healthy || crowd == HealthSlot::always_healthy) return member;
  const std::string key = std::string(slot_keys::panic_prefix) + slot_keys::number(member) + "/" +
                          slot_keys::number(crowd);
  const HealthSlot slot = slots_.slot(key);
  if (slot == HealthSlot::always_healthy) return member;
  put({slot, 1, {member, crowd}, health::Gate::Kind::unless_panic});
  return slot;
}

Result<bool> HealthGates::restore_group(const Snapshot& state, const std::string& key) {
  const std::string_view rest = std::string_view(key).substr(slot_keys::group_prefix.size());
  const std::size_t first = rest.find('/'), last = rest.rfind('/');
  const auto type = dns::parse_rr_type(rest.substr(last + 1));
  if (first == last || !type) return false;
  auto name = dns::Name::parse(rest.substr(first + 1, last - first - 1));
  if (!name) return false;
  auto zone = state.zone(ZoneId{std::string(rest.substr(0, first))});
  if (!zone) return zone.error();
  if (!*zone) return false;

  auto aliases = state.aliases_to(**zone, *name);
  if (!aliases) return aliases.error();
  const bool wanted = std::any_of(aliases->begin(), aliases->end(), [&](const RecordSet& set) {
    return set.type == *type && set.alias->evaluate_target_health;
  });
  if (!wanted) return false;
  auto depends = depends_on_client(state, **zone, *name, *type);
  if (!depends) return depends.error();
  if (*depends) return false;
  if (auto defined = define_group(state, **zone, key, *name, *type); !defined)
    return defined.error();
  return true;
}

bool HealthGates::restore_all(const std::string& key) {
  const auto pair =
      slot_keys::parse_pair(std::string_view(key).substr(slot_keys::all_prefix.size()));
  if (pair) put({slots_.slot(key), 2, {pair->first, pair->second}});
  return pair.has_value();
}

Result<void> HealthGates::check_changed(const Snapshot& state, const std::string& id) {
  auto check = state.object({ObjectKind::health_check, id});
  if (!check) return check.error();
  if (*check)
    slots_.slot(slot_keys::check(id));
  else
    slots_.release(slot_keys::check(id));
  return {};
}

Result<void> HealthGates::follow(const Snapshot& state, std::set<NameKey>& names) {
  std::vector<NameKey> open(names.begin(), names.end());
  while (!open.empty()) {
    const NameKey key = std::move(open.back());
    open.pop_back();
    const auto zone = zone_of(state, key);
    if (!zone) return zone.error();
    if (!*zone) continue;
    auto recompile = follow_one(state, **zone, key.name);
    if (!recompile) return recompile.error();
    for (dns::Name& one : *recompile) {
      NameKey alias{key.private_zone, std::move(one)};
      if (names.insert(alias).second) open.push_back(std::move(alias));
    }
  }
  return {};
}

/// Returns the names of the aliases that must be compiled anew.
Result<std::vector<dns::Name>> HealthGates::follow_one(const Snapshot& state,
                                                       const HostedZone& zone,
                                                       const dns::Name& name) {
  std::vector<dns::Name> recompile;
  const std::string prefix = slot_keys::group(zone.id, name);
  std::set<dns::RrType> types;
  for (const std::string& key : slot_keys::with(slots_, prefix))
    if (const auto type = dns::parse_rr_type(std::string_view(key).substr(prefix.size())))
      types.insert(*type);
  auto aliases = state.aliases_to(zone, name);
  if (!aliases) return aliases.error();
  for (const RecordSet& alias : *aliases)
    if (alias.alias->evaluate_target_health) types.insert(alias.type);

  for (const dns::RrType type : types) {
    const std::string key = prefix + dns::to_string(type);
    const bool was_a_bit = slots_.find(key) != nullptr;
    auto depends = depends_on_client(state, zone, name, type);
    if (!depends) return depends.error();
    if (was_a_bit && *depends) drop(key);
    if (was_a_bit && !*depends)
      if (auto defined = define_group(state, zone, key, name, type); !defined)
        return defined.error();
    if (was_a_bit != *depends) continue;
    for (const RecordSet& alias : *aliases)
      if (alias.type == type && alias.alias->evaluate_target_health)
        recompile.push_back(alias.owner);
  }
  return recompile;
}

Result<bool> HealthGates::depends_on_client(const Snapshot& state, const HostedZone& zone,
                                            const dns::Name& name, dns::RrType type,
                                            unsigned depth) {
  constexpr unsigned deepest = 32;  // validate lets no alias lead further
  if (depth > deepest) return false;
  auto sets = state.record_sets_at(zone, name);
  if (!sets) return sets.error();
  for (const RecordSet& set : *sets) {
    if (set.type != type) continue;
    if (std::holds_alternative<Geolocation>(set.routing) ||
        std::holds_alternative<Cidr>(set.routing))
      return true;
    if (!set.alias || !set.alias->evaluate_target_health || set.alias->external) continue;
    auto below = depends_on_client(state, zone, set.alias->target, type, depth + 1);
    if (!below || *below) return below;
  }
  return false;
}

Result<BranchHealth> HealthGates::of(const Snapshot& state, const HostedZone& zone,
                                     const RecordSet& set) {
  BranchHealth health;
  if (!set.health_check_id.empty())
    if (const HealthSlot* slot = slots_.find(slot_keys::check(set.health_check_id)))
      health.slot = *slot;
  if (!set.alias || !set.alias->evaluate_target_health) return health;

  if (set.alias->external) {
    health.slot = both(health.slot, external({set.alias->target, set.type}));
    return health;
  }
  const HealthSlot* known =
      slots_.find(slot_keys::group(zone.id, set.alias->target) + dns::to_string(set.type));
  if (known == nullptr || !gates_.contains(*known)) {
    auto depends = depends_on_client(state, zone, set.alias->target, set.type);
    if (!depends) return depends.error();
    health.descends = *depends;
    if (health.descends) return health;
  }
  auto target = group(state, zone, set.alias->target, set.type);
  if (!target) return target.error();
  health.slot = both(health.slot, *target);
  return health;
}

Result<HealthSlot> HealthGates::group(const Snapshot& state, const HostedZone& zone,
                                      const dns::Name& name, dns::RrType type) {
  const std::string key = slot_keys::group(zone.id, name) + dns::to_string(type);
  const HealthSlot slot = slots_.slot(key);
  if (slot == HealthSlot::always_healthy || gates_.contains(slot)) return slot;
  // Defined before its members are looked at, so that a loop of aliases ends here.
  put({slot, 1, {HealthSlot::always_healthy}});
  if (auto defined = define_group(state, zone, key, name, type); !defined) return defined.error();
  return slot;
}

Result<void> HealthGates::define_group(const Snapshot& state, const HostedZone& zone,
                                       const std::string& key, const dns::Name& name,
                                       dns::RrType type) {
  auto sets = state.record_sets_at(zone, name);
  if (!sets) return sets.error();
  health::Gate gate{slots_.slot(key), 1, {}};
  if (!gates_.contains(gate.slot)) put({gate.slot, 1, {HealthSlot::always_healthy}});
  for (const RecordSet& set : *sets) {
    if (set.type != type) continue;
    auto member = of(state, zone, set);
    if (!member) return member.error();
    gate.of.push_back(member->slot);
  }
  if (gate.of.empty()) gate.of.push_back(HealthSlot::always_healthy);  // nothing there: fail open
  std::sort(gate.of.begin(), gate.of.end());
  gate.of.erase(std::unique(gate.of.begin(), gate.of.end()), gate.of.end());
  put(std::move(gate));
  return {};
}

HealthSlot HealthGates::both(HealthSlot a, HealthSlot b) {
  if (a == HealthSlot::always_healthy || a == b) return b;
  if (b == HealthSlot::always_healthy) return a;
  const HealthSlot slot = slots_.slot(std::string(slot_keys::all_prefix) + slot_keys::number(a) +
                                      "/" + slot_keys::number(b));
  if (slot != HealthSlot::always_healthy) put({slot, 2, {a, b}});
  return slot;
}

void HealthGates::put(health::Gate gate) {
  health::Gate& known = gates_[gate.slot];
  if (known == gate) return;
  known = std::move(gate);
  changed_ = true;
}

void HealthGates::drop(const std::string& key) {
  if (const HealthSlot* slot = slots_.find(key)) gates_.erase(*slot);
  slots_.release(key);
  changed_ = true;
}

std::vector<health::Gate> HealthGates::gates() const {
  std::vector<health::Gate> gates;
  gates.reserve(gates_.size());
  for (const auto& [slot, gate] : gates_)
    gates.push_back(gate);
  return gates;
}

std::optional<std::string> HealthGates::check_of(std::string_view key) {
  if (!key.starts_with(slot_keys::check_prefix)) return std::nullopt;
  return std::string(key.substr(slot_keys::check_prefix.size()));
}

std::vector<std::pair<std::string, HealthSlot>> HealthGates::checks() const {
  std::vector<std::pair<std::string, HealthSlot>> checks;
  slots_.for_each(slot_keys::check_prefix, [&](const std::string& key, HealthSlot slot) {
    checks.emplace_back(key.substr(slot_keys::check_prefix.size()), slot);
  });
  return checks;
}

}  // namespace waymark::zones
