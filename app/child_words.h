// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"
#include "app/sockets.h"

namespace waymark::app {

/// The command line of the control process; see app/supervisor.h.
std::vector<std::string> control_words(int channel, int board, const Sockets& sockets,
                                       const std::vector<std::string>& serve_arguments);

/// The command line of a worker: read by dns/server/arguments.cc.
std::vector<std::string> worker_words(std::uint32_t index, int channel, int board,
                                      const Sockets::Share& share, const Config& config);

}  // namespace waymark::app
