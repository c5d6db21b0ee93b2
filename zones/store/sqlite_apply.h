// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "zones/store/sqlite.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// A whole zone's records, written ahead where nobody sees them.
struct Staged {
  std::int64_t content = 0;
  std::uint64_t record_sets = 0;
};

/// Writes what a commit does: rows, the zone's state, objects, the log and the cursor. Reads
/// nothing but its arguments and the scope's version; in the caller's transaction, which must be
/// rolled back on failure. A commit that was applied before changes nothing and gives what was
/// logged. Fails with `conflict` when the scope is not where the commit expects it.
Result<Committed> apply(Database& database, const Commit& commit,
                        const std::optional<Staged>& staged);

/// Takes a number for a new content.
Result<std::int64_t> new_content(Database& database);
/// Contents that are left behind wait there for deletion; `staging` ones are still being filled.
Result<void> mark_unseen(Database& database, std::int64_t content, bool staging);

}  // namespace waymark::zones
