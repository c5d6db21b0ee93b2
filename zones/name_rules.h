// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "dns/protocol/name.h"
#include "policy/regions.h"
#include "zones/record_set.h"

namespace waymark::zones {

/// Aliases one after the other that an answer follows.
constexpr std::size_t max_alias_chain = 32;

/// A fault of one set among its neighbours; the pointer is relative to that set.
struct SetFault {
  std::size_t set;  // index into the sets that were checked
  Error error;
};

/// What check_name does, with the set that each fault stands at. `sets` are all of one name.
std::vector<SetFault> faults_of_name(std::span<const RecordSet> sets, const dns::Name& zone);

/// The region that a latency or geoproximity set names, or "".
std::string region_of(const Routing& routing);
/// That it is not known, or that a geoproximity set needs its coordinates; the pointer is relative
/// to the set.
std::optional<Error> fault_of_region(const policy::RegionList& regions, const Routing& routing);

/// The set of that type and id among those of one name.
inline std::vector<RecordSet>::iterator find_key(std::vector<RecordSet>& sets,
                                                 const RecordKey& key) {
  return std::find_if(sets.begin(), sets.end(), [&](const RecordSet& set) {
    return set.type == key.type && set.set_id == key.set_id;
  });
}

inline bool has_type(const std::vector<RecordSet>& sets, dns::RrType type) {
  return std::any_of(sets.begin(), sets.end(),
                     [&](const RecordSet& set) { return set.type == type; });
}

/// For people: "A www.example.com." or, with a set id, "A www.example.com. (blue)".
std::string describe(const RecordKey& key);

}  // namespace waymark::zones
