// SPDX-License-Identifier: Apache-2.0
#include "api/route53/batch_faults.h"

#include <algorithm>
#include <charconv>

#include "api/route53/names.h"
#include "api/route53/routing_xml.h"

namespace waymark::api {
namespace {

using dns::RrType;

constexpr std::size_t most_values = 400;

/// Which change a fault is of, and where in its record.
struct Place {
  std::size_t change = 0;
  std::string_view pointer;  // "/routing/region"
};

std::optional<Place> place_of(const Error& error, std::string_view pointer) {
  constexpr std::string_view changes = "/changes/", record = "/record";
  if (!pointer.starts_with(changes)) return std::nullopt;
  pointer.remove_prefix(changes.size());
  Place place;
  const auto [end, failure] =
      std::from_chars(pointer.data(), pointer.data() + pointer.size(), place.change);
  if (failure != std::errc{} || error.detail().empty()) return std::nullopt;
  pointer.remove_prefix(static_cast<std::size_t>(end - pointer.data()));
  if (pointer.starts_with(record)) pointer.remove_prefix(record.size());
  place.pointer = pointer;
  return place;
}

/// The words for the faults of one change.
class Words {
 public:
  Words(const zones::RecordSet& set, const zones::HostedZone& zone)
      : set_(set),
        name_(aws_name(set.owner)),
        type_(dns::to_string(set.type)),
        zone_(aws_name(zone.name)),
        zone_id_(zone.id.text),
        apex_(set.owner == zone.name),
        target_inside_(set.alias && set.alias->target.is_under(zone.name)) {}

  /// Empty: the fault's own sentence is the best there is.
  std::vector<std::string> of(ErrorCode code, std::string_view pointer) const {
    switch (code) {
      case ErrorCode::record_exists:
        return {"Tried to create " + key() + " but it already exists"};
      case ErrorCode::record_not_found:
        return {"Tried to delete " + key() + " but it was not found"};
      case ErrorCode::values_mismatch:
        return {"Tried to delete " + key() +
                " but the values provided do not match the current values"};
      case ErrorCode::outside_zone:
        return {"RRSet with DNS name " + name_ + " is not permitted in zone " + zone_};
      case ErrorCode::cname_conflict:
        return {cname()};
      case ErrorCode::alias_target_missing:
        return pointer == "/alias/name" ? alias_target() : std::vector<std::string>{};
      case ErrorCode::policy_conflict:
        return policy(pointer);
      case ErrorCode::bad_ttl:
        return texts(created("as weighted sets must contain the same TTL."));
      case ErrorCode::bad_type:
        if (pointer != "/alias") return {};
        return {rrset() + " contains an alias target, but aliases of that type are forbidden"};
      case ErrorCode::too_large:
        return too_large(pointer);
      case ErrorCode::bad_value:
        return bad_value(pointer);
      default:
        return {};
    }
  }

 private:
  static std::vector<std::string> texts(std::string text) { return {std::move(text)}; }

  std::string key() const {
    return "resource record set [name='" + name_ + "', type='" + type_ + "'" +
           (set_.set_id.empty() ? "" : ", set-identifier='" + set_.set_id + "'") + "]";
  }
  std::string rrset() const { return "RRSet with DNS name " + name_ + ", type " + type_; }
  std::string created(std::string_view why) const {
    return rrset() + (set_.set_id.empty() ? "" : ", SetIdentifier " + set_.set_id) +
           " cannot be created " + std::string(why);
  }

  std::string cname() const {
    const std::string rrset = "RRSet of type " + type_ + " with DNS name " + name_;
    if (set_.type != RrType::CNAME)
      return rrset +
             " is not permitted because a conflicting RRSet of type CNAME with the same DNS name "
             "already exists in zone " +
             zone_;
    if (apex_) return rrset + " is not permitted at apex in zone " + zone_;
    return rrset +
           " is not permitted as it conflicts with other records with the same DNS name in zone " +
           zone_;
  }

  std::vector<std::string> alias_target() const {
    if (!set_.alias) return {};
    const std::string tried = "Tried to create an alias that targets " +
                              aws_name(set_.alias->target) + ", type " + type_ + " in zone " +
                              zone_id_ + ", but ";
    std::vector<std::string> told{tried + "that target was not found"};
    if (!target_inside_)
      told.push_back(tried + "the alias target name does not lie within the target zone");
    return told;
  }

  bool is_simple() const { return std::holds_alternative<zones::Simple>(set_.routing); }

  std::vector<std::string> policy(std::string_view pointer) const {
    if (pointer == "/alias")
      return {
          "Multivalue answer rrset should not be an alias rrset. No "
          "changes made."};
    if (pointer == "/health_check_id") return texts(health_check());
    if (pointer == "/routing/region")
      return texts(
          created("because a latency RRSet with the same name, type and region already exists."));
    if (pointer == "/routing/collection_id")
      return texts(created("because a CIDR RRSets with a different collection id already exist"));
    if (pointer != "/routing") return {};
    const bool never_routed = set_.type == RrType::NS || set_.type == RrType::SOA ||
                              set_.type == RrType::DS || set_.type == RrType::CNAME;
    if (never_routed &&
        (set_.type != RrType::CNAME || std::holds_alternative<zones::Multivalue>(set_.routing)))
      return texts(created("because this type of RRSet is not supported."));
    if (is_simple()) return texts(created("as other RRSets exist with the same name and type."));
    if (const auto* place = std::get_if<zones::Geolocation>(&set_.routing))
      return texts(created("because another RRSet with the same name and type excludes [" +
                           location_text(*place) + "]."));
    return texts(created("as a non-" + std::string(zones::policy_name(set_.routing)) +
                         " set exists with the same name and type."));
  }

  std::string health_check() const {
    if (is_simple())
      return "DNS name must have alternate ResourceRecordSet responses configured via a routing "
             "policy (e.g., Weight, Region, etc.) if a health check is attached. No changes made.";
    if (!set_.alias)
      return "A non-alias primary ResourceRecordSet must have an associated health check. No "
             "changes made.";
    return rrset() + ", SetIdentifier " + set_.set_id +
           " cannot be a primary without EvaluateTargetHealth set to true or an associated health "
           "check as a secondary would never be returned.";
  }

  std::vector<std::string> too_large(std::string_view pointer) const {
    if (pointer == "/values" && set_.rdata.size() > most_values)
      return {"Cannot have more than 400 records in a RRSet."};
    if (!pointer.empty()) return {};
    return {"Exceeded limit on number of " + std::string(zones::policy_name(set_.routing)) +
            " RRSets for " + name_ + ", " + type_ + " in this zone."};
  }

  std::vector<std::string> bad_value(std::string_view pointer) const {
    if (pointer.empty())
      return {"The request contains an invalid set of changes for a resource record set '" + type_ +
              " " + name_ + "'"};
    if (const auto* place = std::get_if<zones::Geolocation>(&set_.routing);
        place != nullptr && pointer == "/routing")
      return {"Cannot find location: '" + location_text(*place) + "'. No changes made."};
    if (const auto* place = std::get_if<zones::Geoproximity>(&set_.routing);
        place != nullptr && pointer == "/routing/region")
      return {"Cannot find GeoProximityLocation with AWSRegion " + place->region};
    if (const auto* latency = std::get_if<zones::Latency>(&set_.routing);
        latency != nullptr && pointer == "/routing/region")
      return {"Cannot find region " + latency->region};
    return {};
  }

  const zones::RecordSet& set_;
  std::string name_, type_, zone_, zone_id_;
  bool apex_, target_inside_;
};

std::vector<std::string> messages_of(const Error& error, const zones::ChangeBatch& batch,
                                     const zones::HostedZone& zone) {
  const std::string pointer = error.pointer();
  const auto place = place_of(error, pointer);
  if (!place || place->change >= batch.changes.size()) return {error.detail()};
  auto told = Words(batch.changes[place->change].record_set, zone).of(error.code(), place->pointer);
  if (told.empty()) told.push_back(error.detail());
  return told;
}

}  // namespace

AwsFault fault_of_batch(const Error& error, const zones::ChangeBatch& batch,
                        const zones::HostedZone& zone) {
  std::vector<Error> faults = error.causes().empty() ? std::vector{error} : error.causes();
  const bool of_changes = std::all_of(faults.begin(), faults.end(), [](const Error& fault) {
    return fault.pointer().starts_with("/changes/");
  });
  if (!of_changes) return fault_of(error);
  std::stable_sort(faults.begin(), faults.end(), [](const Error& a, const Error& b) {
    const auto first = place_of(a, a.pointer()), second = place_of(b, b.pointer());
    return (first ? first->change : 0) < (second ? second->change : 0);
  });
  std::vector<std::string> messages;
  for (const Error& fault : faults) {
    const std::string pointer = fault.pointer();
    const auto place = place_of(fault, pointer);
    const bool simple = place && std::holds_alternative<zones::Simple>(
                                     batch.changes[place->change].record_set.routing);
    // A simple set may have no check at all, and hears just that.
    if (fault.code() == ErrorCode::health_check_missing && simple) continue;
    if (fault.code() == ErrorCode::health_check_missing && place)
      return {404, "NoSuchHealthCheck",
              "A health check with id " + batch.changes[place->change].record_set.health_check_id +
                  " does not exist."};
    for (std::string& message : messages_of(fault, batch, zone))
      if (std::find(messages.begin(), messages.end(), message) == messages.end())
        messages.push_back(std::move(message));
  }
  std::string all;
  for (const std::string& message : messages)
    all += (all.empty() ? "" : ", ") + message;
  return {400, "InvalidChangeBatch", "[" + all + "]"};
}

}  // namespace waymark::api
