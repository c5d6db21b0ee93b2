// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/result.h"
#include "zones/record_set.h"
#include "zones/store/sqlite.h"

namespace waymark::zones {

/// One row of record_sets.
inline constexpr std::string_view insert_record_set =
    "INSERT INTO record_sets (content, owner, type, set_id, ttl, rdata, routing, alias_target,"
    " alias_health, health_check) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
/// `insert` was made of `insert_record_set`. Fails with `conflict` when the key is there already.
Result<void> write_row(Statement& insert, std::int64_t content, const RecordSet& set);

/// `row` is of SELECT * FROM record_sets. Fails with `io` on octets that `write_row` did not write.
Result<RecordSet> read_row(const Statement& row);

}  // namespace waymark::zones
