// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "policy/location.h"

namespace waymark::app {

/// The file of --geo-database, watched. Without a path it is nothing and never changes.
class GeoFile {
 public:
  explicit GeoFile(std::string path) : path_(std::move(path)) {}

  /// True when another file stands there than when it was last asked. Main thread.
  bool changed();
  /// What it says now; none, and a log line, when it can not be read. Any thread.
  std::optional<std::vector<policy::LocationRow>> rows() const;

 private:
  struct Seen {
    ino_t inode = 0;
    off_t octets = 0;
    std::int64_t seconds = 0, nanoseconds = 0;  // of the last write
    friend bool operator==(const Seen&, const Seen&) = default;
  };
  Seen look() const;

  std::string path_;
  Seen seen_ = look();
};

}  // namespace waymark::app
