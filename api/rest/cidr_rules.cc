// SPDX-License-Identifier: Apache-2.0
#include "api/rest/cidr_rules.h"

#include <algorithm>
#include <cctype>

namespace waymark::api {

bool is_cidr_name(std::string_view name, std::size_t most) {
  return !name.empty() && name.size() <= most &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

std::uint32_t free_collection_number(const std::vector<zones::CidrCollection>& all) {
  std::set<std::uint32_t> taken;
  for (const zones::CidrCollection& one : all)
    taken.insert(one.number);
  std::uint32_t number = 0;
  while (taken.contains(number))
    ++number;
  return number;
}

Result<std::string> user_of_collection(const zones::Snapshot& state, const std::string& id,
                                       const std::set<std::string>& locations) {
  const auto all = state.zones();
  if (!all) return all.error();
  std::string user;
  for (const auto& zone : *all) {
    auto done = state.for_each(zone, std::nullopt, std::nullopt, [&](zones::RecordSet&& set) {
      const auto* cidr = std::get_if<zones::Cidr>(&set.routing);
      if (cidr != nullptr && cidr->collection_id == id &&
          (locations.empty() || locations.contains(cidr->location)))
        user = set.owner.to_string();
      return user.empty();
    });
    if (!done) return done.error();
    if (!user.empty()) break;
  }
  return user;
}

Result<void> check_lost_locations(const zones::Snapshot& state, const zones::CidrCollection& before,
                                  const zones::CidrCollection& after) {
  std::set<std::string> lost;
  for (const std::string& location : before.locations)
    if (before.has_location(location) && !after.has_location(location)) lost.insert(location);
  if (lost.empty()) return {};
  const auto user = user_of_collection(state, before.id, lost);
  if (!user) return user.error();
  if (user->empty()) return {};
  std::string names;
  for (const std::string& location : lost)
    names += (names.empty() ? "" : ", ") + location;
  return Error(ErrorCode::in_use,
               "a location that this takes away (" + names + ") is used by " + *user, "/locations");
}

}  // namespace waymark::api
