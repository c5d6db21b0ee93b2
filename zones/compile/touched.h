// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "zones/change_batch.h"
#include "zones/compile/name_key.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What commits touch: the names whose nodes may differ now, and the parts that are not names.
struct Touched {
  std::set<NameKey> names;
  std::set<ZoneId> zones;  // whose SOA may differ
  std::vector<ZoneId> deleted_zones;
  std::set<std::string> health_checks;
  bool zones_changed = false;
  bool latency = false, locations = false, cidrs = false, views = false;
  bool external = false;  // external aliases may have come or gone without these steps
  std::vector<ExternalStep> external_steps;
  bool everything = false;  // a whole zone came, went or was replaced without a list of its names

  Result<void> note(const Snapshot& state, const Commit& commit);

 private:
  void note_objects(const Commit& commit);
  void note_external(const HostedZone& zone, const Commit& commit);
  Result<void> note_set(const Snapshot& state, const HostedZone& zone, const RecordSet& set);
  /// All names at or below `name`: of the private zone, or of whatever public zone they are in.
  Result<void> note_below(const Snapshot& state, const HostedZone& of, const dns::Name& name);
  Result<void> note_sets_below(const Snapshot& state, const HostedZone& zone,
                               const dns::Name& name);
};

}  // namespace waymark::zones
