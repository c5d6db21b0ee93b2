// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "zones/client_objects.h"

namespace waymark::api {

constexpr std::size_t most_cidr_collections = 1000, most_cidr_blocks = 100'000;
constexpr std::size_t most_collection_name = 64, most_location_name = 16;

/// 1 to `most` of A-Z a-z 0-9 _ -.
bool is_cidr_name(std::string_view name, std::size_t most);

/// The least number in the image that no collection has.
std::uint32_t free_collection_number(const std::vector<zones::CidrCollection>& all);

/// A record set that uses one of the locations, or none of it; all of them when none is named.
/// Looks at every record.
Result<std::string> user_of_collection(const zones::Snapshot& state, const std::string& id,
                                       const std::set<std::string>& locations);

/// Records may go on naming a location only while it has a block: else `in_use` at /locations.
Result<void> check_lost_locations(const zones::Snapshot& state, const zones::CidrCollection& before,
                                  const zones::CidrCollection& after);

}  // namespace waymark::api
