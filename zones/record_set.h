// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"

namespace waymark::zones {

struct Simple {
  friend bool operator==(const Simple&, const Simple&) = default;
};
struct Weighted {
  std::uint16_t weight = 0;
  friend bool operator==(const Weighted&, const Weighted&) = default;
};
struct Failover {
  enum class Role : std::uint8_t { primary, secondary } role = Role::primary;
  std::uint16_t tier = 0;  // order among the secondaries; 0 is the first, and the primary's
  friend bool operator==(const Failover&, const Failover&) = default;
};
struct Latency {
  std::string region;
  friend bool operator==(const Latency&, const Latency&) = default;
};
struct Multivalue {
  friend bool operator==(const Multivalue&, const Multivalue&) = default;
};
/// A continent, or a country ("*": everywhere) and maybe its subdivision.
struct Geolocation {
  std::string continent, country, subdivision;
  friend bool operator==(const Geolocation&, const Geolocation&) = default;
};
/// A region, or coordinates in degrees.
struct Geoproximity {
  std::string region;
  double latitude = 0, longitude = 0;  // without a region
  std::int8_t bias = 0;                // -99 to 99
  friend bool operator==(const Geoproximity&, const Geoproximity&) = default;
};
struct Cidr {
  std::string collection_id, location;  // "*": all others
  friend bool operator==(const Cidr&, const Cidr&) = default;
};
/// How this set competes with the others of its name and type. All of a group are of one kind.
using Routing =
    std::variant<Simple, Weighted, Failover, Latency, Multivalue, Geolocation, Geoproximity, Cidr>;
std::string_view policy_name(const Routing& routing) noexcept;  // "simple", "weighted", …

/// "Answer with what stands at that name." The target is in the same zone; that of an external
/// alias is in none of ours, and its addresses are resolved ahead (external_answers.h).
struct Alias {
  dns::Name target;
  bool evaluate_target_health = false;
  bool external = false;
  friend bool operator==(const Alias&, const Alias&) = default;
};
/// An alias but for its target, as it is stored: 1 it evaluates health, 2 it is external.
constexpr std::uint8_t all_alias_flags = 3;
std::uint8_t alias_flags(const Alias& alias) noexcept;
Alias alias_of(dns::Name target, std::uint8_t flags);

/// What tells record sets of one zone apart.
struct RecordKey {
  dns::Name owner;
  dns::RrType type{};
  std::string set_id;
  friend bool operator==(const RecordKey&, const RecordKey&) = default;
  friend auto operator<=>(const RecordKey& a, const RecordKey& b) {
    return std::tie(a.owner, a.type, a.set_id) <=> std::tie(b.owner, b.type, b.set_id);
  }
};

/// One record set as Route 53 means it: a name, a type, maybe a set identifier; records or an
/// alias.
struct RecordSet {
  dns::Name owner;
  dns::RrType type{};
  std::string set_id;        // empty: a simple set, alone at its name and type
  std::uint32_t ttl = 0;     // seconds; 0 for an alias
  std::vector<Bytes> rdata;  // wire, sorted, no duplicates; empty for an alias
  Routing routing = Simple{};
  std::optional<Alias> alias;
  std::string health_check_id;  // empty: none
  /// Id of the traffic policy instance that made it and alone may change it; empty: none.
  std::string traffic_policy_instance{};

  RecordKey key() const { return {owner, type, set_id}; }
  friend bool operator==(const RecordSet&, const RecordSet&) = default;
};
/// For people: in what a set of the same key is not as it was given.
std::string difference(const RecordSet& given, const RecordSet& stored);

/// The first thing, for people, in which a given set differs from the stored one of its key.
std::string difference(const RecordSet& given, const RecordSet& stored);

}  // namespace waymark::zones
