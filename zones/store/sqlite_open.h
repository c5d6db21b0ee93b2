// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/shared_memory.h"
#include "zones/store/sqlite.h"

namespace waymark::zones {

/// The writer's connection, ready to write; and the lock that keeps other processes out.
struct OpenedStore {
  FileDescriptor lock;  // of the directory
  std::unique_ptr<Database> database;
};

/// Judges a file by its header, before SQLite may touch it. Fails with `unsupported` for a newer
/// schema or another program's database, `unavailable` for what is no database; `advice` ends the
/// sentence. An empty one is fine to `create`.
Result<void> check_header(const std::string& path, bool create, const char* advice);

/// What SqliteStore::open promises: a file that is refused is left as it was.
Result<OpenedStore> open_store(const std::string& directory, bool create, std::uint32_t most_pages);

}  // namespace waymark::zones
