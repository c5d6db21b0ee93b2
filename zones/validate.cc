// SPDX-License-Identifier: Apache-2.0
#include "zones/validate.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "policy/location.h"
#include "zones/external_alias.h"
#include "zones/name_rules.h"
#include "zones/records/rdata.h"

namespace waymark::zones {
namespace {

using dns::RrType;

constexpr std::uint32_t max_ttl = 0x7FFF'FFFF;  // RFC 2181 §8
constexpr std::size_t max_values = 400;
constexpr std::size_t max_set_id_characters = 128;
constexpr std::size_t max_group = 100;
constexpr std::size_t max_geoproximity_group = 30;
constexpr std::size_t max_name_total_octets = std::size_t{4} << 20;  // of all RRs of one name
constexpr std::size_t fixed_rr_octets = 12;  // pointer to the owner, TYPE, CLASS, TTL, RDLENGTH
constexpr std::size_t message_octets = 65'535, header_octets = 12, opt_octets = 64;

using Faults = std::vector<Error>;

template <class Kind>
bool is_of(const RecordSet& set) noexcept {
  return std::holds_alternative<Kind>(set.routing);
}
bool is_simple(const RecordSet& set) noexcept {
  return is_of<Simple>(set);
}

/// What decides which names there are can not depend on who asks.
bool shapes_the_zone(RrType type) noexcept {
  return type == RrType::SOA || type == RrType::NS || type == RrType::DNAME;
}

void check_place(const RecordSet& set, const dns::Name& zone, Faults& faults) {
  const std::string owner = set.owner.to_string();
  if (!set.owner.is_under(zone))
    faults.emplace_back(
        ErrorCode::outside_zone,
        owner + " is not in zone " + zone.to_string() + "; use that name or one below it", "/name");
  if (dns::is_meta(set.type))
    faults.emplace_back(ErrorCode::bad_type,
                        dns::to_string(set.type) + " exists in messages only; use a data type",
                        "/type");
  if (set.type == RrType::NS && set.owner.is_wildcard())
    faults.emplace_back(ErrorCode::bad_name,
                        "a wildcard may not have NS records; name the delegation", "/name");
  if (set.type == RrType::SOA && set.owner != zone)
    faults.emplace_back(ErrorCode::bad_type,
                        "SOA stands only at " + zone.to_string() + ", not at " + owner, "/type");
  if (set.type == RrType::CNAME && set.owner == zone)
    faults.emplace_back(
        ErrorCode::cname_conflict,
        "the zone's own name has SOA and NS, so it can not be a CNAME; use an alias", "/type");
}

void check_alias(const RecordSet& set, Faults& faults) {
  if (shapes_the_zone(set.type))
    faults.emplace_back(ErrorCode::bad_type, dns::to_string(set.type) + " can not be an alias",
                        "/alias");
  if (!set.rdata.empty())
    faults.emplace_back(ErrorCode::bad_value, "an alias has no values; leave one of the two out",
                        "/values");
  if (set.ttl != 0)
    faults.emplace_back(ErrorCode::bad_ttl, "an alias has the TTL of its target; leave ttl out",
                        "/ttl");
  if (set.alias->external) check_external_alias(set, faults);
}

std::size_t octets_of(const RecordSet& set) noexcept {
  std::size_t octets = 0;
  for (const Bytes& rdata : set.rdata)
    octets += fixed_rr_octets + rdata.size();
  return octets;
}

/// What no message holds could never be answered (RFC 1035 §4.2.2).
void check_length(const RecordSet& set, Faults& faults) {
  const std::size_t room = message_octets - header_octets - set.owner.octets() - 4 - opt_octets;
  const std::size_t octets = octets_of(set);
  if (octets <= room) return;
  faults.emplace_back(ErrorCode::too_large,
                      std::to_string(octets) + " octets do not fit one message; a record set has " +
                          "at most " + std::to_string(room),
                      "/values");
}

void check_values(const RecordSet& set, Faults& faults) {
  check_length(set, faults);
  if (set.ttl > max_ttl)
    faults.emplace_back(ErrorCode::bad_ttl,
                        "ttl " + std::to_string(set.ttl) + " is out of range; use 0 to 2147483647",
                        "/ttl");
  const std::size_t values = set.rdata.size();
  if (values == 0)
    faults.emplace_back(ErrorCode::missing_field, "a record set needs at least one value",
                        "/values");
  if (values > max_values)
    faults.emplace_back(
        ErrorCode::too_large,
        std::to_string(values) + " values are too many; a record set has at most 400", "/values");
  if (values > 1 &&
      (set.type == RrType::CNAME || set.type == RrType::SOA || set.type == RrType::DNAME))
    faults.emplace_back(
        ErrorCode::bad_value,
        dns::to_string(set.type) + " has exactly one value, not " + std::to_string(values),
        "/values");
  for (std::size_t i = 0; i < values; ++i)
    if (!is_valid_rdata(set.type, set.rdata[i]))
      faults.emplace_back(ErrorCode::bad_rdata, "not a value of type " + dns::to_string(set.type),
                          "/values/" + std::to_string(i));
  for (std::size_t i = 1; i < values; ++i)
    if (set.rdata[i] == set.rdata[i - 1])
      faults.emplace_back(ErrorCode::bad_value,
                          rdata_to_string(set.type, set.rdata[i]) + " is given twice", "/values");
}

bool is_cidr_location(std::string_view name) {
  return name == "*" || (!name.empty() && name.size() <= 16 &&
                         std::all_of(name.begin(), name.end(), [](unsigned char c) {
                           return std::isalnum(c) != 0 || c == '-' || c == '_';
                         }));
}

/// What one policy asks of its own fields.
struct RoutingCheck {
  const RecordSet& set;
  Faults& faults;

  void fault(ErrorCode code, std::string sentence, const char* pointer) const {
    faults.emplace_back(code, std::move(sentence), pointer);
  }
  void operator()(const Simple&) const {}
  void operator()(const Weighted&) const {}
  void operator()(const Latency&) const {}
  void operator()(const Failover& failover) const {
    const bool primary = failover.role == Failover::Role::primary;
    const bool can_fail =
        !set.health_check_id.empty() || (set.alias && set.alias->evaluate_target_health);
    if (primary && !can_fail)
      fault(ErrorCode::policy_conflict,
            set.alias ? "an alias primary needs evaluate_target_health or a health check"
                      : "a primary needs a health check",
            "/health_check_id");
    if (primary && failover.tier != 0)
      fault(ErrorCode::bad_value, "the primary is the first tier; leave tier out", "/routing/tier");
  }
  void operator()(const Multivalue&) const {
    if (set.alias)
      fault(ErrorCode::policy_conflict, "a multivalue record set can not be an alias", "/alias");
    if (set.type == RrType::CNAME)
      fault(ErrorCode::policy_conflict, "CNAME can not be multivalue", "/routing");
  }
  void operator()(const Geolocation& place) const {
    const int areas = (place.continent.empty() ? 0 : 1) + (place.country.empty() ? 0 : 1);
    if (areas != 1 || (!place.subdivision.empty() && place.country.empty()))
      return fault(ErrorCode::bad_value,
                   "use a continent alone, a country, or a country and its subdivision",
                   "/routing");
    if (place.country == "*" && place.subdivision.empty()) return;
    const auto known = policy::make_location(place.continent, place.country, place.subdivision,
                                             std::nullopt, std::nullopt);
    if (!known) fault(ErrorCode::bad_value, known.error().detail(), "/routing");
  }
  void operator()(const Geoproximity& place) const {
    if (place.region.empty() && !policy::make_location("", "", "", place.latitude, place.longitude))
      fault(ErrorCode::bad_value,
            "coordinates are out of range; use latitude -90 to 90, longitude -180 to 180",
            "/routing");
    if (place.bias < -99 || place.bias > 99)
      fault(ErrorCode::bad_value,
            "bias " + std::to_string(place.bias) + " is out of range; use -99 to 99",
            "/routing/bias");
  }
  void operator()(const Cidr& cidr) const {
    if (!is_cidr_location(cidr.location))
      fault(ErrorCode::bad_value,
            "location \"" + cidr.location + "\" is no name; use 1 to 16 of A-Z a-z 0-9 _ -, or *",
            "/routing/location");
  }
};

void check_routing(const RecordSet& set, Faults& faults) {
  if (is_simple(set)) {
    if (!set.set_id.empty())
      faults.emplace_back(ErrorCode::policy_conflict,
                          "a simple record set has no set_id; add routing or leave set_id out",
                          "/set_id");
    if (!set.health_check_id.empty())
      faults.emplace_back(ErrorCode::policy_conflict,
                          "a health check decides between record sets; add routing to use it",
                          "/health_check_id");
    return;
  }
  if (set.set_id.empty() || characters(set.set_id) > max_set_id_characters)
    faults.emplace_back(set.set_id.empty() ? ErrorCode::missing_field : ErrorCode::bad_value,
                        "a routed record set needs a set_id of 1 to 128 characters", "/set_id");
  if (shapes_the_zone(set.type) || set.type == RrType::DS)
    faults.emplace_back(ErrorCode::policy_conflict, dns::to_string(set.type) + " can not be routed",
                        "/routing");
  std::visit(RoutingCheck{set, faults}, set.routing);
}

/// What may stand only once in a group, and where it stands in a record; "" when nothing is.
struct Unique {
  std::string text;
  const char* pointer = "/routing";
};
struct UniqueOf {
  Unique operator()(const Simple&) const { return {}; }
  Unique operator()(const Weighted&) const { return {}; }
  Unique operator()(const Multivalue&) const { return {}; }
  Unique operator()(const Latency& latency) const {
    return {"region " + latency.region, "/routing/region"};
  }
  Unique operator()(const Failover& failover) const {
    const bool primary = failover.role == Failover::Role::primary;
    if (failover.tier == 0) return {primary ? "role primary" : "role secondary", "/routing/role"};
    return {"tier " + std::to_string(failover.tier), "/routing/tier"};
  }
  Unique operator()(const Geolocation& place) const {
    return {"location " + place.continent + place.country +
            (place.subdivision.empty() ? "" : "-" + place.subdivision)};
  }
  Unique operator()(const Geoproximity& place) const {
    if (!place.region.empty()) return {"region " + place.region, "/routing/region"};
    return {"location " + std::to_string(place.latitude) + "," + std::to_string(place.longitude)};
  }
  Unique operator()(const Cidr& cidr) const {
    return {"location " + cidr.location, "/routing/location"};
  }
};

/// All sets of one name and type: whether they go together.
class Group {
 public:
  Group(std::span<const RecordSet> sets, std::size_t first, std::vector<SetFault>& faults)
      : sets_(sets), first_(first), faults_(faults) {}

  void check() {
    if (sets_.size() == 1) return;
    std::set<std::string> ids, places;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      check_kind(i);
      if (!is_simple(sets_[i]) && !ids.insert(sets_[i].set_id).second)
        fault(i, ErrorCode::policy_conflict, "set_id \"" + sets_[i].set_id + "\" is used twice",
              "/set_id");
      const Unique unique = std::visit(UniqueOf{}, sets_[i].routing);
      if (!unique.text.empty() && !places.insert(unique.text).second)
        fault(i, ErrorCode::policy_conflict,
              unique.text + " is used twice; one record set of the group may have it",
              unique.pointer);
      check_collection(i);
    }
    check_ttls();
    const std::size_t most = is_of<Geoproximity>(sets_[0]) ? max_geoproximity_group : max_group;
    if (sets_.size() > most)
      fault(sets_.size() - 1, ErrorCode::too_large,
            std::to_string(sets_.size()) + " record sets compete; at most " + std::to_string(most) +
                " may",
            "");
  }

 private:
  void fault(std::size_t index, ErrorCode code, std::string sentence, std::string pointer) {
    faults_.push_back({first_ + index, Error(code, std::move(sentence), std::move(pointer))});
  }

  void check_kind(std::size_t i) {
    const RecordSet& set = sets_[i];
    if (i == 0) return;
    if (is_simple(set) || is_simple(sets_[0]))
      return fault(
          i, ErrorCode::policy_conflict,
          "a simple record set must be alone; " + describe(set.key()) + " stands beside another",
          "/routing");
    if (set.routing.index() != sets_[0].routing.index())
      fault(i, ErrorCode::policy_conflict,
            std::string(policy_name(set.routing)) + " routing beside " +
                std::string(policy_name(sets_[0].routing)) +
                "; all of a name and type use one policy",
            "/routing");
  }

  void check_collection(std::size_t i) {
    const auto* cidr = std::get_if<Cidr>(&sets_[i].routing);
    const auto* first = std::get_if<Cidr>(&sets_[0].routing);
    if (cidr != nullptr && first != nullptr && cidr->collection_id != first->collection_id)
      fault(i, ErrorCode::policy_conflict,
            "all of a group use one collection; another has " + first->collection_id,
            "/routing/collection_id");
  }

  void check_ttls() {
    const RecordSet* reference = nullptr;
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      if (sets_[i].alias || !is_of<Weighted>(sets_[i])) continue;
      if (reference == nullptr) reference = &sets_[i];
      if (sets_[i].ttl != reference->ttl)
        fault(i, ErrorCode::bad_ttl,
              "ttl " + std::to_string(sets_[i].ttl) + " beside " + std::to_string(reference->ttl) +
                  "; all of a weighted group have one TTL",
              "/ttl");
    }
  }

  std::span<const RecordSet> sets_;
  std::size_t first_;
  std::vector<SetFault>& faults_;
};

// RFC 1034 §3.6.2
void check_cname_alone(std::span<const RecordSet> sets, std::vector<SetFault>& faults) {
  const auto is_cname = [](const RecordSet& set) { return set.type == RrType::CNAME; };
  if (std::none_of(sets.begin(), sets.end(), is_cname) ||
      std::all_of(sets.begin(), sets.end(), is_cname))
    return;
  for (std::size_t i = 0; i < sets.size(); ++i)
    faults.push_back({i, Error(ErrorCode::cname_conflict,
                               "a CNAME must be alone at its name; " + sets[i].owner.to_string() +
                                   " has CNAME and other records",
                               "/type")});
}

// RFC 1034 §4.2.1
void check_apex(std::span<const RecordSet> sets, std::vector<SetFault>& faults) {
  for (const RrType type : {RrType::SOA, RrType::NS}) {
    const auto same =
        std::count_if(sets.begin(), sets.end(), [&](auto& set) { return set.type == type; });
    if (same == 0)
      faults.push_back(
          {0, Error(ErrorCode::apex_required,
                    "a zone needs " + dns::to_string(type) + " records at its own name", "/type")});
  }
}

}  // namespace

std::string describe(const RecordKey& key) {
  std::string text = dns::to_string(key.type) + " " + key.owner.to_string();
  if (!key.set_id.empty()) text += " (" + key.set_id + ")";
  return text;
}

std::vector<Error> check_record_set(const RecordSet& set, const dns::Name& zone) {
  Faults faults;
  const bool well_placed = set.owner.is_under(zone) && !dns::is_meta(set.type);
  if (!well_placed || set.type == RrType::NS || set.type == RrType::SOA ||
      set.type == RrType::CNAME)
    check_place(set, zone, faults);
  if (set.alias)
    check_alias(set, faults);
  else
    check_values(set, faults);
  check_routing(set, faults);
  return faults;
}

std::vector<SetFault> faults_of_name(std::span<const RecordSet> sets, const dns::Name& zone) {
  std::vector<SetFault> faults;
  if (sets.empty()) return faults;
  check_cname_alone(sets, faults);
  std::size_t octets = 0;
  for (const RecordSet& set : sets)
    octets += octets_of(set);
  if (octets > max_name_total_octets)
    faults.push_back(
        {sets.size() - 1, Error(ErrorCode::too_large,
                                std::to_string(octets) + " octets of records at " +
                                    sets[0].owner.to_string() + "; a name has at most 4 MiB",
                                "/values")});
  for (std::size_t first = 0; first < sets.size();) {
    std::size_t end = first + 1;
    while (end < sets.size() && sets[end].type == sets[first].type)
      ++end;
    Group(sets.subspan(first, end - first), first, faults).check();
    first = end;
  }
  if (sets[0].owner == zone) check_apex(sets, faults);
  return faults;
}

std::vector<Error> check_name(const std::vector<RecordSet>& sets, const dns::Name& zone) {
  std::vector<Error> errors;
  for (SetFault& fault : faults_of_name(sets, zone))
    errors.push_back(std::move(fault.error));
  return errors;
}

}  // namespace waymark::zones
