// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <sys/types.h>

#include "base/shared_memory.h"

namespace waymark::app {

/// DATA_DIR, ours alone as long as this lives. Beneath it: `lock`, `waymark.db`, `images/`.
class DataDirectory {
 public:
  /// Makes it with mode 0700 when absent, and locks it. Throws std::runtime_error when it is not
  /// ours: not a directory, not writable, full of something else, or in use by another waymark.
  static DataDirectory open(const std::string& path);

  /// The same, with the lock that another process of ours has handed over.
  static DataDirectory take_over(const std::string& path, FileDescriptor lock);

  /// What open() would find. Nothing is made, and no lock kept.
  struct Look {
    std::string fault;  // empty: it would open, or another waymark has it
    bool in_use = false;
  };
  static Look look(const std::string& path);

  const std::string& path() const noexcept { return path_; }
  const FileDescriptor& lock() const noexcept { return lock_; }
  /// Everything in it, for the user that the processes will run as. Throws std::runtime_error.
  void give_to(uid_t user, gid_t group) const;

 private:
  DataDirectory(std::string path, FileDescriptor lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  FileDescriptor lock_;
};

}  // namespace waymark::app
