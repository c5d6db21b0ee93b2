// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "zones/store/sqlite.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What a copy of a database holds.
struct Backup {
  Revision revision;
  std::uint64_t zones = 0, record_sets = 0, octets = 0;
  bool sealed = false;  // its octets were compared with the hash that was written with them
};

/// Writes the state of the database in `directory`, which may be in use, to `file`: one committed
/// state, in one file without a log, with a hash behind it, for its owner alone. It is whole before
/// it has its name. Fails with `conflict` when there is such a file, `not_found` when there is no
/// database, `io` with the reason when that is damaged, `storage_full`. decisions/0023.
Result<Backup> back_up(const std::string& directory, const std::string& file,
                       const Database::CopyProgress& told);

/// The same way back: copies `file` to `directory`/waymark.db, reads all of the copy (hash,
/// structure, the chain of its log), and begins another epoch in it, for what comes after it is not
/// what came after it before. Fails with `unsupported` for another program's database or a newer
/// schema, `unavailable` for no database, `io` for damage. `directory` is the caller's alone; what
/// is in it after a failure is of no use.
Result<Backup> take_backup(const std::string& file, const std::string& directory,
                           const Database::CopyProgress& told);

/// Where a zone stood, also one that was deleted.
struct ZoneMark {
  std::string id;
  std::uint64_t version = 0;
  std::uint32_t serial = 0;
};
/// Of the database in `directory`; none is there: nothing.
Result<std::vector<ZoneMark>> zone_marks(const std::string& directory);
/// Versions of zones that were used are not used again (decisions/0007 S6).
Result<void> raise_versions(const std::string& directory, const std::vector<ZoneMark>& marks);

/// Copies the log of the database in `directory` into its file, which can then be moved alone. For
/// who has the directory locked. False when there is a log still: the database is damaged.
bool fold_log(const std::string& directory);

}  // namespace waymark::zones
