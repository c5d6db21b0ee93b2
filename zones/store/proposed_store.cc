// SPDX-License-Identifier: Apache-2.0
#include "zones/store/proposed_store.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "zones/external_alias.h"

namespace waymark::zones {
namespace {

bool earlier(const RecordSet& a, const RecordSet& b) {
  return a.key() < b.key();
}

/// A snapshot with one more commit on top of it.
class ProposedSnapshot final : public Snapshot {
 public:
  ProposedSnapshot(std::shared_ptr<const Snapshot> base, std::shared_ptr<const Commit> proposed)
      : base_(std::move(base)),
        proposed_(std::move(proposed)),
        zone_(std::get<ZoneId>(proposed_->scope)),
        added_(proposed_->effects.added) {
    std::sort(added_.begin(), added_.end(), earlier);
    for (const RecordSet& set : proposed_->effects.removed)
      removed_.push_back(set.key());
    std::sort(removed_.begin(), removed_.end());
  }

  Revision revision() const override {
    const Revision base = base_->revision();
    return {base.epoch, base.number + 1};
  }
  Result<std::vector<HostedZone>> zones() const override { return base_->zones(); }
  Result<std::optional<HostedZone>> zone(const ZoneId& id) const override {
    return base_->zone(id);
  }
  Result<std::optional<HostedZone>> last_known(const ZoneId& id) const override {
    return base_->last_known(id);
  }
  Result<std::vector<HostedZone>> deleted_zones_named(const dns::Name& name) const override {
    return base_->deleted_zones_named(name);
  }
  Result<std::vector<HostedZone>> zones_named(const dns::Name& name) const override {
    return base_->zones_named(name);
  }
  Result<std::optional<HostedZone>> zone_named(const dns::Name& name) const override {
    return base_->zone_named(name);
  }
  Result<std::optional<HostedZone>> zone_numbered(std::uint32_t number) const override {
    return base_->zone_numbered(number);
  }
  Result<std::optional<HostedZone>> zone_above(const dns::Name& name) const override {
    return base_->zone_above(name);
  }

  Result<std::vector<RecordSet>> record_sets_at(const HostedZone& zone,
                                                const dns::Name& owner) const override {
    return with_changes(base_->record_sets_at(zone, owner), zone,
                        [&](const RecordSet& set) { return set.owner == owner; });
  }
  Result<bool> has_names_below(const HostedZone& zone, const dns::Name& owner) const override {
    bool found = false;
    auto looked = for_each(zone, std::nullopt, owner, [&](RecordSet&& set) {
      found = set.owner != owner;
      return !found;
    });
    if (!looked) return looked.error();
    return found;
  }
  Result<void> for_each(const HostedZone& zone, const std::optional<RecordKey>& after,
                        const std::optional<dns::Name>& under,
                        const std::function<bool(RecordSet&&)>& visit) const override {
    if (zone.id != zone_) return base_->for_each(zone, after, under, visit);
    auto next = added_.begin();
    bool going_on = true;
    const auto visit_added = [&](const RecordKey* before) {
      for (; going_on && next != added_.end() && (before == nullptr || next->key() < *before);
           ++next)
        if ((!after || *after < next->key()) && (!under || next->owner.is_under(*under)))
          going_on = visit(RecordSet(*next));
    };
    auto read = base_->for_each(zone, after, under, [&](RecordSet&& set) {
      const RecordKey key = set.key();
      visit_added(&key);
      if (going_on && !is_removed(key)) going_on = visit(std::move(set));
      return going_on;
    });
    if (read) visit_added(nullptr);
    return read;
  }
  Result<std::vector<RecordSet>> aliases_to(const HostedZone& zone,
                                            const dns::Name& target) const override {
    return with_changes(base_->aliases_to(zone, target), zone, [&](const RecordSet& set) {
      return set.alias && set.alias->target == target;
    });
  }
  Result<std::vector<ExternalAlias>> external_aliases(
      const std::optional<ExternalTarget>& to) const override {
    auto aliases = base_->external_aliases(to);
    if (!aliases) return aliases;
    auto zone = base_->zone(zone_);
    if (!zone) return zone.error();
    if (!*zone) return aliases;
    const auto wanted = [&](const RecordSet& set) {
      auto alias = external_alias_of(**zone, set);
      return alias && (!to || alias->target == *to) ? alias : std::nullopt;
    };
    for (const RecordSet& set : proposed_->effects.removed)
      if (const auto alias = wanted(set))
        if (const auto at = std::find(aliases->begin(), aliases->end(), *alias);
            at != aliases->end())
          aliases->erase(at);
    for (const RecordSet& set : added_)
      if (auto alias = wanted(set)) aliases->push_back(std::move(*alias));
    std::stable_sort(aliases->begin(), aliases->end(),
                     [](const auto& a, const auto& b) { return a.target < b.target; });
    return aliases;
  }
  Result<bool> has_external_target(const ExternalTarget& target) const override {
    const auto aliases = external_aliases(target);
    if (!aliases) return aliases.error();
    return !aliases->empty();
  }
  Result<std::size_t> external_targets(std::size_t limit) const override {
    const auto aliases = external_aliases(std::nullopt);
    if (!aliases) return aliases.error();
    return std::min(limit, different_targets(*aliases));
  }
  Result<std::vector<std::pair<ZoneId, RecordKey>>> users_of(
      const std::string& health_check_id) const override {
    auto users = base_->users_of(health_check_id);
    if (!users) return users;
    std::erase_if(*users,
                  [&](const auto& one) { return one.first == zone_ && is_removed(one.second); });
    for (const RecordSet& set : added_)
      if (set.health_check_id == health_check_id) users->emplace_back(zone_, set.key());
    return users;
  }

  Result<std::optional<std::string>> object(const ObjectKey& key) const override {
    return base_->object(key);
  }
  Result<std::vector<std::pair<std::string, std::string>>> objects(ObjectKind kind) const override {
    return base_->objects(kind);
  }

  Result<std::optional<Committed>> commit(const ChangeId& id) const override {
    return base_->commit(id);
  }
  Result<std::vector<Committed>> history(const ZoneId& zone,
                                         std::optional<std::uint64_t> before_version,
                                         std::size_t limit) const override {
    return base_->history(zone, before_version, limit);
  }
  Result<std::vector<LoggedCommit>> log(std::optional<std::uint64_t> before,
                                        std::size_t limit) const override {
    return base_->log(before, limit);
  }
  Result<LogVerdict> verify_log(const std::optional<LogHead>& expected) const override {
    return base_->verify_log(expected);
  }
  Result<std::optional<DoneRequest>> done_request(const std::string& name,
                                                  TimePoint since) const override {
    return base_->done_request(name, since);
  }
  Result<std::vector<Committed>> commits_since(Revision after, std::size_t limit) const override {
    auto commits = base_->commits_since(after, limit);
    if (!commits) return commits;
    const Revision last = commits->empty() ? after : commits->back().revision;
    if (commits->size() < limit && last == base_->revision())
      commits->push_back({*proposed_, revision()});
    return commits;
  }

 private:
  bool is_removed(const RecordKey& key) const {
    return std::binary_search(removed_.begin(), removed_.end(), key);
  }

  template <class Wanted>
  Result<std::vector<RecordSet>> with_changes(Result<std::vector<RecordSet>> sets,
                                              const HostedZone& zone, const Wanted& wanted) const {
    if (!sets || zone.id != zone_) return sets;
    std::erase_if(*sets, [&](const RecordSet& set) { return is_removed(set.key()); });
    std::copy_if(added_.begin(), added_.end(), std::back_inserter(*sets), wanted);
    std::sort(sets->begin(), sets->end(), earlier);
    return sets;
  }

  std::shared_ptr<const Snapshot> base_;
  std::shared_ptr<const Commit> proposed_;
  ZoneId zone_;
  std::vector<RecordSet> added_;    // sorted
  std::vector<RecordKey> removed_;  // sorted; a changed set is in both
};

Error read_only() {
  return {ErrorCode::unsupported, "a proposed state is only read"};
}

}  // namespace

ProposedStore::ProposedStore(std::shared_ptr<const Snapshot> base, Commit proposed)
    : base_(std::move(base)), proposed_(std::make_shared<const Commit>(std::move(proposed))) {}

Result<std::unique_ptr<Snapshot>> ProposedStore::snapshot() const {
  return std::unique_ptr<Snapshot>(std::make_unique<ProposedSnapshot>(base_, proposed_));
}

Revision ProposedStore::applied() const {
  return ProposedSnapshot(base_, proposed_).revision();
}

Awaitable<Result<Committed>> ProposedStore::commit(Decide /*decide*/) {
  co_return read_only();
}

Awaitable<Result<Committed>> ProposedStore::replace(ZoneId /*zone*/, RecordSource /*source*/,
                                                    Decide /*decide*/) {
  co_return read_only();
}

std::string ProposedStore::fault() const {
  return read_only().detail();
}

}  // namespace waymark::zones
