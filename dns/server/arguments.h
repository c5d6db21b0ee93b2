// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "dns/server/worker.h"

namespace waymark::dns {

/// What `waymark-dns` is told by the supervisor: numbers of the descriptors it inherits.
struct WorkerArguments {
  WorkerSettings settings;
  int channel = -1, board = -1;
  std::vector<int> udp, tcp;
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;

  /// Pairs of a flag and a value; see app/supervisor.h. Fails with `bad_value`.
  static Result<WorkerArguments> parse(std::span<char* const> arguments);
};

}  // namespace waymark::dns
