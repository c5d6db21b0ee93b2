// SPDX-License-Identifier: Apache-2.0
#include "zones/store/verdict_history.h"

#include <chrono>
#include <utility>

#include <boost/asio/post.hpp>

#include "base/log.h"

namespace waymark::zones {
namespace {

using namespace std::chrono_literals;

constexpr auto gather = 200ms;  // verdicts of so long share a transaction
constexpr std::size_t most_queued = 65'536;
constexpr std::size_t prune_every = 1'000;  // verdicts written

constexpr const char* schema =
    "CREATE TABLE IF NOT EXISTS verdicts ("
    "  number INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  check_id TEXT NOT NULL,"
    "  healthy INTEGER NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  at INTEGER NOT NULL);"  // nanoseconds since 1970
    "CREATE INDEX IF NOT EXISTS verdicts_by_check ON verdicts (check_id, number);";

}  // namespace

VerdictHistory::VerdictHistory(const std::string& directory, std::size_t per_check,
                               std::size_t of_all)
    : per_check_(per_check), of_all_(of_all), work_(asio::make_work_guard(io_)), timer_(io_) {
  auto database = Database::open_beside(directory + "/history.db", schema);
  if (database)
    database_ = std::move(*database);
  else
    fault_ = database.error().detail();
  if (!fault_.empty()) log::warning("history_unavailable", {{"reason", fault_}});
  thread_ = std::thread([this] { io_.run(); });
}

VerdictHistory::~VerdictHistory() {
  asio::post(io_, [this] {
    write();
    timer_.cancel();
    work_.reset();
  });
  thread_.join();
}

void VerdictHistory::add(Verdict verdict) {
  if (database_ == nullptr || queued_.load(std::memory_order_relaxed) >= most_queued) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  queued_.fetch_add(1, std::memory_order_relaxed);
  asio::post(io_, [this, verdict = std::move(verdict)]() mutable {
    waiting_.push_back(std::move(verdict));
    write_soon();
  });
}

void VerdictHistory::write_soon() {
  if (std::exchange(writing_soon_, true)) return;
  timer_.expires_after(gather);
  timer_.async_wait([this](const boost::system::error_code& ended) {
    if (!ended) write();
  });
}

void VerdictHistory::write() {
  writing_soon_ = false;
  if (waiting_.empty()) return;
  const auto done = write_group();
  if (!done) {
    dropped_.fetch_add(waiting_.size(), std::memory_order_relaxed);
    if (!std::exchange(told_, true))
      log::warning("history_unavailable", {{"reason", done.error().detail()}});
  } else {
    told_ = false;
  }
  queued_.fetch_sub(waiting_.size(), std::memory_order_relaxed);
  waiting_.clear();
}

Result<void> VerdictHistory::write_group() {
  auto transaction = Transaction::begin(*database_, Transaction::Kind::write);
  if (!transaction) return transaction.error();
  Statement insert(*database_,
                   "INSERT INTO verdicts (check_id, healthy, reason, at) VALUES (?, ?, ?, ?)");
  for (const Verdict& one : waiting_) {
    const std::int64_t at = one.at.time_since_epoch().count();
    if (auto done = insert.bind(one.check, one.healthy ? 1 : 0, one.reason, at).run(); !done)
      return done;
  }
  since_prune_ += waiting_.size();
  if (since_prune_ >= prune_every || since_prune_ >= of_all_) {
    since_prune_ = 0;
    if (auto done = prune(); !done) return done;
  }
  return transaction->commit();
}

/// The oldest go first: beyond the bound of each check, then beyond the bound of all.
Result<void> VerdictHistory::prune() {
  Statement of_check(*database_,
                     "DELETE FROM verdicts WHERE number IN (SELECT number FROM (SELECT number,"
                     " row_number() OVER (PARTITION BY check_id ORDER BY number DESC) AS place"
                     " FROM verdicts) WHERE place > ?)");
  if (auto done = of_check.bind(static_cast<std::int64_t>(per_check_)).run(); !done) return done;
  Statement old(*database_,
                "DELETE FROM verdicts WHERE number <= (SELECT number FROM verdicts"
                " ORDER BY number DESC LIMIT 1 OFFSET ?)");
  return old.bind(static_cast<std::int64_t>(of_all_)).run();
}

Awaitable<Result<std::vector<Verdict>>> VerdictHistory::of(std::string check,
                                                           std::optional<std::uint64_t> before,
                                                           std::size_t limit) {
  auto ask = [this, &check, before, limit]() -> Awaitable<Result<std::vector<Verdict>>> {
    write();  // what has happened is told, also when it was a moment ago
    co_return read(check, before, limit);
  };
  co_return co_await asio::co_spawn(io_, ask(), asio::use_awaitable);
}

Result<std::vector<Verdict>> VerdictHistory::read(const std::string& check,
                                                  std::optional<std::uint64_t> before,
                                                  std::size_t limit) {
  if (database_ == nullptr) return Error(ErrorCode::unavailable, "no history: " + fault_);
  Statement select(*database_,
                   "SELECT number, healthy, reason, at FROM verdicts WHERE check_id = ? AND"
                   " number < ? ORDER BY number DESC LIMIT ?");
  const auto end = static_cast<std::int64_t>(before.value_or(INT64_MAX) & INT64_MAX);
  select.bind(check, end, static_cast<std::int64_t>(limit));
  std::vector<Verdict> out;
  for (;;) {
    const auto row = select.step();
    if (!row) return row.error();
    if (!*row) return out;
    out.push_back({static_cast<std::uint64_t>(select.integer(0)), check, select.integer(1) != 0,
                   select.text(2), TimePoint{Duration{select.integer(3)}}});
  }
}

}  // namespace waymark::zones
