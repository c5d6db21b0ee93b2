// SPDX-License-Identifier: Apache-2.0
#include "zones/external_alias.h"

#include <algorithm>
#include <set>
#include <string>

namespace waymark::zones {

void check_external_alias(const RecordSet& set, std::vector<Error>& faults) {
  if (set.type != dns::RrType::A && set.type != dns::RrType::AAAA)
    faults.emplace_back(ErrorCode::bad_type,
                        "an external alias gives addresses; " + dns::to_string(set.type) +
                            " can not be one, use A or AAAA",
                        "/type");
  if (set.alias->target.is_wildcard() || set.alias->target.is_root())
    faults.emplace_back(
        ErrorCode::bad_name,
        set.alias->target.to_string() + " can not be resolved; use the name of one host",
        "/alias/external");
}

Result<void> check_external_target(const Snapshot& state, const HostedZone* own,
                                   const dns::Name& target, std::vector<Error>& faults) {
  if (own != nullptr && own->is_private() && target.is_under(own->name)) {
    faults.emplace_back(ErrorCode::bad_value,
                        target.to_string() + " is in this zone; use a plain alias, {\"name\":…}",
                        "/alias/external");
    return {};
  }
  auto zone = state.zone_above(target);
  if (!zone) return zone.error();
  if (!*zone) return {};
  for (dns::Name at = target; at != (*zone)->name; at = at.parent()) {
    auto sets = state.record_sets_at(**zone, at);
    if (!sets) return sets.error();
    for (const RecordSet& set : *sets)
      if (set.type == dns::RrType::NS) return {};  // delegated
  }
  faults.emplace_back(ErrorCode::bad_value,
                      target.to_string() + " is in the hosted zone " + (*zone)->name.to_string() +
                          "; only its own zone can have a plain alias, {\"name\":…}, of it",
                      "/alias/external");
  return {};
}

Result<void> check_external_count(const Snapshot& state, std::span<const ExternalAlias> added,
                                  std::vector<Error>& faults) {
  if (added.empty()) return {};
  auto stored = state.external_aliases();
  if (!stored) return stored.error();
  std::set<ExternalTarget> targets;
  for (const ExternalAlias& one : *stored)
    targets.insert(one.target);
  for (const ExternalAlias& one : added)
    targets.insert(one.target);
  if (targets.size() > most_external_targets)
    faults.emplace_back(
        ErrorCode::too_large,
        std::to_string(targets.size()) + " external targets; at most 10000 are resolved ahead",
        "/alias/external");
  return {};
}

Result<std::vector<std::pair<std::size_t, Error>>> external_faults(
    const Snapshot& state, const HostedZone& zone, std::span<const Change> changes,
    const std::map<RecordKey, std::size_t>& puts) {
  std::vector<std::pair<std::size_t, Error>> out;
  std::vector<ExternalAlias> added;
  std::vector<Error> faults;
  const auto blame = [&](std::size_t change) {
    for (Error& fault : faults)
      out.emplace_back(change, std::move(fault));
    faults.clear();
  };
  std::size_t last = 0;
  for (const auto& [key, change] : puts) {
    const auto& alias = changes[change].record_set.alias;
    if (!alias || !alias->external) continue;
    added.push_back({{alias->target, key.type}, key.owner, alias->evaluate_target_health});
    if (auto done = check_external_target(state, &zone, alias->target, faults); !done)
      return done.error();
    blame(last = change);
  }
  if (auto done = check_external_count(state, added, faults); !done) return done.error();
  blame(last);
  return out;
}

}  // namespace waymark::zones
