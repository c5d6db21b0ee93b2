// SPDX-License-Identifier: Apache-2.0
#include "zones/zone_import.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "zones/name_rules.h"

namespace waymark::zones {

namespace {

using dns::Name;
using dns::RrType;

constexpr std::size_t most_faults = 100;

bool by_key(const RecordSet& a, const RecordSet& b) {
  return std::tie(a.owner, a.type, a.set_id) < std::tie(b.owner, b.type, b.set_id);
}

RecordSet* soa_of(ZoneImport& import) {
  for (auto& set : import.sets) {
    if (set.type == RrType::SOA && set.owner == import.name && !set.rdata.empty()) return &set;
  }
  return nullptr;
}

void check_apex(const ZoneImport& import, std::vector<Error>& faults) {
  const auto has = [&](RrType type) {
    return std::any_of(import.sets.begin(), import.sets.end(), [&](const RecordSet& set) {
      return set.owner == import.name && set.type == type && !set.rdata.empty();
    });
  };
  for (const auto type : {RrType::SOA, RrType::NS}) {
    if (has(type)) continue;
    faults.emplace_back(ErrorCode::apex_required, "the zone has no " + to_string(type) +
                                                      " at its apex " + import.name.to_string());
  }
}

/// Faults of all the sets of one name, which stand next to each other.
void check_owner(std::span<const RecordSet> sets, const Name& zone, std::vector<Error>& faults) {
  for (const auto& set : sets) {
    for (auto& fault : check_record_set(set, zone))
      faults.push_back(std::move(fault));
  }
  for (std::size_t i = 1; i < sets.size(); ++i) {
    if (by_key(sets[i - 1], sets[i])) continue;
    faults.emplace_back(ErrorCode::record_exists, sets[i].owner.to_string() + " " +
                                                      to_string(sets[i].type) + " is given twice");
  }
  for (auto& fault : faults_of_name(sets, zone))
    faults.push_back(std::move(fault.error));
}

struct Difference {
  std::vector<RecordSet> removed, added;
};

/// Both in canonical order. A set that changes is removed as it was and added as it is.
Difference difference(std::vector<RecordSet> before, const std::vector<RecordSet>& after) {
  Difference out;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(out.removed), by_key);
  auto old = before.begin();
  for (const auto& set : after) {
    while (old != before.end() && by_key(*old, set))
      ++old;
    if (old != before.end() && !by_key(set, *old)) {
      if (*old == set) continue;
      out.removed.push_back(std::move(*old++));
    }
    out.added.push_back(set);
  }
  std::sort(out.removed.begin(), out.removed.end(), by_key);
  return out;
}

Result<std::vector<RecordSet>> everything(const Snapshot& state, const HostedZone& zone) {
  std::vector<RecordSet> sets;
  auto read = state.for_each(zone, std::nullopt, std::nullopt, [&](RecordSet&& set) {
    sets.push_back(std::move(set));
    return true;
  });
  if (!read) return read.error();
  return sets;
}

}  // namespace

Result<ZoneImport> check_import(ZoneImport import) {
  // A zone file's reader has sorted them, and a million names take a second to sort again.
  if (!std::is_sorted(import.sets.begin(), import.sets.end(), by_key))
    std::sort(import.sets.begin(), import.sets.end(), by_key);
  std::vector<Error> faults;
  check_apex(import, faults);
  for (auto at = import.sets.begin(); at != import.sets.end() && faults.size() < most_faults;) {
    const auto end = std::find_if(at, import.sets.end(),
                                  [&](const RecordSet& set) { return set.owner != at->owner; });
    check_owner({at, end}, import.name, faults);
    at = end;
  }
  if (faults.empty()) return import;
  if (faults.size() > most_faults) faults.resize(most_faults);
  return Error::batch(std::move(faults));
}

Result<std::optional<HostedZone>> replaced_zone(const Snapshot& state, const ZoneImport& import) {
  if (import.vpcs) return std::optional<HostedZone>();
  return import.zone.text.empty() ? state.zone_named(import.name) : state.zone(import.zone);
}

Result<std::optional<HostedZone>> import_target(const Snapshot& state, const ZoneImport& import) {
  auto zone = replaced_zone(state, import);
  if (!zone) return zone;
  if (!*zone && !import.create) {
    return Error(ErrorCode::zone_not_found, "there is no zone " + import.name.to_string());
  }
  const auto version = *zone ? (*zone)->version : 0;
  if (import.if_version && *import.if_version != version) {
    return Error(ErrorCode::version_mismatch, "zone " + import.name.to_string() +
                                                  " is at version " + std::to_string(version) +
                                                  ", not " + std::to_string(*import.if_version));
  }
  return zone;
}

std::uint32_t settle_serial(ZoneImport& import, const std::optional<HostedZone>& stands) {
  auto* soa = soa_of(import);
  WAYMARK_ASSERT(soa);  // check_import has seen it
  auto serial = soa_serial(soa->rdata[0]);
  if (!stands) return serial;
  const std::uint32_t ahead = serial - stands->serial;  // RFC 1982 §3.2
  if (ahead == 0 || ahead >= 0x8000'0000) serial = next_serial(stands->serial);
  set_soa_serial(soa->rdata[0], serial);
  return serial;
}

Result<Commit> resolve_import(const Snapshot& state, const ZoneImport& import,
                              const ZoneDefaults& defaults, Decider decider) {
  auto zone = import_target(state, import);
  if (!zone) return zone.error();
  ZoneImport settled = import;
  const auto serial = settle_serial(settled, *zone);
  if (!*zone) {
    auto commit = resolve_zone_create(state, {import.name, import.zone_comment, import.vpcs},
                                      defaults, decider);
    if (!commit) return commit;
    commit->comment = import.comment;
    commit->soa_serial = serial;
    commit->effects.added = std::move(settled.sets);
    return commit;
  }

  auto before = everything(state, **zone);
  if (!before) return before.error();
  auto changes = difference(*std::move(before), settled.sets);
  Commit commit;
  commit.id = new_change_id(decider.random);
  commit.scope = (*zone)->id;
  commit.base = (*zone)->version;
  commit.version = commit.base + 1;
  commit.soa_serial = serial;
  commit.submitted = decider.clock.now();
  commit.comment = import.comment;
  commit.author = std::move(decider.author);
  commit.effects.removed = std::move(changes.removed);
  commit.effects.added = std::move(changes.added);
  return commit;
}

Result<Commit> resolve_staged_create(const Snapshot& state, const ZoneImport& import,
                                     const ZoneDefaults& defaults, Decider decider) {
  auto commit = resolve_zone_create(state, {import.name, import.zone_comment, import.vpcs},
                                    defaults, decider);
  if (!commit) return commit;
  commit->comment = import.comment;
  commit->effects.added.clear();
  commit->effects.replaced = true;
  commit->effects.replaced_sets = import.sets.size();
  for (const auto& set : import.sets) {
    if (set.type == RrType::SOA) commit->soa_serial = soa_serial(set.rdata[0]);
  }
  return commit;
}

}  // namespace waymark::zones
