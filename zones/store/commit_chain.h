// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "zones/store/sqlite.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What ties a line of the commit log to all before it: SHA-256 over the link of the line before
/// (32 zeros before the first), epoch, number, and the commit's octets.
///
///   zeros ─► link 1 ─► link 2 ─► …        link N = SHA-256(link N-1, epoch, N, body)
Bytes next_link(ByteView before, Revision revision, ByteView body);

/// The link of the last line; zeros when there is none.
Result<Bytes> last_link(Database& database, Revision stands);

/// Links the lines of a log from before there were links; in the caller's transaction.
Result<void> link_old_lines(Database& database);

/// Reads the whole log.
Result<LogVerdict> verify_log(Database& database, const std::optional<LogHead>& expected);

}  // namespace waymark::zones
