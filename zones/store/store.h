// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/durations.h"
#include "base/result.h"
#include "zones/change_batch.h"
#include "zones/external_answers.h"
#include "zones/hosted_zone.h"
#include "zones/record_set.h"

namespace waymark::zones {

struct Revision {
  std::uint64_t epoch = 0, number = 0;
  friend auto operator<=>(const Revision&, const Revision&) = default;
};

struct Committed {
  Commit commit;
  Revision revision;
};

/// A line of the commit log, and what ties it to all before it (commit_chain.h).
struct LoggedCommit {
  Committed committed;
  Bytes link;
};
/// A line that was noted, to be found again.
struct LogHead {
  std::uint64_t number = 0;
  Bytes link;
};
/// What a reading of the whole log found.
struct LogVerdict {
  LogHead head;                // the last line that is as it was written
  std::string fault;           // empty: all are
  std::uint64_t fault_at = 0;  // number of the line that is not
};
/// A change that a request made, which may come again (API-11).
struct DoneRequest {
  std::string content;  // Author::content
  Committed committed;
};
constexpr Duration requests_kept = std::chrono::hours(24);

/// Where commits come from; whoever compiles must not care (decisions/0007 S9).
enum class Origin : std::uint8_t { local, transfer, cluster, replay };

/// A consistent view of everything at one revision. Not thread-safe; short-lived (it holds a read
/// transaction); may be used on any one thread.
class Snapshot {
 public:
  virtual ~Snapshot() = default;

  virtual Revision revision() const = 0;
  virtual Result<std::vector<HostedZone>> zones() const = 0;  // in canonical name order
  virtual Result<std::optional<HostedZone>> zone(const ZoneId& id) const = 0;
  /// The zone, or what it was before it was deleted.
  virtual Result<std::optional<HostedZone>> last_known(const ZoneId& id) const = 0;
  /// Zones of that name that were deleted, as they were then; the last one first.
  virtual Result<std::vector<HostedZone>> deleted_zones_named(const dns::Name& name) const = 0;
  /// The public zone of that name.
  virtual Result<std::optional<HostedZone>> zone_named(const dns::Name& name) const = 0;
  /// All zones of that name, private ones too; by number.
  virtual Result<std::vector<HostedZone>> zones_named(const dns::Name& name) const = 0;
  virtual Result<std::optional<HostedZone>> zone_numbered(std::uint32_t number) const = 0;
  /// The deepest public zone that `name` is in, itself included.
  virtual Result<std::optional<HostedZone>> zone_above(const dns::Name& name) const = 0;

  /// All sets of one name: sorted by type, then set id.
  virtual Result<std::vector<RecordSet>> record_sets_at(const HostedZone& zone,
                                                        const dns::Name& owner) const = 0;
  /// True when a name strictly below `owner` has records in this zone.
  virtual Result<bool> has_names_below(const HostedZone& zone, const dns::Name& owner) const = 0;
  /// Visits sets in canonical order (name, type, set id), from the first whose key is greater than
  /// `after`, at or below `under` when given, until `visit` says false.
  virtual Result<void> for_each(const HostedZone& zone, const std::optional<RecordKey>& after,
                                const std::optional<dns::Name>& under,
                                const std::function<bool(RecordSet&&)>& visit) const = 0;
  /// Aliases of the zone that point at a name (and type).
  virtual Result<std::vector<RecordSet>> aliases_to(const HostedZone& zone,
                                                    const dns::Name& target) const = 0;
  /// The external aliases of all zones that lead to a target, or all of them, by target and type.
  virtual Result<std::vector<ExternalAlias>> external_aliases(
      const std::optional<ExternalTarget>& to) const = 0;
  virtual Result<bool> has_external_target(const ExternalTarget& target) const = 0;
  /// How many different ones there are, up to `limit`.
  virtual Result<std::size_t> external_targets(std::size_t limit) const = 0;
  /// Record sets, of any zone, that name a health check.
  virtual Result<std::vector<std::pair<ZoneId, RecordKey>>> users_of(
      const std::string& health_check_id) const = 0;

  virtual Result<std::optional<std::string>> object(const ObjectKey& key) const = 0;
  virtual Result<std::vector<std::pair<std::string, std::string>>> objects(
      ObjectKind kind) const = 0;  // id, JSON; by id

  virtual Result<std::optional<Committed>> commit(const ChangeId& id) const = 0;
  /// Of one zone, newest first, older than `before_version` when given.
  virtual Result<std::vector<Committed>> history(const ZoneId& zone,
                                                 std::optional<std::uint64_t> before_version,
                                                 std::size_t limit) const = 0;
  /// The log of everything, newest first, older than the line `before` when given.
  virtual Result<std::vector<LoggedCommit>> log(std::optional<std::uint64_t> before,
                                                std::size_t limit) const = 0;
  /// Reads all of it: seconds for millions of lines.
  virtual Result<LogVerdict> verify_log(const std::optional<LogHead>& expected) const = 0;
  /// What the request made that has this name (Author::request), not before `since`.
  virtual Result<std::optional<DoneRequest>> done_request(const std::string& name,
                                                          TimePoint since) const = 0;
  /// Everything after a revision, oldest first; `limit` commits at most.
  virtual Result<std::vector<Committed>> commits_since(Revision after, std::size_t limit) const = 0;
};

/// Gives the record sets of a zone for Store::replace, in any order, no key twice; none at the end.
using RecordSource = std::function<Result<std::optional<RecordSet>>()>;
/// Decides what to commit, given the state it will be applied to: reads only its argument (and the
/// clock and random source it captured). May be called again when the scope has moved.
using Decide = std::function<Result<Commit>(const Snapshot&)>;

/// Commits in; commits out, in one order. The seam for several nodes (decisions/0007 S3, S4, S5,
/// S8, S9).
class Store {
 public:
  virtual ~Store() = default;

  /// Decides on the newest state, applies, makes durable; resumes on the caller's executor. Waiting
  /// commits share one transaction. Fails with what `decide` said, `conflict`, `unavailable` (with
  /// the reason) or `storage_full`; then nothing was changed.
  virtual Awaitable<Result<Committed>> commit(Decide decide) = 0;
  /// Replaces a zone's whole content, of any size: fills a staging generation in slices, then one
  /// small transaction flips it with the commit that `decide` makes (effects.replaced is set). The
  /// source is read on the store's writer thread. Nobody ever sees half of it.
  virtual Awaitable<Result<Committed>> replace(ZoneId zone, RecordSource source, Decide decide) = 0;

  /// A read transaction on the newest state. Fails with `unavailable`.
  virtual Result<std::unique_ptr<Snapshot>> snapshot() const = 0;
  virtual Revision applied() const = 0;
  /// Told after each durable commit, on the store's thread; must return at once.
  virtual void on_commit(std::function<void(Revision, Origin)> told) = 0;
  /// Empty when writes work; else why they do not.
  virtual std::string fault() const = 0;
  /// The fault is a disk that failed while we wrote: what it holds must be checked before it is
  /// written again.
  virtual bool fenced() const { return false; }
  /// How long commits took, from the beginning of their transaction until it was durable; any
  /// thread. None: nothing is committed here.
  using CommitTimes = DurationCounts<21>;
  virtual const CommitTimes* commit_times() const { return nullptr; }
};

}  // namespace waymark::zones
