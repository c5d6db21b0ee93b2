// SPDX-License-Identifier: Apache-2.0
//
// Reusable delegation sets: name servers under an id, which new zones may be given. A zone that was
// made with one, or whose own servers became one, says so in its object.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "zones/store/store.h"
#include "zones/validate.h"

namespace waymark::zones {

constexpr std::size_t most_delegation_sets = 100, most_zones_of_delegation_set = 100;

struct DelegationSet {
  std::string id;                         // "N" and 20 upper-case letters and digits
  std::string caller_reference;           // of no other set
  std::vector<std::string> name_servers;  // absolute: "ns1.example.net."
  friend bool operator==(const DelegationSet&, const DelegationSet&) = default;
};
std::string encode(const DelegationSet& set);
/// Fails with `bad_image` when the text is damaged.
Result<DelegationSet> decode_delegation_set(const std::string& id, std::string_view text);
std::string new_delegation_set_id(Random& random);

Result<std::vector<DelegationSet>> delegation_sets(const Snapshot& state);  // by id
/// Fails with `not_found`, at "/delegation_set".
Result<DelegationSet> delegation_set(const Snapshot& state, const std::string& id);
/// For one more zone; `too_large` when it has 100.
Result<DelegationSet> delegation_set_for_zone(const Snapshot& state, const std::string& id);
/// The id of the zone's set in its object's JSON; empty: none.
std::string delegation_set_of(std::string_view zone_object);
/// How many zones have the set.
Result<std::size_t> zones_of_delegation_set(const Snapshot& state, const std::string& id);

/// A new set of the servers that it says; or, of a zone, of those that the zone's NS records name,
/// and the zone has it then. Fails with `conflict` at "/caller_reference" or "/zone" (it has one),
/// `zone_not_found`, `unsupported` (the zone is private) or `too_large`.
Result<Commit> resolve_delegation_set_create(const Snapshot& state, DelegationSet set,
                                             const ZoneId* zone, Decider decider);
/// Fails with `in_use` while a zone has it.
Result<Commit> resolve_delegation_set_delete(const Snapshot& state, const std::string& id,
                                             Decider decider);

}  // namespace waymark::zones
