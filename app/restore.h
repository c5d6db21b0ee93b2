// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "zones/store/backup.h"

namespace waymark::app {

struct RestoreWish {
  std::string file, data_dir;
  bool force = false;  // also where data is: that is kept aside
};

struct Restored {
  zones::Backup held;
  std::string kept;                   // where what was there is now; empty: nothing was
  std::uint64_t generation = 0;       // of the image that the next start answers from
  std::size_t serials_raised = 0;     // of zones that had been answered with a later one
  std::vector<std::string> warnings;  // sentences
};

/// Makes the state in a backup that of `data_dir`: the database, and the first image, newer than
/// all before. All of it is made and checked beside what is there, then exchanged, so that a kill
/// at any moment leaves the one or the other. Fails as zones::take_backup does, and with
/// `conflict` where data is and `force` was not given; then nothing was changed. Throws
/// std::runtime_error when the directory is in use or not ours. decisions/0023.
Result<Restored> restore(const RestoreWish& wish, const zones::Database::CopyProgress& told);

}  // namespace waymark::app
