// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite_snapshot.h"

#include <iterator>
#include <limits>
#include <sstream>
#include <utility>

#include "zones/store/commit_chain.h"
#include "zones/store/sqlite_rows.h"

namespace waymark::zones {

namespace {

using dns::Name;
using std::chrono::nanoseconds;

/// Steps through `statement`; `make` turns a row into a Result of an element.
template <class Make>
auto all(Statement& statement, Make make)
    -> Result<std::vector<typename decltype(make(statement))::value_type>> {
  std::vector<typename decltype(make(statement))::value_type> out;
  for (;;) {
    auto row = statement.step();
    if (!row) return row.error();
    if (!*row) return out;
    auto made = make(statement);
    if (!made) return made.error();
    out.push_back(*std::move(made));
  }
}

template <class Make>
auto first(Statement& statement, Make make)
    -> Result<std::optional<typename decltype(make(statement))::value_type>> {
  using Optional = std::optional<typename decltype(make(statement))::value_type>;
  auto row = statement.step();
  if (!row) return row.error();
  if (!*row) return Optional();
  auto made = make(statement);
  if (!made) return made.error();
  return Optional(*std::move(made));
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

Result<HostedZone> zone_of(const Statement& row) {
  HostedZone zone;
  zone.number = static_cast<std::uint32_t>(row.integer(0));
  zone.id = ZoneId{row.text(1)};
  zone.name = Name::from_sort_key(row.blob(2));
  zone.comment = row.text(3);
  zone.created = TimePoint(nanoseconds(row.integer(4)));
  zone.version = static_cast<std::uint64_t>(row.integer(5));
  zone.serial = static_cast<std::uint32_t>(row.integer(6));
  zone.record_sets = static_cast<std::uint64_t>(row.integer(7));
  if (!row.is_null(9)) zone.vpcs = split_words(row.text(9));
  return zone;
}

/// Columns: epoch, number, body.
Result<Committed> committed_of(const Statement& row) {
  auto commit = decode_commit(row.blob(2));
  if (!commit) return commit.error();
  return Committed{*std::move(commit), Revision{static_cast<std::uint64_t>(row.integer(0)),
                                                static_cast<std::uint64_t>(row.integer(1))}};
}

/// The first key after all those that begin with `prefix`: its last octet is always 00.
Bytes end_of(Bytes prefix) {
  if (!prefix.empty()) prefix.back() = 1;
  return prefix;
}

std::int64_t clamp(std::uint64_t value) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  return value > static_cast<std::uint64_t>(most) ? most : static_cast<std::int64_t>(value);
}

}  // namespace

Result<Revision> read_revision(Database& database) {
  Statement cursor(database, "SELECT epoch, revision FROM cursor");
  auto row = cursor.step();
  if (!row) return row.error();
  if (!*row) return Error(ErrorCode::io, database.path() + " has lost its cursor");
  return Revision{static_cast<std::uint64_t>(cursor.integer(0)),
                  static_cast<std::uint64_t>(cursor.integer(1))};
}

std::string scope_text(const Scope& scope) {
  if (const auto* zone = std::get_if<ZoneId>(&scope)) return "zone/" + zone->text;
  const auto& key = std::get<ObjectKey>(scope);
  return std::string(to_string(key.kind)) + "/" + key.id;
}

Result<std::vector<HostedZone>> SqliteSnapshot::zones() const {
  Statement sql(database_,
                "SELECT * FROM zones WHERE content IS NOT NULL ORDER BY name_key, number");
  return all(sql, zone_of);
}

Result<std::optional<HostedZone>> SqliteSnapshot::zone(const ZoneId& id) const {
  Statement sql(database_, "SELECT * FROM zones WHERE id = ? AND content IS NOT NULL");
  return first(sql.bind(id.text), zone_of);
}

Result<std::optional<HostedZone>> SqliteSnapshot::last_known(const ZoneId& id) const {
  Statement sql(database_, "SELECT * FROM zones WHERE id = ?");
  return first(sql.bind(id.text), zone_of);
}

Result<std::vector<HostedZone>> SqliteSnapshot::deleted_zones_named(const Name& name) const {
  Statement sql(database_,
                "SELECT * FROM zones WHERE name_key = ? AND content IS NULL ORDER BY number DESC");
  return all(sql.bind(name.sort_key()), zone_of);
}

Result<std::optional<HostedZone>> SqliteSnapshot::zone_named(const Name& name) const {
  Statement sql(database_,
                "SELECT * FROM zones WHERE name_key = ? AND content IS NOT NULL AND vpcs IS NULL");
  return first(sql.bind(name.sort_key()), zone_of);
}

Result<std::vector<HostedZone>> SqliteSnapshot::zones_named(const Name& name) const {
  Statement sql(database_,
                "SELECT * FROM zones WHERE name_key = ? AND content IS NOT NULL ORDER BY number");
  return all(sql.bind(name.sort_key()), zone_of);
}

Result<std::optional<HostedZone>> SqliteSnapshot::zone_numbered(std::uint32_t number) const {
  Statement sql(database_, "SELECT * FROM zones WHERE number = ? AND content IS NOT NULL");
  return first(sql.bind(number), zone_of);
}

Result<std::optional<HostedZone>> SqliteSnapshot::zone_above(const Name& name) const {
  for (Name at = name;; at = at.parent()) {
    auto zone = zone_named(at);
    if (!zone || *zone || at.is_root()) return zone;
  }
}

Result<std::vector<RecordSet>> SqliteSnapshot::record_sets_at(const HostedZone& zone,
                                                              const Name& owner) const {
  Statement sql(database_,
                "SELECT * FROM record_sets WHERE content = (SELECT content FROM zones WHERE "
                "number = ?) AND owner = ? ORDER BY type, set_id");
  return all(sql.bind(zone.number, owner.sort_key()), read_row);
}

Result<bool> SqliteSnapshot::has_names_below(const HostedZone& zone, const Name& owner) const {
  if (owner.is_root()) {
    Statement sql(database_,
                  "SELECT 1 FROM record_sets WHERE content = (SELECT content FROM zones WHERE "
                  "number = ?) AND owner > x'' LIMIT 1");
    return sql.bind(zone.number).step();
  }
  const auto key = owner.sort_key();
  Statement sql(database_,
                "SELECT 1 FROM record_sets WHERE content = (SELECT content FROM zones WHERE "
                "number = ?) AND owner > ? AND owner < ? LIMIT 1");
  return sql.bind(zone.number, key, end_of(key)).step();
}

Result<void> SqliteSnapshot::for_each(const HostedZone& zone, const std::optional<RecordKey>& after,
                                      const std::optional<Name>& under,
                                      const std::function<bool(RecordSet&&)>& visit) const {
  Bytes from = under ? under->sort_key() : Bytes();
  const Bytes end = end_of(from);
  std::int32_t type = -1;  // before every type
  std::string set_id;
  if (after) {
    if (auto key = after->owner.sort_key(); key >= from) {
      from = std::move(key);
      type = static_cast<std::uint16_t>(after->type);
      set_id = after->set_id;
    }
  }

  // x'' as the end means no end: only the root's key is empty.
  Statement sql(database_, end.empty()
                               ? "SELECT * FROM record_sets WHERE content = (SELECT content FROM "
                                 "zones WHERE number = ?) AND (owner, type, set_id) > (?, ?, ?) "
                                 "ORDER BY owner, type, set_id"
                               : "SELECT * FROM record_sets WHERE content = (SELECT content FROM "
                                 "zones WHERE number = ?) AND (owner, type, set_id) > (?, ?, ?) "
                                 "AND owner < ? ORDER BY owner, type, set_id");
  if (end.empty()) {
    sql.bind(zone.number, from, type, set_id);
  } else {
    sql.bind(zone.number, from, type, set_id, end);
  }
  for (;;) {
    auto row = sql.step();
    if (!row) return row.error();
    if (!*row) return {};
    auto set = read_row(sql);
    if (!set) return set.error();
    if (!visit(*std::move(set))) return {};
  }
}

Result<std::vector<RecordSet>> SqliteSnapshot::aliases_to(const HostedZone& zone,
                                                          const Name& target) const {
  Statement sql(database_,
                // Named, or SQLite reads the whole zone to save the sorting of a few.
                "SELECT * FROM record_sets INDEXED BY record_sets_by_alias WHERE content = (SELECT "
                "content FROM zones WHERE number = ?) AND alias_target = ? ORDER BY owner, type, "
                "set_id");
  return all(sql.bind(zone.number, target.sort_key()), read_row);
}

Result<std::vector<ExternalAlias>> SqliteSnapshot::external_aliases(
    const std::optional<ExternalTarget>& to) const {
  const std::string text =
      "SELECT alias_target, type, owner, alias_health, CASE WHEN vpcs IS NULL THEN 0 ELSE "
      "zones.number END, zones.id FROM record_sets INDEXED BY record_sets_external JOIN zones "
      "USING (content) WHERE alias_health >= 2 ";
  Statement sql(
      database_,
      (text + (to ? "AND alias_target = ? AND type = ?" : "ORDER BY alias_target, type")).c_str());
  if (to) sql.bind(to->name.sort_key(), static_cast<std::uint16_t>(to->type));
  return all(sql, [](const Statement& row) -> Result<ExternalAlias> {
    return ExternalAlias{
        {Name::from_sort_key(row.blob(0)), static_cast<dns::RrType>(row.integer(1))},
        Name::from_sort_key(row.blob(2)),
        (row.integer(3) & 1) != 0,
        static_cast<std::uint32_t>(row.integer(4)),
        row.text(5)};
  });
}

Result<bool> SqliteSnapshot::has_external_target(const ExternalTarget& target) const {
  Statement sql(database_,
                "SELECT 1 FROM record_sets INDEXED BY record_sets_external JOIN zones USING "
                "(content) WHERE alias_health >= 2 AND alias_target = ? AND type = ? LIMIT 1");
  return sql.bind(target.name.sort_key(), static_cast<std::uint16_t>(target.type)).step();
}

Result<std::size_t> SqliteSnapshot::external_targets(std::size_t limit) const {
  // First by the index alone, which may know of sets that are gone; then exactly.
  for (const char* text :
       {"SELECT count(*) FROM (SELECT DISTINCT alias_target, type FROM record_sets INDEXED BY "
        "record_sets_external WHERE alias_health >= 2 LIMIT ?)",
        "SELECT count(*) FROM (SELECT DISTINCT alias_target, type FROM record_sets INDEXED BY "
        "record_sets_external JOIN zones USING (content) WHERE alias_health >= 2 LIMIT ?)"}) {
    Statement sql(database_, text);
    auto row = sql.bind(clamp(limit)).step();
    if (!row) return row.error();
    const auto found = static_cast<std::size_t>(sql.integer(0));
    if (found < limit) return found;
  }
  return limit;
}

Result<std::vector<std::pair<ZoneId, RecordKey>>> SqliteSnapshot::users_of(
    const std::string& health_check_id) const {
  Statement sql(database_,
                "SELECT zones.id, owner, type, set_id FROM record_sets JOIN zones USING (content) "
                "WHERE health_check = ? ORDER BY name_key, owner, type, set_id");
  return all(sql.bind(health_check_id),
             [](const Statement& row) -> Result<std::pair<ZoneId, RecordKey>> {
               return std::pair(ZoneId{row.text(0)},
                                RecordKey{Name::from_sort_key(row.blob(1)),
                                          static_cast<dns::RrType>(row.integer(2)), row.text(3)});
             });
}

Result<std::optional<std::string>> SqliteSnapshot::object(const ObjectKey& key) const {
  Statement sql(database_, "SELECT json FROM objects WHERE kind = ? AND id = ?");
  return first(sql.bind(static_cast<std::uint8_t>(key.kind), key.id),
               [](const Statement& row) -> Result<std::string> { return row.text(0); });
}

Result<std::vector<std::pair<std::string, std::string>>> SqliteSnapshot::objects(
    ObjectKind kind) const {
  Statement sql(database_, "SELECT id, json FROM objects WHERE kind = ? ORDER BY id");
  return all(sql.bind(static_cast<std::uint8_t>(kind)),
             [](const Statement& row) -> Result<std::pair<std::string, std::string>> {
               return std::pair(row.text(0), row.text(1));
             });
}

Result<std::optional<Committed>> SqliteSnapshot::commit(const ChangeId& id) const {
  Statement sql(database_, "SELECT epoch, number, body FROM commits WHERE id = ?");
  return first(sql.bind(id.text), committed_of);
}

Result<std::vector<Committed>> SqliteSnapshot::history(const ZoneId& zone,
                                                       std::optional<std::uint64_t> before_version,
                                                       std::size_t limit) const {
  Statement sql(database_,
                "SELECT epoch, number, body FROM commits WHERE scope = ? AND version < ? "
                "ORDER BY version DESC LIMIT ?");
  const auto before = clamp(before_version.value_or(std::numeric_limits<std::uint64_t>::max()));
  return all(sql.bind(scope_text(zone), before, clamp(limit)), committed_of);
}

Result<std::vector<LoggedCommit>> SqliteSnapshot::log(std::optional<std::uint64_t> before,
                                                      std::size_t limit) const {
  Statement sql(database_,
                "SELECT epoch, number, body, chain FROM commits WHERE number < ? ORDER BY number "
                "DESC LIMIT ?");
  const auto below = clamp(before.value_or(std::numeric_limits<std::uint64_t>::max()));
  return all(sql.bind(below, clamp(limit)), [](const Statement& row) -> Result<LoggedCommit> {
    auto committed = committed_of(row);
    if (!committed) return committed.error();
    const ByteView link = row.blob(3);
    return LoggedCommit{*std::move(committed), {link.begin(), link.end()}};
  });
}

Result<LogVerdict> SqliteSnapshot::verify_log(const std::optional<LogHead>& expected) const {
  return zones::verify_log(database_, expected);
}

Result<std::optional<DoneRequest>> SqliteSnapshot::done_request(const std::string& name,
                                                                TimePoint since) const {
  Statement sql(database_,
                "SELECT epoch, commits.number, body, content FROM requests JOIN commits USING "
                "(number) WHERE key = ? AND at > ?");
  return first(sql.bind(name, since.time_since_epoch().count()),
               [](const Statement& row) -> Result<DoneRequest> {
                 auto committed = committed_of(row);
                 if (!committed) return committed.error();
                 return DoneRequest{row.text(3), *std::move(committed)};
               });
}

Result<std::vector<Committed>> SqliteSnapshot::commits_since(Revision after,
                                                             std::size_t limit) const {
  if (after >= revision_) return std::vector<Committed>();
  const auto from = after.epoch == revision_.epoch ? after.number : 0;  // else of an older database
  Statement sql(database_,
                "SELECT epoch, number, body FROM commits WHERE number > ? ORDER BY number LIMIT ?");
  return all(sql.bind(clamp(from), clamp(limit)), committed_of);
}

}  // namespace waymark::zones
