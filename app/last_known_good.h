// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/generations.h"
#include "dns/board.h"

namespace waymark::app {

/// What `data_dir` holds for a start without the database: the newest undamaged generation, and
/// the health bits that belong to it, set on `board`. Damage is logged, never fatal.
Generations load_last_known_good(const std::string& data_dir, dns::Board& board);

}  // namespace waymark::app
