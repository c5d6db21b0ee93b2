// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite_writer.h"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/log.h"
#include "zones/store/sqlite_rows.h"
#include "zones/store/sqlite_snapshot.h"

namespace waymark::zones {

namespace {

constexpr std::size_t slice_rows = 50'000;  // about 3 MiB of log
constexpr int most_log_pages = 4096;        // 16 MiB
constexpr int long_log_pages = 65'536;  // 256 MiB: none of ours reads for so long (reader_pool.h)
constexpr auto look_every = std::chrono::seconds(1);

/// Why the file that is open does not stand at its path any more.
std::string why_gone(const std::string& path) {
  const std::string file = "the database file " + path;
  if (::access(path.c_str(), F_OK) == 0) return "another file stands in the place of " + file;
  if (errno == ENOENT) return file + " was moved away or deleted; put it back";
  return file + " can not be reached: " + std::system_category().message(errno);
}

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<Database> database, Revision stands)
    : database_(std::move(database)),
      epoch_(stands.epoch),
      number_(stands.number),
      work_(asio::make_work_guard(context_)),
      timer_(context_) {
  asio::post(context_, [this] { want_sweep(), tick(); });
  thread_ = std::thread([this] { context_.run(); });
}

SqliteWriter::~SqliteWriter() {
  stopping_.store(true, std::memory_order_relaxed);
  asio::post(context_, [this] { timer_.cancel(); });
  work_.reset();
  thread_.join();
}

void SqliteWriter::commit(Decide decide, Done done) {
  asio::post(context_,
             [this, request = Request{std::move(decide), std::move(done), std::nullopt}]() mutable {
               enqueue(std::move(request));
             });
}

void SqliteWriter::on_commit(std::function<void(Revision, Origin)> told) {
  asio::post(context_,
             [this, told = std::move(told)]() mutable { told_.push_back(std::move(told)); });
}

void SqliteWriter::enqueue(Request request) {
  waiting_.push_back(std::move(request));
  // Behind every request that is queued now: so they all get into the group.
  if (waiting_.size() == 1) asio::post(context_, [this] { write_waiting(); });
}

void SqliteWriter::write_waiting() {
  const Group group = std::exchange(waiting_, {});
  idle_ = false;
  const auto begun = std::chrono::steady_clock::now();
  auto answers = write(group);
  if (answers)
    commit_times_.add(static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count()));
  if (database_->broken()) {
    fence(answers ? "the disk of " + database_->path() + " has failed" : answers.error().detail());
  }
  if (answers) tell(*answers);
  for (std::size_t i = 0; i < group.size(); ++i) {
    const bool written = answers && (*answers)[i];
    if (group[i].staged && !written) abandon(*group[i].staged);
    group[i].done(answers ? (*answers)[i] : Result<Committed>(answers.error()));
  }
  want_sweep();
  keep_log_short(false);
}

/// All of the group, or an error and nothing of it. Single refusals are among the answers.
Result<SqliteWriter::Answers> SqliteWriter::write(const Group& group) {
  if (auto fit = writable(); !fit) return fit.error();
  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  Answers answers;
  for (const auto& request : group) {
    answers.push_back(write_one(request));
    // A full disk may end the whole transaction, and with it what was already in it.
    if (database_->broken() || !database_->in_transaction()) return answers.back().error();
  }
  if (auto done = transaction->commit(); !done) return done.error();
  return answers;
}

Result<Committed> SqliteWriter::write_one(const Request& request) {
  auto step = Transaction::begin(*database_, Transaction::Kind::savepoint);
  if (!step) return step.error();
  auto commit = decide(request);
  if (!commit) return commit.error();
  auto committed = apply(*database_, *commit, request.staged);
  if (!committed) return committed;
  if (auto done = step->commit(); !done) return done.error();
  return committed;
}

/// The snapshot reads through the writer's connection: it sees the commits before it in the group.
Result<Commit> SqliteWriter::decide(const Request& request) {
  auto stands = read_revision(*database_);
  if (!stands) return stands.error();
  return request.decide(SqliteSnapshot(*database_, *stands));
}

void SqliteWriter::tell(const Answers& answers) {
  const auto before = number_.load(std::memory_order_relaxed);
  auto newest = before;
  for (const auto& answer : answers) {
    if (answer) newest = std::max(newest, answer->revision.number);
  }
  number_.store(newest, std::memory_order_release);
  for (auto number = before + 1; number <= newest; ++number) {
    for (const auto& told : told_)
      told({epoch_, number}, Origin::local);
  }
}

Result<void> SqliteWriter::writable() {
  look_after();
  if (!faulted_.load(std::memory_order_relaxed)) return {};
  return Error(ErrorCode::unavailable, fault_);
}

void SqliteWriter::look_after() {
  if (faulted_.load(std::memory_order_relaxed)) return;
  if (database_->moved()) {
    fence(why_gone(database_->path()));
  } else if (database_->broken()) {
    fence("the disk of " + database_->path() + " has failed");
  }
}

/// A disk that has failed once is not asked again: a later "success" might stand on lost octets.
void SqliteWriter::fence(const std::string& reason) {
  if (faulted_.load(std::memory_order_relaxed)) return;
  fault_ = reason;
  faulted_.store(true, std::memory_order_release);
  log::error("store_fenced", {{"reason", reason}});
}

void SqliteWriter::tick() {
  if (stopping_.load(std::memory_order_relaxed)) return;
  look_after();
  keep_log_short(idle_);
  if (std::exchange(idle_, true)) want_sweep();  // one that a full disk has stopped, perhaps
  timer_.expires_after(look_every);
  timer_.async_wait([this](boost::system::error_code) { tick(); });
}

void SqliteWriter::keep_log_short(bool idle) {
  if (faulted_.load(std::memory_order_relaxed)) return;
  if (idle && database_->wal_pages() > 0) {
    database_->checkpoint(true);
  } else if (database_->wal_pages() > most_log_pages) {
    database_->checkpoint(false);
  }
  const bool is_long = database_->wal_pages() > long_log_pages;
  if (is_long && !told_long_)
    log::warning("store_log_long", {{"pages", database_->wal_pages()},
                                    {"reason", "another program reads " + database_->path()}});
  told_long_ = is_long;
}

void SqliteWriter::replace(ZoneId zone, RecordSource source, Decide decide, Done done) {
  auto replacement = std::make_shared<Replacement>(
      Replacement{std::move(zone), std::move(source), std::move(decide), std::move(done), {}});
  asio::post(context_, [this, replacement = std::move(replacement)]() mutable {
    begin_replacement(std::move(replacement));
  });
}

void SqliteWriter::begin_replacement(std::shared_ptr<Replacement> replacement) {
  auto begun = [&]() -> Result<std::int64_t> {
    if (auto fit = writable(); !fit) return fit.error();
    auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
    if (!transaction) return transaction.error();
    auto content = new_content(*database_);
    if (!content) return content;
    if (auto done = mark_unseen(*database_, *content, true); !done) return done.error();
    if (auto done = transaction->commit(); !done) return done.error();
    return content;
  }();
  if (!begun) return replacement->done(begun.error());
  replacement->staged.content = *begun;
  stage(std::move(replacement));
}

/// One slice, then whoever waits, then the next.
void SqliteWriter::stage(std::shared_ptr<Replacement> replacement) {
  idle_ = false;
  auto more = stage_slice(*replacement);
  keep_log_short(false);
  if (!more) {
    abandon(replacement->staged);
    return replacement->done(more.error());
  }
  if (*more) {
    asio::post(context_, [this, replacement = std::move(replacement)]() mutable {
      stage(std::move(replacement));
    });
    return;
  }
  auto decide = [zone = std::move(replacement->zone),
                 inner = std::move(replacement->decide)](const Snapshot& state) -> Result<Commit> {
    auto commit = inner(state);
    if (commit && !zone.text.empty() && commit->scope != Scope(zone)) {
      return Error(ErrorCode::internal, "the commit is not of the zone that was staged");
    }
    return commit;
  };
  enqueue({std::move(decide), std::move(replacement->done), replacement->staged});
}

/// True when the source has more to give.
Result<bool> SqliteWriter::stage_slice(Replacement& replacement) {
  if (stopping_.load(std::memory_order_relaxed)) {
    return Error(ErrorCode::unavailable, "the store is being closed");
  }
  if (auto fit = writable(); !fit) return fit.error();
  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  Statement insert(*database_, insert_record_set);
  bool more = true;
  for (std::size_t rows = 0; more && rows < slice_rows; ++rows) {
    auto next = replacement.source();
    if (!next) return next.error();
    more = next->has_value();
    if (!more) break;
    if (auto done = write_row(insert, replacement.staged.content, **next); !done) {
      return done.error();
    }
    ++replacement.staged.record_sets;
  }
  insert.reset();
  if (auto done = transaction->commit(); !done) return done.error();
  return more;
}

/// Should this fail, too, the next start finds the content and sweeps it.
void SqliteWriter::abandon(const Staged& staged) noexcept {
  if (faulted_.load(std::memory_order_relaxed)) return;
  Statement sql(*database_, "UPDATE unseen SET staging = 0 WHERE content = ?");
  (void)sql.bind(staged.content).run();
  want_sweep();
}

void SqliteWriter::want_sweep() {
  if (std::exchange(sweeping_, true)) return;
  asio::post(context_, [this] { sweep(); });
}

void SqliteWriter::sweep() {
  sweeping_ = false;
  const bool refused =
      stopping_.load(std::memory_order_relaxed) || faulted_.load(std::memory_order_relaxed);
  if (refused) return;
  auto more = sweep_slice();
  keep_log_short(false);
  if (more && *more) want_sweep();
}

/// Deletes about a slice of what nobody sees. True when there may be more.
Result<bool> SqliteWriter::sweep_slice() {
  Statement unseen(*database_, "SELECT content FROM unseen WHERE staging = 0 LIMIT 1");
  auto found = unseen.step();
  if (!found || !*found) return found;
  const auto content = unseen.integer(0);
  unseen.reset();

  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  Statement bound(
      *database_,
      "SELECT owner FROM record_sets WHERE content = ? ORDER BY owner LIMIT 1 OFFSET ?");
  auto long_one = bound.bind(content, slice_rows).step();
  if (!long_one) return long_one;
  if (*long_one) {
    const auto view = bound.blob(0);
    const Bytes last(view.begin(), view.end());
    bound.reset();
    Statement part(*database_, "DELETE FROM record_sets WHERE content = ? AND owner <= ?");
    if (auto done = part.bind(content, last).run(); !done) return done.error();
  } else {
    bound.reset();
    Statement rest(*database_, "DELETE FROM record_sets WHERE content = ?");
    if (auto done = rest.bind(content).run(); !done) return done.error();
    Statement mark(*database_, "DELETE FROM unseen WHERE content = ?");
    if (auto done = mark.bind(content).run(); !done) return done.error();
  }
  if (auto done = transaction->commit(); !done) return done.error();
  return true;
}

}  // namespace waymark::zones
