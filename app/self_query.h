// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/async.h"
#include "base/ip.h"

namespace waymark::app {

/// Asks the DNS sockets a question of our own ("./SOA", over UDP); true when any answer to it came
/// within a second. REFUSED is an answer.
Awaitable<bool> self_query(std::vector<Endpoint> dns);

}  // namespace waymark::app
