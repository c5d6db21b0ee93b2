// SPDX-License-Identifier: Apache-2.0
#include "zones/external_alias.h"

#include <algorithm>
#include <set>
#include <string>

namespace waymark::zones {
namespace {

Result<bool> delegates_now(const Snapshot& state, const HostedZone& zone, const dns::Name& name) {
  auto sets = state.record_sets_at(zone, name);
  if (!sets) return sets.error();
  return std::any_of(sets->begin(), sets->end(),
                     [](const RecordSet& set) { return set.type == dns::RrType::NS; });
}

}  // namespace

std::optional<ExternalAlias> external_alias_of(const HostedZone& zone, const RecordSet& set) {
  if (!set.alias || !set.alias->external) return std::nullopt;
  return ExternalAlias{{set.alias->target, set.type},
                       set.owner,
                       set.alias->evaluate_target_health,
                       zone.private_number(),
                       zone.id.text};
}

std::size_t different_targets(std::span<const ExternalAlias> aliases) {
  std::size_t different = 0;
  for (std::size_t i = 0; i < aliases.size(); ++i)
    different += i == 0 || aliases[i].target != aliases[i - 1].target ? 1U : 0U;
  return different;
}

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

Result<void> check_external_target(const Snapshot& state, const HostedZone& own,
                                   const dns::Name& target, const Delegates& delegates,
                                   std::vector<Error>& faults) {
  auto zone = state.zone_above(target);
  if (!zone) return zone.error();
  // A zone that is only being made, or a private one, is not among the public ones that stand.
  const bool in_own =
      target.is_under(own.name) && (own.is_private() || !*zone ||
                                    !(*zone)->name.is_under(own.name) || (*zone)->name == own.name);
  if (in_own) zone->emplace(own);
  if (!*zone) return {};
  for (dns::Name at = target; at != (*zone)->name; at = at.parent()) {
    auto delegated = in_own ? delegates(at) : delegates_now(state, **zone, at);
    if (!delegated) return delegated.error();
    if (*delegated) return {};
  }
  faults.emplace_back(
      ErrorCode::bad_value,
      target.to_string() +
          (in_own ? " is in this zone; use a plain alias, {\"name\":…}"
                  : " is in the hosted zone " + (*zone)->name.to_string() +
                        "; only its own zone can have a plain alias, {\"name\":…}, of it"),
      "/alias/external");
  return {};
}

Result<void> check_external_count(const Snapshot& state, std::span<const ExternalAlias> added,
                                  std::vector<Error>& faults) {
  std::set<ExternalTarget> targets;
  for (const ExternalAlias& one : added)
    targets.insert(one.target);
  std::size_t more = 0;
  for (const ExternalTarget& target : targets) {
    const auto known = state.has_external_target(target);
    if (!known) return known.error();
    more += *known ? 0U : 1U;
  }
  if (more == 0) return {};
  const auto stored = state.external_targets(most_external_targets + 1);
  if (!stored) return stored.error();
  if (*stored + more > most_external_targets)
    faults.emplace_back(ErrorCode::too_large,
                        std::to_string(*stored + more) + " external targets; at most " +
                            std::to_string(most_external_targets) + " are resolved ahead",
                        "/alias/external");
  return {};
}

Result<std::vector<std::pair<std::size_t, Error>>> external_faults(
    const Snapshot& state, const HostedZone& zone, std::span<const Change> changes,
    const std::map<RecordKey, std::size_t>& puts, const Delegates& delegates) {
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
    added.push_back(*external_alias_of(zone, changes[change].record_set));
    if (auto done = check_external_target(state, zone, alias->target, delegates, faults); !done)
      return done.error();
    blame(last = change);
  }
  if (auto done = check_external_count(state, added, faults); !done) return done.error();
  blame(last);
  return out;
}

}  // namespace waymark::zones
