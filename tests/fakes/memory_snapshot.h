// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "zones/external_alias.h"
#include "zones/store/store.h"

namespace waymark::zones::fakes {

/// One hosted zone and some objects in memory: the state that decisions are judged against.
class MemorySnapshot final : public Snapshot {
 public:
  HostedZone hosted;
  std::map<RecordKey, RecordSet> sets;
  std::map<ObjectKey, std::string> stored_objects;

  void put(RecordSet set) {
    hosted.record_sets = sets.size() + 1;
    const RecordKey key = set.key();
    sets.insert_or_assign(key, std::move(set));
  }

  Revision revision() const override { return {}; }
  Result<std::vector<HostedZone>> zones() const override { return std::vector{hosted}; }
  Result<std::optional<HostedZone>> zone(const ZoneId& id) const override {
    return hosted_if(id == hosted.id);
  }
  Result<std::optional<HostedZone>> last_known(const ZoneId& id) const override { return zone(id); }
  Result<std::vector<HostedZone>> deleted_zones_named(const dns::Name&) const override {
    return std::vector<HostedZone>();
  }
  Result<std::vector<HostedZone>> zones_named(const dns::Name& name) const override {
    return name == hosted.name ? std::vector{hosted} : std::vector<HostedZone>();
  }
  Result<std::optional<HostedZone>> zone_named(const dns::Name& name) const override {
    return hosted_if(name == hosted.name);
  }
  Result<std::optional<HostedZone>> zone_numbered(std::uint32_t number) const override {
    return hosted_if(number == hosted.number);
  }
  Result<std::optional<HostedZone>> zone_above(const dns::Name& name) const override {
    return hosted_if(name.is_under(hosted.name));
  }
  Result<std::vector<RecordSet>> record_sets_at(const HostedZone&,
                                                const dns::Name& owner) const override {
    return matching([&](const RecordSet& set) { return set.owner == owner; });
  }
  Result<bool> has_names_below(const HostedZone&, const dns::Name& owner) const override {
    return !matching([&](const RecordSet& set) {
              return set.owner != owner && set.owner.is_under(owner);
            }).empty();
  }
  Result<void> for_each(const HostedZone&, const std::optional<RecordKey>& after,
                        const std::optional<dns::Name>& under,
                        const std::function<bool(RecordSet&&)>& visit) const override {
    for (const auto& [key, set] : sets) {
      if ((after && key <= *after) || (under && !set.owner.is_under(*under))) continue;
      if (!visit(RecordSet(set))) break;
    }
    return {};
  }
  Result<std::vector<RecordSet>> aliases_to(const HostedZone&,
                                            const dns::Name& target) const override {
    return matching([&](const RecordSet& set) { return set.alias && set.alias->target == target; });
  }
  Result<std::vector<ExternalAlias>> external_aliases(
      const std::optional<ExternalTarget>& to) const override {
    std::vector<ExternalAlias> found;
    for (const auto& [key, set] : sets)
      if (auto alias = external_alias_of(hosted, set); alias && (!to || alias->target == *to))
        found.push_back(std::move(*alias));
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return a.target < b.target; });
    return found;
  }
  Result<bool> has_external_target(const ExternalTarget& target) const override {
    return !external_aliases(target)->empty();
  }
  Result<std::size_t> external_targets(std::size_t limit) const override {
    return std::min(limit, different_targets(*external_aliases(std::nullopt)));
  }
  Result<std::vector<std::pair<ZoneId, RecordKey>>> users_of(
      const std::string& check) const override {
    std::vector<std::pair<ZoneId, RecordKey>> users;
    for (const auto& [key, set] : sets)
      if (set.health_check_id == check) users.emplace_back(hosted.id, key);
    return users;
  }
  Result<std::optional<std::string>> object(const ObjectKey& key) const override {
    const auto found = stored_objects.find(key);
    return found == stored_objects.end() ? std::optional<std::string>() : found->second;
  }
  Result<std::vector<std::pair<std::string, std::string>>> objects(ObjectKind kind) const override {
    std::vector<std::pair<std::string, std::string>> found;
    for (const auto& [key, json] : stored_objects)
      if (key.kind == kind) found.emplace_back(key.id, json);
    return found;
  }
  Result<std::optional<Committed>> commit(const ChangeId&) const override {
    return std::optional<Committed>();
  }
  Result<std::vector<Committed>> history(const ZoneId&, std::optional<std::uint64_t>,
                                         std::size_t) const override {
    return std::vector<Committed>();
  }
  Result<std::vector<LoggedCommit>> log(std::optional<std::uint64_t>, std::size_t) const override {
    return std::vector<LoggedCommit>();
  }
  Result<LogVerdict> verify_log(const std::optional<LogHead>&) const override {
    return LogVerdict();
  }
  Result<std::optional<DoneRequest>> done_request(const std::string&, TimePoint) const override {
    return std::optional<DoneRequest>();
  }
  Result<std::vector<Committed>> commits_since(Revision, std::size_t) const override {
    return std::vector<Committed>();
  }

 private:
  std::optional<HostedZone> hosted_if(bool found) const {
    return found ? std::optional(hosted) : std::nullopt;
  }
  template <class Match>
  std::vector<RecordSet> matching(Match&& match) const {
    std::vector<RecordSet> found;
    for (const auto& [key, set] : sets)
      if (match(set)) found.push_back(set);
    return found;
  }
};

}  // namespace waymark::zones::fakes
