// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/generations.h"
#include "dns/board.h"
#include "zones/compile/image_files.h"

namespace waymark::app {

/// DATA_DIR/images as the supervisor uses it: what a start without the database answers from, and
/// what becomes of generations.
class LastKnownGood {
 public:
  explicit LastKnownGood(const std::string& data_dir);

  /// The newest undamaged generation, and the health bits that belong to it, set on `board`. Damage
  /// is logged, never fatal.
  Generations load(dns::Board& board) const;
  /// When the newest one was quarantined, in this life or an earlier one, the one before it becomes
  /// the current one. Tells `board`, also of one that came after the newest and is not there.
  void settle(Generations& generations, dns::Board& board) const;
  /// Leaves the current one, which crashes, for the one before: of those in memory, else on disk.
  /// False when there is none. The one that was left is quarantined, on disk with save().
  bool fall_back(Generations& generations, dns::Board& board);
  bool is_known_good(const dns::Manifest& manifest) const;
  /// It has proved itself; on disk with save().
  void keep(const dns::Manifest& manifest, dns::Board& board);
  void save() const;

 private:
  bool add_one_before(Generations& generations) const;

  zones::ImageFiles files_;
  zones::Standing standing_;
};

}  // namespace waymark::app
