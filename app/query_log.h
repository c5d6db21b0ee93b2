// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/ip.h"
#include "dns/board.h"

namespace waymark::app {

/// Takes what the workers put into their rings and writes an event `query` for each. Control
/// process. Bounded: at most what the rings hold at once.
/// `met` hears of each client.
void drain_query_logs(const dns::Board& board, const std::function<void(const IpAddress&)>& met);

}  // namespace waymark::app
