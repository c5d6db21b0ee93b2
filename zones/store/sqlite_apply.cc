// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite_apply.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "zones/author.h"
#include "zones/store/commit_chain.h"
#include "zones/store/sqlite_rows.h"
#include "zones/store/sqlite_snapshot.h"

namespace waymark::zones {

namespace {

using dns::Name;

/// A zone's row as it stands while a commit is applied to it.
struct ZoneRow {
  std::int64_t number = 0;
  std::uint64_t version = 0, record_sets = 0;
  std::optional<std::int64_t> content;  // none: deleted
};

Error lost_race(std::string what) {
  return {ErrorCode::conflict, std::move(what)};
}

Result<std::optional<ZoneRow>> find_zone(Database& database, const ZoneId& id) {
  Statement sql(database, "SELECT number, version, record_sets, content FROM zones WHERE id = ?");
  auto row = sql.bind(id.text).step();
  if (!row) return row.error();
  if (!*row) return std::optional<ZoneRow>();
  ZoneRow zone{sql.integer(0), static_cast<std::uint64_t>(sql.integer(1)),
               static_cast<std::uint64_t>(sql.integer(2)), std::nullopt};
  if (!sql.is_null(3)) zone.content = sql.integer(3);
  return std::optional(zone);
}

/// What the zone object's JSON says.
struct ZoneWords {
  Name name;
  std::string comment;
  std::optional<std::string> vpcs;  // ids, blanks between; none: public
};

Result<ZoneWords> parse_zone_object(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("name") || !json["name"].is_string()) {
    return Error(ErrorCode::bad_json, "a zone object needs a name: " + text);
  }
  auto name = Name::parse(json["name"].get_ref<const std::string&>());
  if (!name) return name.error();
  std::string comment;
  if (const auto at = json.find("comment"); at != json.end() && at->is_string()) comment = *at;
  std::optional<std::string> vpcs;
  if (const auto at = json.find("vpcs"); at != json.end() && at->is_array()) {
    for (const auto& id : *at) {
      if (!id.is_string()) return Error(ErrorCode::bad_json, "a VPC's id is a text: " + text);
      vpcs = vpcs ? *vpcs + " " + id.get_ref<const std::string&>() : id.get<std::string>();
    }
  }
  return ZoneWords{*std::move(name), std::move(comment), std::move(vpcs)};
}

/// The commit being applied, and where it goes.
class Application {
 public:
  Application(Database& database, const Commit& commit, const std::optional<Staged>& staged)
      : database_(database), commit_(commit), staged_(staged) {}

  Result<void> run();

 private:
  Result<void> check_zone(const ZoneId& id);
  Result<void> change_object(const ObjectChange& change);
  Result<void> change_zone_object(const ObjectChange& change);
  Result<void> create_zone(const ZoneId& id, const ZoneWords& words);
  Result<void> delete_zone();
  Result<void> change_records();
  Result<void> flip();
  Result<void> finish_zone();

  Database& database_;
  const Commit& commit_;
  const std::optional<Staged>& staged_;
  std::optional<ZoneRow> zone_;  // none yet: created by this commit, or no zone's commit
};

Result<void> Application::run() {
  const auto& effects = commit_.effects;
  const auto* id = std::get_if<ZoneId>(&commit_.scope);
  if (effects.replaced != staged_.has_value()) {
    return Error(ErrorCode::internal, "a replacing commit and its staged records belong together");
  }
  if (id) {
    if (auto fit = check_zone(*id); !fit) return fit;
  }
  for (const auto& change : effects.objects) {
    if (auto done = change_object(change); !done) return done;
  }
  if (!id) {
    if (effects.removed.empty() && effects.added.empty() && !staged_) return {};
    return Error(ErrorCode::internal, "records change by commits of their zone only");
  }
  if (!zone_) return Error(ErrorCode::zone_not_found, "there is no zone " + id->text);
  if (!zone_->content) return finish_zone();
  if (auto done = staged_ ? flip() : change_records(); !done) return done;
  return finish_zone();
}

Result<void> Application::check_zone(const ZoneId& id) {
  auto found = find_zone(database_, id);
  if (!found) return found.error();
  zone_ = *found;
  const auto stands = zone_ ? zone_->version : 0;
  if (commit_.base != stands || commit_.version != stands + 1) {
    return lost_race("zone " + id.text + " is at version " + std::to_string(stands) +
                     ", the change was made for " + std::to_string(commit_.base));
  }
  if (zone_ && !zone_->content) return lost_race("zone " + id.text + " was deleted");
  return {};
}

Result<void> Application::change_object(const ObjectChange& change) {
  const auto kind = static_cast<std::uint8_t>(change.key.kind);
  if (change.key.kind == ObjectKind::zone) {
    if (auto done = change_zone_object(change); !done) return done;
  } else {
    Statement old(database_, "SELECT json FROM objects WHERE kind = ? AND id = ?");
    auto row = old.bind(kind, change.key.id).step();
    if (!row) return row.error();
    if (*row != change.before.has_value() || (*row && old.text(0) != *change.before)) {
      return lost_race(scope_text(change.key) + " has changed meanwhile");
    }
  }
  if (!change.after) {
    Statement sql(database_, "DELETE FROM objects WHERE kind = ? AND id = ?");
    return sql.bind(kind, change.key.id).run();
  }
  Statement sql(database_, "INSERT OR REPLACE INTO objects (kind, id, json) VALUES (?, ?, ?)");
  return sql.bind(kind, change.key.id, *change.after).run();
}

Result<void> Application::change_zone_object(const ObjectChange& change) {
  const auto* id = std::get_if<ZoneId>(&commit_.scope);
  if (!id || id->text != change.key.id) {
    return Error(ErrorCode::internal, "a zone changes by its own commits only");
  }
  if (!change.after) return zone_ ? delete_zone() : Result<void>();
  auto words = parse_zone_object(*change.after);
  if (!words) return words.error();
  if (!zone_) return create_zone(*id, *words);
  Statement sql(database_, "UPDATE zones SET comment = ?, vpcs = ? WHERE number = ?");
  return sql.bind(words->comment, words->vpcs, zone_->number).run();
}

Result<void> Application::create_zone(const ZoneId& id, const ZoneWords& words) {
  auto content = new_content(database_);
  if (!content) return content.error();
  Statement sql(database_,
                "INSERT INTO zones (id, name_key, comment, created, version, serial, record_sets, "
                "content, vpcs) VALUES (?, ?, ?, ?, 0, 0, 0, ?, ?)");
  auto done = sql.bind(id.text, words.name.sort_key(), words.comment,
                       commit_.submitted.time_since_epoch().count(), *content, words.vpcs)
                  .run();
  if (!done) return done;
  zone_ = ZoneRow{database_.last_row(), 0, 0, *content};
  return {};
}

Result<void> Application::delete_zone() {
  if (auto done = mark_unseen(database_, *zone_->content, false); !done) return done;
  zone_->content.reset();
  zone_->record_sets = 0;
  return {};
}

Result<void> Application::change_records() {
  Statement remove(database_,
                   "DELETE FROM record_sets WHERE content = ? AND owner = ? AND type = ? AND "
                   "set_id = ?");
  for (const auto& set : commit_.effects.removed) {
    auto done = remove
                    .bind(*zone_->content, set.owner.sort_key(),
                          static_cast<std::uint16_t>(set.type), set.set_id)
                    .run();
    if (!done) return done;
    if (database_.changes() != 1) {
      return lost_race(set.owner.to_string() + " " + to_string(set.type) + " is not there");
    }
  }
  Statement insert(database_, insert_record_set);
  for (const auto& set : commit_.effects.added) {
    if (auto done = write_row(insert, *zone_->content, set); !done) return done;
  }
  zone_->record_sets += commit_.effects.added.size();
  zone_->record_sets -= commit_.effects.removed.size();
  return {};
}

Result<void> Application::flip() {
  if (auto done = mark_unseen(database_, *zone_->content, false); !done) return done;
  Statement sql(database_, "DELETE FROM unseen WHERE content = ?");
  if (auto done = sql.bind(staged_->content).run(); !done) return done;
  zone_->content = staged_->content;
  zone_->record_sets = staged_->record_sets;
  return {};
}

Result<void> Application::finish_zone() {
  Statement sql(database_,
                "UPDATE zones SET version = ?, serial = ?, record_sets = ?, content = ? WHERE "
                "number = ?");
  return sql
      .bind(commit_.version, commit_.soa_serial, zone_->record_sets, zone_->content, zone_->number)
      .run();
}

/// Which request made the commit, for a day: so that it is not done twice when it comes again.
/// Fails with `conflict` when it has made another.
Result<void> note_request(Database& database, const Commit& commit, Revision revision) {
  const Author author = parse_author(commit.author);
  if (author.request.empty()) return {};
  const auto now = commit.submitted.time_since_epoch();
  Statement forget(database, "DELETE FROM requests WHERE at <= ?");
  if (auto done = forget.bind((now - requests_kept).count()).run(); !done) return done;
  Statement note(database,
                 "INSERT OR IGNORE INTO requests (key, content, number, at) VALUES (?, ?, ?, ?)");
  auto done = note.bind(author.request, author.content, revision.number, now.count()).run();
  if (done && database.changes() == 0)
    return lost_race("the request with this Idempotency-Key has made a change already");
  return done;
}

Result<Committed> log(Database& database, const Commit& commit) {
  auto stands = read_revision(database);
  if (!stands) return stands.error();
  auto link = last_link(database, *stands);
  if (!link) return link.error();
  const Revision next{stands->epoch, stands->number + 1};
  Statement cursor(database, "UPDATE cursor SET revision = ?");
  if (auto done = cursor.bind(next.number).run(); !done) return done.error();
  Statement entry(database,
                  "INSERT INTO commits (number, epoch, id, scope, version, body, chain) VALUES (?, "
                  "?, ?, ?, ?, ?, ?)");
  const Bytes body = encode(commit);
  auto done = entry
                  .bind(next.number, next.epoch, commit.id.text, scope_text(commit.scope),
                        commit.version, body, next_link(*link, next, body))
                  .run();
  if (!done) return done.error();
  if (auto noted = note_request(database, commit, next); !noted) return noted.error();
  return Committed{commit, next};
}

}  // namespace

Result<Committed> apply(Database& database, const Commit& commit,
                        const std::optional<Staged>& staged) {
  auto logged = SqliteSnapshot(database, {}).commit(commit.id);
  if (!logged) return logged.error();
  if (*logged) return **std::move(logged);
  if (auto done = Application(database, commit, staged).run(); !done) return done.error();
  return log(database, commit);
}

Result<std::int64_t> new_content(Database& database) {
  return database.number(
      "UPDATE cursor SET last_content = last_content + 1 RETURNING last_content");
}

Result<void> mark_unseen(Database& database, std::int64_t content, bool staging) {
  Statement sql(database, "INSERT OR REPLACE INTO unseen (content, staging) VALUES (?, ?)");
  return sql.bind(content, staging).run();
}

}  // namespace waymark::zones
