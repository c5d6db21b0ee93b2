// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dns/image/image.h"
#include "health/health_table.h"
#include "zones/compile/standing.h"

namespace waymark::zones {

/// DATA_DIR/images: the copy for the next start. `part-<id>.img`, `manifest-<generation>.img` (with
/// a content hash at its end), `health.img`: the bits with their slot epoch, and `standing.img`:
/// what became of generations. Written as a temporary file, flushed, renamed, directory flushed.
/// The last three generations that are not quarantined stay, the known good one, and the newest.
/// Used by one thread at a time.
class ImageFiles {
 public:
  explicit ImageFiles(std::string directory) : directory_(std::move(directory)) {}

  struct Loaded {
    dns::Manifest manifest;
    std::vector<std::pair<std::uint64_t, FileDescriptor>> parts;  // part id → sealed memory
    std::string note;  // what was passed over on the way, for the log
  };

  /// Makes the directory when absent. Fails with `io`.
  Result<void> prepare() const;
  /// Parts that are not there yet, then the manifest. Old generations' files are removed.
  Result<void> save(const dns::Image& image) const;
  /// The newest generation whose every part's hash is right, of those that are `wanted` when that
  /// is given, copied into sealed memory. Generation 0 when there is none. Never fails for damage:
  /// it goes back to the generation before.
  Result<Loaded> load(const std::function<bool(const dns::Manifest&)>& wanted = {}) const;

  Result<void> save_standing(const Standing& standing) const;
  /// Nothing is known when there is no file. Fails with `bad_image` for a damaged one.
  Result<Standing> standing() const;

  /// Writes only what differs from the last one written by this object.
  Result<void> save_health(health::HealthTable table, std::uint64_t slot_epoch) const;
  /// Sets the table from the file when its epoch is `slot_epoch`; false when there was none to use.
  bool load_health(health::HealthTable table, std::uint64_t slot_epoch) const;

 private:
  Result<void> save_part(const dns::PartId& id, const dns::Part& part) const;
  void remove_old(std::uint64_t newest) const;

  std::string directory_;
  mutable std::set<std::uint64_t> sound_;  // parts written or checked by this object
  mutable Bytes health_;                   // as written last
};

}  // namespace waymark::zones
