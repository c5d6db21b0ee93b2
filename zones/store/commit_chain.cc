// SPDX-License-Identifier: Apache-2.0
#include "zones/store/commit_chain.h"

#include <array>
#include <string>
#include <utility>

#include "base/tls_crypto.h"
#include "zones/store/sqlite_snapshot.h"

namespace waymark::zones {

namespace {

Bytes no_link() {
  return Bytes(32, 0);
}

/// A line of the log as it stands in its table.
struct Line {
  Revision revision;
  Bytes body, link;
  std::string id, scope;
  std::uint64_t version = 0;
};

Line line_of(const Statement& row) {
  const ByteView body = row.blob(2), link = row.blob(3);
  return {{static_cast<std::uint64_t>(row.integer(1)), static_cast<std::uint64_t>(row.integer(0))},
          {body.begin(), body.end()},
          {link.begin(), link.end()},
          row.text(4),
          row.text(5),
          static_cast<std::uint64_t>(row.integer(6))};
}

/// What is wrong with the line that follows `number` lines, the last with `link`; or nothing.
std::string fault_of(const Line& line, std::uint64_t number, const Bytes& link) {
  if (line.revision.number != number + 1) return "the lines before it are missing";
  if (line.link != next_link(link, line.revision, line.body))
    return "it is not what was written, or does not follow the line before";
  const auto commit = decode_commit(line.body);
  if (!commit) return commit.error().detail();
  if (commit->id.text != line.id || scope_text(commit->scope) != line.scope ||
      commit->version != line.version)
    return "its columns do not say what its commit says";
  return {};
}

}  // namespace

Bytes next_link(ByteView before, Revision revision, ByteView body) {
  Bytes place;
  ByteWriter out(place);
  out.u64(revision.epoch);
  out.u64(revision.number);
  const std::array<ByteView, 3> pieces{before, place, body};
  const auto digest = sha256(pieces);
  return {digest.begin(), digest.end()};
}

Result<Bytes> last_link(Database& database, Revision stands) {
  Statement sql(database, "SELECT chain FROM commits WHERE number = ?");
  auto row = sql.bind(stands.number).step();
  if (!row) return row.error();
  if (!*row || sql.is_null(0)) return no_link();
  const ByteView link = sql.blob(0);
  return Bytes(link.begin(), link.end());
}

Result<void> link_old_lines(Database& database) {
  Bytes link = no_link();
  Statement line(
      database, "SELECT number, epoch, body FROM commits WHERE number > ? ORDER BY number LIMIT 1");
  Statement set(database, "UPDATE commits SET chain = ? WHERE number = ?");
  for (std::int64_t number = 0;;) {
    auto row = line.bind(number).step();
    if (!row) return row.error();
    if (!*row) return {};
    number = line.integer(0);
    const Revision revision{static_cast<std::uint64_t>(line.integer(1)),
                            static_cast<std::uint64_t>(number)};
    link = next_link(link, revision, line.blob(2));
    line.reset();
    if (auto done = set.bind(link, number).run(); !done) return done;
  }
}

Result<LogVerdict> verify_log(Database& database, const std::optional<LogHead>& expected) {
  const auto stands = read_revision(database);
  if (!stands) return stands.error();
  LogVerdict verdict;
  Bytes link = no_link();
  Statement sql(database,
                "SELECT number, epoch, body, chain, id, scope, version FROM commits ORDER BY "
                "number");
  const auto is_as_expected = [&] {
    return !expected || expected->number != verdict.head.number || expected->link == link;
  };
  for (;;) {
    auto row = sql.step();
    if (!row) return row.error();
    if (!*row) break;
    const Line line = line_of(sql);
    verdict.fault = fault_of(line, verdict.head.number, link);
    verdict.fault_at = line.revision.number;
    if (!verdict.fault.empty()) return verdict;
    link = line.link;
    verdict.head = {line.revision.number, link};
    if (is_as_expected()) continue;
    verdict.fault = "it is another line than the one that was noted";
    return verdict;
  }
  verdict.fault_at = verdict.head.number + 1;
  if (verdict.head.number != stands->number)
    verdict.fault = "the last lines are missing: the database stands at revision " +
                    std::to_string(stands->number);
  else if (expected && expected->number > verdict.head.number)
    verdict.fault = "the log ends before the line that was noted";
  return verdict;
}

}  // namespace waymark::zones
