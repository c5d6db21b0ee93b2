// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "zones/change_batch.h"
#include "zones/store/store.h"
#include "zones/traffic_policy.h"

namespace waymark::zones {

/// Where a zone's traffic policy instances answer: what would hide one (a delegation, a DNAME, a
/// zone of its own) is refused, or the instance would be in sync and nobody would see it.
class InstancePlaces {
 public:
  static Result<InstancePlaces> of(const Snapshot& state, const HostedZone& zone);

  const std::vector<TrafficPolicyInstance>& all() const noexcept { return instances_; }
  bool contains(const std::string& id) const { return ids_.contains(id); }
  /// The instance that has records at or below `name`; null: none has.
  Result<const TrafficPolicyInstance*> hidden_by(const Snapshot& state,
                                                 const dns::Name& name) const;

 private:
  HostedZone zone_;
  std::vector<TrafficPolicyInstance> instances_;  // by name
  std::map<std::string, std::size_t> ids_;
};

/// All that an instance has made: its rules are numbered without a gap.
Result<std::map<RecordKey, RecordSet>> made_by(const Snapshot& state, const HostedZone& zone,
                                               const TrafficPolicyInstance& instance);

/// What removes the instances that go with the batch. Fails with `version_mismatch` when they have
/// made more than what is `removed`.
Result<std::vector<ObjectChange>> removed_instances(const Snapshot& state, const HostedZone& zone,
                                                    const ChangeBatch& batch,
                                                    const std::vector<RecordSet>& removed);

/// "…would hide A www.example.com., where traffic policy instance … answers".
Error hides_instance(const std::string& what, const TrafficPolicyInstance& instance);

/// Faults of a batch, each with its change: sets that would hide an instance, or sets of `instance`
/// where something stands that hides them. `puts`: the changes whose sets stand at the end.
Result<std::vector<std::pair<std::size_t, Error>>> hidden_faults(
    const Snapshot& state, const HostedZone& zone, std::span<const Change> changes,
    const std::map<RecordKey, std::size_t>& puts, const std::string& instance);

/// That a new public zone of that name would hide an instance of the zone around it.
Result<void> check_hides_none(const Snapshot& state, const dns::Name& zone);

}  // namespace waymark::zones
