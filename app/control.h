// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "app/config.h"
#include "base/ip.h"
#include "base/shared_memory.h"

namespace waymark::app {

/// What the supervisor hands to the control process.
struct ControlDescriptors {
  FileDescriptor channel, board, api_socket, route53_socket;  // the last: perhaps none
  std::vector<Endpoint> dns;                                  // as really bound
};

/// The control process: builds store, compiler, health, API in order; runs until SIGTERM or until
/// the supervisor is gone; stops them in reverse. Returns the exit code.
int run_control(const Config& config, ControlDescriptors descriptors);

}  // namespace waymark::app
