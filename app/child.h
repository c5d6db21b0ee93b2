// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

#include "base/shared_memory.h"

namespace waymark::app {

/// The two programs, opened at the start: an upgrade on disk never mixes builds.
struct Executables {
  FileDescriptor waymark, worker;

  /// This program, and `waymark-dns` beside it. Throws std::runtime_error.
  static Executables open();
};

/// Starts `executable` with `arguments` (the first is its name); it inherits `descriptors` under
/// their numbers, and is killed when this process ends. Returns its id, or -1 with errno.
/// Only from the main thread of a process without others.
pid_t start_child(const FileDescriptor& executable, const std::vector<std::string>& arguments,
                  const std::vector<int>& descriptors);

/// "exit status 1" or "signal 11 (Segmentation fault)".
std::string describe_end(int wait_status);

}  // namespace waymark::app
