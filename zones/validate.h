// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "policy/regions.h"
#include "zones/change_batch.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What a new zone's NS and SOA say, and who did it.
struct ZoneDefaults {
  std::vector<std::string> name_servers;  // empty: ns1.<zone>
  std::string hostmaster;                 // empty: hostmaster.<zone>
  bool onion_zones = false;               // whether names under .onion are taken at all
};

/// "hostmaster.example.com", or written as a mail address: its @ becomes a dot, and dots before it
/// are escaped (RFC 1035 §8). Fails with `bad_name`.
Result<dns::Name> parse_mailbox(const std::string& text);

/// Everything `resolve` reads besides the state: so that decisions repeat in tests.
struct Decider {
  const Clock& clock;
  Random& random;
  std::string author;
};

/// Batch → commit of effects, judged by its end state against `state`. Every fault of the batch at
/// once, each with the pointer "/changes/N/record/…". Adds the SOA with its serial raised unless
/// the batch sets the SOA itself. Fails with `zone_not_found`, `version_mismatch`, or the faults.
Result<Commit> resolve(const Snapshot& state, const ChangeBatch& batch, Decider decider);

/// A zone to be made.
struct NewZone {
  dns::Name name;
  std::string comment{};
  std::optional<std::vector<std::string>> vpcs{};  // ids or names: a private zone that they see
  std::string caller_reference{};  // names the request; `conflict` when it made a zone before, even
                                   // one that was deleted since
  std::string delegation_set{};    // id of the one whose name servers it has; empty: the server's
};

Result<Commit> resolve_zone_create(const Snapshot& state, const NewZone& wanted,
                                   const ZoneDefaults& defaults, Decider decider);
/// The zone's comment, and nothing else.
Result<Commit> resolve_zone_comment(const Snapshot& state, const ZoneId& zone,
                                    const std::string& comment, Decider decider);
/// Changes a member of the zone's object that others do not know to a JSON value without commas.
Result<Commit> resolve_zone_member(const Snapshot& state, const ZoneId& zone, std::string_view key,
                                   std::string_view value, Decider decider);
/// `zone_not_empty` while other records than the apex NS and SOA stand, unless `force`.
Result<Commit> resolve_zone_delete(const Snapshot& state, const ZoneId& zone, bool force,
                                   Decider decider);
/// The commit that flips a Store::replace: version, serial (above the old one), effects.replaced.
Result<Commit> resolve_zone_replace(const Snapshot& state, const ZoneId& zone,
                                    std::uint64_t record_sets, std::uint32_t serial,
                                    Decider decider);
/// One object put (`after`) or removed (none); one that record sets refer to only `in_use_too`.
/// `if_version` is compared with "version" in the JSON before.
Result<Commit> resolve_object(const Snapshot& state, const ObjectKey& key,
                              std::optional<std::string> after, Decider decider,
                              bool in_use_too = false);

/// Rules of one set alone (payload, TTL, rdata counts, names inside the zone): faults with pointers
/// relative to the record ("/ttl").
std::vector<Error> check_record_set(const RecordSet& set, const dns::Name& zone);
/// Rules of all sets of one name together, in their end state (CNAME alone, one policy, unique
/// roles, regions and set ids, equal TTLs of a weighted group, failover primary with a check).
std::vector<Error> check_name(const std::vector<RecordSet>& sets, const dns::Name& zone);

/// That a change touches what a traffic policy instance has made, which neither makes the batch nor
/// goes with it; `stored` are the sets of the name as they stand.
std::optional<Error> fault_of_instance(const ChangeBatch& batch, const Change& change,
                                       const std::vector<RecordSet>& stored);

/// Known regions in this state: built in, and those of the latency table object.
Result<policy::RegionList> regions_of(const Snapshot& state);

ZoneId new_zone_id(Random& random);
ChangeId new_change_id(Random& random);
std::string new_uuid(Random& random);

/// RFC 1982: a serial greater than `before`.
std::uint32_t next_serial(std::uint32_t before) noexcept;
/// Reads and writes SERIAL inside a SOA's wire RDATA.
std::uint32_t soa_serial(ByteView soa_rdata) noexcept;
void set_soa_serial(Bytes& soa_rdata, std::uint32_t serial) noexcept;

}  // namespace waymark::zones
