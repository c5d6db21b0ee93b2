// SPDX-License-Identifier: Apache-2.0
#include "api/route53/batch_stored.h"

#include <algorithm>

#include "api/route53/names.h"
#include "zones/instance_places.h"

namespace waymark::api {
namespace {

/// The instance that the set names, when it is that of its name and type.
AwsResult<zones::TrafficPolicyInstance> instance_of(const zones::Snapshot& state,
                                                    const zones::HostedZone& zone,
                                                    const zones::Change& change) {
  const zones::RecordSet& set = change.record_set;
  auto found = zones::traffic_policy_instance(state, set.traffic_policy_instance);
  if (!found && found.error().code() != ErrorCode::not_found) return fault_of(found.error());
  if (found && found->zone == zone.id && found->name == set.owner && found->type == set.type)
    return std::move(*found);
  const bool removes = change.action == zones::Change::Action::remove;
  return AwsFault{400, "InvalidChangeBatch",
                  "[Tried to " + std::string(removes ? "delete" : "upsert") +
                      " resource record set [name='" + aws_name(set.owner) + "', type='" +
                      dns::to_string(set.type) + "'] but it was not found]"};
}

AwsResult<void> keep_tier(const zones::Snapshot& state, const zones::HostedZone& zone,
                          zones::RecordSet& set) {
  auto* sent = std::get_if<zones::Failover>(&set.routing);
  if (sent == nullptr || sent->role != zones::Failover::Role::secondary) return {};
  const auto stored = state.record_sets_at(zone, set.owner);
  if (!stored) return fault_of(stored.error());
  const auto same = std::find_if(stored->begin(), stored->end(), [&](const zones::RecordSet& one) {
    return one.key() == set.key();
  });
  if (same == stored->end()) return {};
  const auto* kept = std::get_if<zones::Failover>(&same->routing);
  if (kept != nullptr && kept->role == sent->role) *sent = *kept;
  return {};
}

}  // namespace

AwsResult<void> complete_batch(const zones::Snapshot& state, const zones::HostedZone& zone,
                               zones::ChangeBatch& batch) {
  std::vector<zones::Change> unfolded;
  for (zones::Change& change : batch.changes) {
    const std::string id = change.record_set.traffic_policy_instance;
    if (auto kept = keep_tier(state, zone, change.record_set); !kept) return kept.error();
    if (id.empty() || !batch.faults.empty()) {  // faults are told by the places of changes
      change.readable = change.readable && id.empty();
      unfolded.push_back(std::move(change));
      continue;
    }
    const auto instance = instance_of(state, zone, change);
    if (!instance) return instance.error();
    const auto made = zones::made_by(state, zone, *instance);
    if (!made) return fault_of(made.error());
    for (const auto& [key, set] : *made)
      unfolded.push_back({change.action, set});
    if (change.action == zones::Change::Action::remove) batch.removed_instances.push_back(id);
  }
  batch.changes = std::move(unfolded);
  return {};
}

}  // namespace waymark::api
