// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "zones/change_batch.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What commits touch: the names whose nodes may differ now, and the parts that are not names.
struct Touched {
  std::set<dns::Name> names;
  std::set<ZoneId> zones;  // whose SOA may differ
  std::vector<ZoneId> deleted_zones;
  std::set<std::string> health_checks;
  bool zones_changed = false;
  bool latency = false, locations = false, cidrs = false;
  bool external = false;    // external aliases may have come or gone
  bool everything = false;  // a whole zone came, went or was replaced without a list of its names

  Result<void> note(const Snapshot& state, const Commit& commit);

 private:
  void note_objects(const Commit& commit);
  Result<void> note_set(const Snapshot& state, const dns::Name& apex, const RecordSet& set);
  /// All names at or below `name`, in whatever zone they are.
  Result<void> note_below(const Snapshot& state, const dns::Name& name);
};

}  // namespace waymark::zones
