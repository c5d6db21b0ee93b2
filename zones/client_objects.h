// SPDX-License-Identifier: Apache-2.0
//
// What the operator tells of clients, as it is kept in the store: lines, tabs between. Made by the
// API, read where images are compiled and batches are judged.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "policy/cidr_table.h"
#include "policy/location.h"
#include "policy/regions.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Calls `take` with the parts of each line.
void for_each_line(std::string_view text,
                   const std::function<void(std::span<const std::string_view>)>& take);
/// A whole decimal number, or none.
std::optional<double> parse_degrees(std::string_view text);
std::string degrees_text(double degrees);

/// The operator's own regions, for the object latency/"regions"; zones::regions_of reads them.
std::string encode(const policy::RegionList& regions);

/// A named set of client prefixes that IP-based record sets choose by.
struct CidrCollection {
  struct Block {
    std::uint32_t location = 0;  // index into `locations`
    IpPrefix prefix;
  };

  std::string id, name;
  std::uint64_t version = 1;
  std::uint32_t number = 0;            // in the image; of one collection at a time
  std::vector<std::string> locations;  // every name ever used: its index never changes
  std::vector<Block> blocks;           // by prefix

  /// The number that a location has or had; for "*" that of the default; none: it never was.
  std::optional<std::uint32_t> location_number(std::string_view location) const;
  /// Whether a block is in it, so that records may name it; "*" always.
  bool has_location(std::string_view location) const;
};
std::string encode(const CidrCollection& collection);
Result<CidrCollection> decode_cidr_collection(const std::string& id, std::string_view text);
/// None when there is none with that id.
Result<std::optional<CidrCollection>> cidr_collection(const Snapshot& state, const std::string& id);
Result<std::vector<CidrCollection>> cidr_collections(const Snapshot& state);
/// That a record set can not name it: there is none with that id, or no such location in it. The
/// pointer is relative to the set.
std::optional<Error> fault_of_collection(const std::optional<CidrCollection>& collection,
                                         const std::string& id, const std::string& location);

/// One line of the operator's table of places.
struct ClientPlace {
  IpPrefix prefix;
  std::string continent, country, subdivision;
  std::optional<double> latitude, longitude;
};
std::string encode(std::span<const ClientPlace> places);
Result<std::vector<ClientPlace>> client_places(const Snapshot& state);
/// As the image wants it; fails with `bad_value` where policy::make_location does.
Result<std::vector<policy::LocationRow>> location_rows(std::span<const ClientPlace> places);

}  // namespace waymark::zones
