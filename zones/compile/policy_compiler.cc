// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/policy_compiler.h"

#include <algorithm>
#include <utility>

namespace waymark::zones {
namespace {

Error unknown(const std::string& what, const std::string& name) {
  return {ErrorCode::bad_value, what + " " + name + " is not known"};
}

/// The group's one rule, made when its first set is added.
template <class Spec>
Spec& rule_of(std::optional<policy::RuleSpec>& rule) {
  if (!rule || !std::holds_alternative<Spec>(*rule)) rule = Spec{};
  return std::get<Spec>(*rule);
}

}  // namespace

struct PolicyCompiler::Adder {
  PolicyCompiler& to;
  policy::BranchSpec branch;

  Result<void> operator()(const Simple&) const {
    return Error(ErrorCode::policy_conflict, "a simple record set competes with none");
  }
  Result<void> operator()(const Weighted& weighted) const {
    auto& spec = rule_of<policy::WeightedSpec>(to.rule_);
    spec.weights.push_back(weighted.weight);
    spec.branches.push_back(branch);
    return {};
  }
  Result<void> operator()(const Failover& failover) const {
    const bool primary = failover.role == Failover::Role::primary;
    to.tiers_.emplace_back(primary ? 0U : failover.tier + 1U, branch);
    return {};
  }
  Result<void> operator()(const Latency& latency) const {
    const auto number = to.regions_.number(latency.region);
    if (!number) return unknown("region", latency.region);
    auto& spec = rule_of<policy::LatencySpec>(to.rule_);
    spec.regions.push_back(*number);
    spec.region_names.push_back(latency.region);
    spec.sites.emplace_back();
    if (const auto at = to.regions_.place(*number))
      spec.sites.back() = {policy::Point::at(at->latitude, at->longitude), 1};
    spec.branches.push_back(branch);
    return {};
  }
  Result<void> operator()(const Multivalue&) const {
    rule_of<policy::MultivalueSpec>(to.rule_).branches.push_back(branch);
    return {};
  }
  Result<void> operator()(const Geolocation& place) const {
    auto& spec = rule_of<policy::GeolocationSpec>(to.rule_);
    policy::GeoCode area = policy::geo_everywhere;
    if (!place.continent.empty()) area = policy::continent_code(place.continent);
    if (place.continent.empty() && place.country != "*")
      area = place.subdivision.empty() ? policy::country_code(place.country)
                                       : policy::subdivision_code(place.country, place.subdivision);
    if (area == policy::geo_everywhere && place.country != "*")
      return unknown("location", place.continent + place.country);
    spec.areas.push_back(area);
    spec.branches.push_back(branch);
    return {};
  }
  Result<void> operator()(const Geoproximity& place) const {
    policy::RegionList::Degrees at{place.latitude, place.longitude};
    if (!place.region.empty()) {
      const auto number = to.regions_.number(place.region);
      const auto known = number ? to.regions_.place(*number) : std::nullopt;
      if (!known) return unknown("the place of region", place.region);
      at = *known;
    }
    auto& spec = rule_of<policy::GeoproximitySpec>(to.rule_);
    spec.sites.push_back(
        {policy::Point::at(at.latitude, at.longitude), policy::bias_factor(place.bias)});
    spec.branches.push_back(branch);
    return {};
  }
  Result<void> operator()(const Cidr& cidr) const {
    if (!to.collection_) {
      auto collection = cidr_collection(to.state_, cidr.collection_id);
      if (!collection) return collection.error();
      if (!*collection) return unknown("CIDR collection", cidr.collection_id);
      to.collection_ = std::move(**collection);
    }
    const auto location = to.collection_->location_number(cidr.location);
    if (!location) return unknown("location", cidr.location);
    auto& spec = rule_of<policy::IpBasedSpec>(to.rule_);
    spec.collection = to.collection_->number;
    spec.locations.push_back(*location);
    spec.branches.push_back(branch);
    return {};
  }
};

Result<void> PolicyCompiler::add(const RecordSet& set, const BranchHealth& health) {
  const policy::BranchSpec branch{policy::BranchSpec::Kind::target, targets_++, health.slot,
                                  health.descends};
  return std::visit(Adder{*this, branch}, set.routing);
}

Result<Bytes> PolicyCompiler::finish() {
  if (!tiers_.empty()) {
    std::stable_sort(tiers_.begin(), tiers_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    auto& spec = rule_of<policy::FailoverSpec>(rule_);
    for (const auto& [order, branch] : tiers_)
      spec.tiers.push_back(branch);
  }
  if (!rule_) return Error(ErrorCode::bad_value, "a policy needs a rule");
  return policy::build_policy({std::move(*rule_)}, targets_);
}

}  // namespace waymark::zones
