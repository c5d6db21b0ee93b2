// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// The store of one node: SQLite in WAL mode with synchronous=FULL. One writer connection on its
/// own thread does all writes and all checkpoints; readers open their own read-only connections.
class SqliteStore {
 public:
  /// Opens `directory`/waymark.db, makes it when absent, migrates an older schema. Fails with
  /// `unavailable` and a sentence: a newer schema, a foreign file, not writable, locked by another
  /// process, damaged. `create` false: a missing file is a failure, too. `most_pages` of 4 KiB
  /// bounds the file (0: the disk does); beyond it writes fail with `storage_full`.
  static Result<std::unique_ptr<Store>> open(const std::string& directory, bool create,
                                             std::uint32_t most_pages = 0);
  /// Judges the file by its header alone, without opening it. Fails with `unsupported` for a newer
  /// schema or another program's file, `unavailable` for what is no database; an absent one is
  /// fine.
  static Result<void> check(const std::string& directory);
  /// Reads all of it and checks its structure: after a disk has failed (DUR-5). Seconds for a
  /// large one; for a thread that may wait.
  static Result<void> verify(const std::string& directory);
  static constexpr int schema_version = 3;
};

/// Stands in while there is no database: every write and read fails with `unavailable`.
std::unique_ptr<Store> make_absent_store(std::string reason);

}  // namespace waymark::zones
