// SPDX-License-Identifier: Apache-2.0
//
// VPCs: named sets of clients that see private zones. Judged against the state that the change is
// applied to, so that no two of them can come to share a prefix, and no two zones a name.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "zones/store/store.h"
#include "zones/validate.h"

namespace waymark::zones {

constexpr std::size_t most_vpcs = 1000;          // of a server
constexpr std::size_t most_vpc_prefixes = 1000;  // of one
constexpr std::size_t most_zone_vpcs = 300;      // of one zone

/// Clients by where they ask from; a longer prefix of another VPC takes them from this one.
struct Vpc {
  std::string id, name;
  std::uint64_t version = 1;
  std::vector<IpPrefix> prefixes;    // as given, none twice
  std::optional<Endpoint> listener;  // only what is asked there; none: anywhere
  std::string region{};              // as clients of the Route 53 door call it; empty: any
};
/// 1 to 64 letters, digits and hyphens.
bool is_vpc_region(std::string_view text) noexcept;
std::string encode(const Vpc& vpc);
Result<Vpc> decode_vpc(const std::string& id, std::string_view text);

Result<std::vector<Vpc>> vpcs(const Snapshot& state);  // by id
/// By id or name. Fails with `not_found`.
Result<Vpc> find_vpc(const Snapshot& state, std::string_view id_or_name);
/// Of these resolvers, those that ask from inside a VPC: what this server answers them is its
/// private zones', and external aliases would show that to everybody. A sentence each.
std::vector<std::string> resolvers_inside(const Vpc& vpc, std::span<const Endpoint> resolvers);
/// The zones that a VPC sees.
Result<std::vector<HostedZone>> zones_of_vpc(const Snapshot& state, const std::string& id);
/// That the keys of a private zone may show it to a VPC, which else only keys of all zones may.
/// VPC ids of a zone, in their order.
Result<std::vector<std::string>> vpc_authorizations(const Snapshot& state, const ZoneId& zone);
ObjectKey vpc_authorization_key(const ZoneId& zone, const std::string& vpc);

std::string new_vpc_id(Random& random);  // "vpc-" and 17 hexadecimal digits

/// A VPC as it shall be, with the version that it replaces + 1; version 1: a new one. Every fault
/// with its pointer: the name or a prefix is another one's, or there are too many.
Result<Commit> resolve_vpc_put(const Snapshot& state, const Vpc& vpc, Decider decider);
/// With its authorizations. Fails with `in_use` while a zone is seen by it.
Result<Commit> resolve_vpc_delete(const Snapshot& state, const std::string& id, Decider decider);

/// Ids in place of ids or names, sorted, for a private zone `name` that is `self` or new. Faults
/// with pointers "/vpcs/N": there is no such VPC, or it sees a zone of that name already.
Result<std::vector<std::string>> check_zone_vpcs(const Snapshot& state, const dns::Name& name,
                                                 const ZoneId& self,
                                                 const std::vector<std::string>& wanted);
/// The zone is seen by these VPCs from now on, and by no other. A public zone stays public.
Result<Commit> resolve_zone_vpcs(const Snapshot& state, const ZoneId& zone,
                                 const std::vector<std::string>& wanted,
                                 std::optional<std::uint64_t> if_version, Decider decider);

}  // namespace waymark::zones
