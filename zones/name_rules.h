// SPDX-License-Identifier: Apache-2.0
#pragma once

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

/// For people: "A www.example.com." or, with a set id, "A www.example.com. (blue)".
std::string describe(const RecordKey& key);

}  // namespace waymark::zones
