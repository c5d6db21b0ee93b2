// SPDX-License-Identifier: Apache-2.0
#include "app/geo_file.h"

#include <sys/stat.h>
#include <utility>

#include "base/log.h"
#include "policy/geo_database.h"

namespace waymark::app {

GeoFile::Seen GeoFile::look() const {
  struct stat file {};
  if (path_.empty() || ::stat(path_.c_str(), &file) != 0) return {};
  return {file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

bool GeoFile::changed() {
  const Seen now = look();
  if (now == Seen{}) return false;  // gone for a moment: what it said stays
  return std::exchange(seen_, now) != now;
}

std::optional<std::vector<policy::LocationRow>> GeoFile::rows() const {
  if (path_.empty()) return std::vector<policy::LocationRow>();
  auto rows = policy::read_geo_database(path_);
  if (!rows) {
    log::error("geo_database_unreadable", {{"reason", rows.error().detail()}});
    return std::nullopt;
  }
  log::info("geo_database_read", {{"path", path_}, {"networks", rows->size()}});
  return std::move(*rows);
}

}  // namespace waymark::app
