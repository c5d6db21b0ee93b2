// SPDX-License-Identifier: Apache-2.0
#include "zones/zone_history.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "zones/traffic_policy.h"

namespace waymark::zones {

namespace {

using Content = std::map<RecordKey, RecordSet>;

constexpr std::size_t page = 500;

bool deletes_zone(const Commit& commit) {
  return std::any_of(commit.effects.objects.begin(), commit.effects.objects.end(),
                     [](const ObjectChange& change) {
                       return change.key.kind == ObjectKind::zone && !change.after;
                     });
}

/// Whether the log has every record set that the commit removed and added. A zone has two at least.
bool is_listed(const Commit& commit) {
  return !commit.effects.replaced && !(deletes_zone(commit) && commit.effects.removed.empty());
}

void put(Content& content, const std::vector<RecordSet>& removed,
         const std::vector<RecordSet>& added) {
  for (const RecordSet& set : removed)
    content.erase(set.key());
  for (const RecordSet& set : added)
    content.insert_or_assign(set.key(), set);
}

Result<Content> content_now(const Snapshot& state, const ZoneId& id) {
  Content content;
  auto zone = state.zone(id);
  if (!zone) return zone.error();
  if (!*zone) return content;  // deleted
  auto read = state.for_each(**zone, std::nullopt, std::nullopt, [&](RecordSet&& set) {
    RecordKey key = set.key();
    content.insert_or_assign(std::move(key), std::move(set));
    return true;
  });
  if (!read) return read.error();
  return content;
}

/// None when a change on the way is not listed.
Result<std::optional<Content>> taken_back(const Snapshot& state, const ZoneId& id,
                                          std::uint64_t version) {
  auto content = content_now(state, id);
  if (!content) return content.error();
  for (std::optional<std::uint64_t> before;;) {
    auto commits = state.history(id, before, page);
    if (!commits) return commits.error();
    for (const Committed& one : *commits) {
      if (one.commit.version <= version) return std::optional(*std::move(content));
      if (!is_listed(one.commit)) return std::optional<Content>();
      put(*content, one.commit.effects.added, one.commit.effects.removed);
      before = one.commit.version;
    }
    if (commits->empty()) return std::optional(*std::move(content));
  }
}

/// None when a change on the way is not listed.
Result<std::optional<Content>> done_again(const Snapshot& state, const ZoneId& id,
                                          std::uint64_t version) {
  std::vector<Committed> all;  // newest first
  while (all.empty() || all.back().commit.version > 1) {
    auto commits = state.history(id, all.empty() ? version + 1 : all.back().commit.version, page);
    if (!commits) return commits.error();
    if (commits->empty()) return std::optional<Content>();
    for (Committed& one : *commits) {
      if (!is_listed(one.commit)) return std::optional<Content>();
      all.push_back(std::move(one));
    }
  }
  Content content;
  for (auto one = all.rbegin(); one != all.rend(); ++one)
    put(content, one->commit.effects.removed, one->commit.effects.added);
  return std::optional(std::move(content));
}

std::vector<RecordSet> sets_of(Content content) {
  std::vector<RecordSet> sets;
  sets.reserve(content.size());
  for (auto& [key, set] : content)
    sets.push_back(std::move(set));
  return sets;
}

}  // namespace

Result<std::vector<RecordSet>> records_after(const Snapshot& state, const Commit& change) {
  const auto* id = std::get_if<ZoneId>(&change.scope);
  if (id == nullptr)
    return Error(ErrorCode::not_found, "change " + change.id.text + " is not one of a zone");
  if (deletes_zone(change))
    return Error(ErrorCode::not_found,
                 "change " + change.id.text + " deleted the zone; name the change before it");
  auto content = taken_back(state, *id, change.version);
  if (!content) return content.error();
  if (!*content) content = done_again(state, *id, change.version);
  if (!content) return content.error();
  if (*content) return sets_of(**std::move(content));
  return Error(ErrorCode::unsupported,
               "what stood after change " + change.id.text +
                   " is not in the log: a large import or deletion, which is kept without its "
                   "records, lies on both ways to it");
}

Result<std::vector<RecordSet>> keep_instances(const Snapshot& state, const HostedZone& zone,
                                              std::vector<RecordSet> sets) {
  auto instances = traffic_policy_instances(state);
  if (!instances) return instances.error();
  const bool has_some = std::any_of(instances->begin(), instances->end(),
                                    [&](const auto& one) { return one.zone == zone.id; });
  if (!has_some) return sets;
  std::erase_if(sets, [&](const RecordSet& set) {
    return std::any_of(instances->begin(), instances->end(), [&](const auto& one) {
      return one.zone == zone.id && one.id == set.traffic_policy_instance;
    });
  });
  auto read = state.for_each(zone, std::nullopt, std::nullopt, [&](RecordSet&& set) {
    if (!set.traffic_policy_instance.empty()) sets.push_back(std::move(set));
    return true;
  });
  if (!read) return read.error();
  return sets;
}

}  // namespace waymark::zones
