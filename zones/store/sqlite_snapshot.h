// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "zones/store/sqlite.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Reads through a connection that stands in a transaction: a reader's, or the writer's own, which
/// then sees what that transaction has written so far.
class SqliteSnapshot final : public Snapshot {
 public:
  /// `lease`, when given, owns the connection and its transaction for as long as this reads.
  SqliteSnapshot(Database& database, Revision revision, std::shared_ptr<Database> lease = nullptr)
      : database_(database), revision_(revision), lease_(std::move(lease)) {}

  Revision revision() const override { return revision_; }
  Result<std::vector<HostedZone>> zones() const override;
  Result<std::optional<HostedZone>> zone(const ZoneId& id) const override;
  Result<std::optional<HostedZone>> last_known(const ZoneId& id) const override;
  Result<std::vector<HostedZone>> deleted_zones_named(const dns::Name& name) const override;
  Result<std::optional<HostedZone>> zone_named(const dns::Name& name) const override;
  Result<std::vector<HostedZone>> zones_named(const dns::Name& name) const override;
  Result<std::optional<HostedZone>> zone_numbered(std::uint32_t number) const override;
  Result<std::optional<HostedZone>> zone_above(const dns::Name& name) const override;
  Result<std::vector<RecordSet>> record_sets_at(const HostedZone& zone,
                                                const dns::Name& owner) const override;
  Result<bool> has_names_below(const HostedZone& zone, const dns::Name& owner) const override;
  Result<void> for_each(const HostedZone& zone, const std::optional<RecordKey>& after,
                        const std::optional<dns::Name>& under,
                        const std::function<bool(RecordSet&&)>& visit) const override;
  Result<std::vector<RecordSet>> aliases_to(const HostedZone& zone,
                                            const dns::Name& target) const override;
  Result<std::vector<ExternalAlias>> external_aliases(
      const std::optional<ExternalTarget>& to) const override;
  Result<bool> has_external_target(const ExternalTarget& target) const override;
  Result<std::size_t> external_targets(std::size_t limit) const override;
  Result<std::vector<std::pair<ZoneId, RecordKey>>> users_of(
      const std::string& health_check_id) const override;
  Result<std::optional<std::string>> object(const ObjectKey& key) const override;
  Result<std::vector<std::pair<std::string, std::string>>> objects(ObjectKind kind) const override;
  Result<std::optional<Committed>> commit(const ChangeId& id) const override;
  Result<std::vector<Committed>> history(const ZoneId& zone,
                                         std::optional<std::uint64_t> before_version,
                                         std::size_t limit) const override;
  Result<std::vector<LoggedCommit>> log(std::optional<std::uint64_t> before,
                                        std::size_t limit) const override;
  Result<LogVerdict> verify_log(const std::optional<LogHead>& expected) const override;
  Result<std::optional<DoneRequest>> done_request(const std::string& name,
                                                  TimePoint since) const override;
  Result<std::vector<Committed>> commits_since(Revision after, std::size_t limit) const override;

 private:
  Database& database_;
  Revision revision_;
  std::shared_ptr<Database> lease_;
};

/// Reads where the database stands. Within a transaction, this is what pins its view.
Result<Revision> read_revision(Database& database);
/// How a commit's scope is written in the log.
std::string scope_text(const Scope& scope);

}  // namespace waymark::zones
