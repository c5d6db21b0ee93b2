// SPDX-License-Identifier: Apache-2.0
#include "zones/store/reader_pool.h"

#include "zones/store/sqlite_snapshot.h"

namespace waymark::zones {

ReaderPool::~ReaderPool() {
  for (auto& slot : idle_) {
    std::unique_ptr<Database>(slot.load(std::memory_order_acquire)).reset();
  }
}

Result<std::unique_ptr<Snapshot>> ReaderPool::snapshot(bool may_open) {
  auto reader = take(may_open);
  if (!reader) return reader.error();
  std::shared_ptr<Database> lease(reader->release(), [pool = shared_from_this()](Database* used) {
    pool->give_back(std::unique_ptr<Database>(used));
  });
  lease->read_until(logged_.get(), logged_->load(std::memory_order_relaxed) + most_pages);
  if (auto begun = lease->execute("BEGIN"); !begun) return begun.error();
  auto revision = read_revision(*lease);
  if (!revision) return revision.error();
  auto& database = *lease;
  return std::unique_ptr<Snapshot>(
      std::make_unique<SqliteSnapshot>(database, *revision, std::move(lease)));
}

Result<std::unique_ptr<Database>> ReaderPool::take(bool may_open) {
  for (auto& slot : idle_) {
    if (auto* reader = slot.exchange(nullptr, std::memory_order_acquire)) {
      return std::unique_ptr<Database>(reader);
    }
  }
  if (!may_open) return Error(ErrorCode::unavailable, "the database " + path_ + " has failed");
  auto reader = Database::open(path_, Database::Mode::read_only);
  if (!reader) return Error(ErrorCode::unavailable, reader.error().detail());
  if (auto set = (*reader)->execute("PRAGMA mmap_size = 0"); !set) return set.error();
  return reader;
}

void ReaderPool::give_back(std::unique_ptr<Database> reader) noexcept {
  reader->read_until(nullptr, 0);
  if (reader->in_transaction() && !reader->execute("ROLLBACK")) return;
  if (reader->broken()) return;
  for (auto& slot : idle_) {
    Database* none = nullptr;
    if (slot.compare_exchange_strong(none, reader.get(), std::memory_order_release,
                                     std::memory_order_relaxed)) {
      (void)reader.release();  // the slot owns it now
      return;
    }
  }
}

}  // namespace waymark::zones
