// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite_store.h"

#include <type_traits>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

#include "zones/store/reader_pool.h"
#include "zones/store/sqlite_open.h"
#include "zones/store/sqlite_snapshot.h"
#include "zones/store/sqlite_writer.h"

namespace waymark::zones {

namespace {

/// Makes an awaitable of a request: `start` is given what the writer calls when it is done; the
/// coroutine resumes on its own executor, which is kept at work meanwhile.
template <class Start>
Awaitable<Result<Committed>> completion_of(Start start) {
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<Committed>)>(
      [start = std::move(start)](auto handler) mutable {
        auto work = asio::make_work_guard(asio::get_associated_executor(handler));
        // Shared, because std::function wants a copy; called once.
        auto resume = std::make_shared<decltype(handler)>(std::move(handler));
        start([work, resume](Result<Committed> answer) {
          asio::post(work.get_executor(), [resume, answer = std::move(answer)]() mutable {
            std::move (*resume)(std::move(answer));
          });
        });
      },
      asio::use_awaitable);
}

class LocalStore final : public Store {
 public:
  LocalStore(const std::string& path, OpenedStore opened, Revision stands)
      : lock_(std::move(opened.lock)),
        writer_(std::move(opened.database), stands),
        readers_(std::make_shared<ReaderPool>(path, writer_.pages_logged())) {}

  Awaitable<Result<Committed>> commit(Decide decide) override {
    return completion_of([this, decide = std::move(decide)](SqliteWriter::Done done) mutable {
      writer_.commit(std::move(decide), std::move(done));
    });
  }

  Awaitable<Result<Committed>> replace(ZoneId zone, RecordSource source, Decide decide) override {
    return completion_of([this, zone = std::move(zone), source = std::move(source),
                          decide = std::move(decide)](SqliteWriter::Done done) mutable {
      writer_.replace(std::move(zone), std::move(source), std::move(decide), std::move(done));
    });
  }

  Result<std::unique_ptr<Snapshot>> snapshot() const override {
    // A file that was moved away must not be opened again: another may stand at its path.
    return readers_->snapshot(writer_.fault().empty());
  }
  Revision applied() const override { return writer_.applied(); }
  void on_commit(std::function<void(Revision, Origin)> told) override {
    writer_.on_commit(std::move(told));
  }
  std::string fault() const override { return writer_.fault(); }
  bool fenced() const override { return !writer_.fault().empty(); }
  const CommitTimes* commit_times() const override { return &writer_.commit_times(); }

 private:
  FileDescriptor lock_;
  SqliteWriter writer_;  // ends after the readers: the last connection folds the log into the file
  std::shared_ptr<ReaderPool> readers_;
};

}  // namespace

Result<std::unique_ptr<Store>> SqliteStore::open(const std::string& directory, bool create,
                                                 std::uint32_t most_pages) {
  auto opened = open_store(directory, create, most_pages);
  if (!opened) return opened.error();
  auto stands = read_revision(*opened->database);
  if (!stands) return Error(ErrorCode::unavailable, stands.error().detail());
  const std::string path = opened->database->path();
  return std::unique_ptr<Store>(std::make_unique<LocalStore>(path, *std::move(opened), *stands));
}

}  // namespace waymark::zones
