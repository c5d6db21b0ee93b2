// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace waymark::app {

/// `waymark serve`: locks the data directory, opens sockets and the board, loads the
/// last-known-good image, drops rights, starts one control process and the workers, restarts them
/// with back-off, passes generations on, and ends them. Returns the exit code; throws
/// std::runtime_error with one clear sentence when it can not start (port taken, directory
/// unwritable or foreign).
///
/// Children, executed from descriptors opened at the start (fexecve):
///   waymark-dns --index N --channel FD --board FD --udp FD,… --tcp FD,… --log-level L --log-format
///   F
///               --max-udp-octets N [--seed N] [--wait-for-image MILLISECONDS]
///   waymark control --channel FD --board FD --api-socket FD --bound-dns ADDRESS:PORT,…
///   <serve_arguments>
/// `serve_arguments` are what the user typed after `serve`: the control process reads the same
/// Config.
/// With `take_over` sockets, lock and image come from the supervisor that serves from the same data
/// directory, which ends when this one serves, and serves on when it does not (app/hand_over.h).
int run_supervisor(const Config& config, const std::vector<std::string>& serve_arguments,
                   bool take_over);

}  // namespace waymark::app
