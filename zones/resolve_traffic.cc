// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "zones/instance_places.h"
#include "zones/name_rules.h"
#include "zones/traffic_policy.h"

namespace waymark::zones {
namespace {

ObjectKey key_of(const std::string& id) {
  return {ObjectKind::traffic_policy, id};
}
ObjectKey key_of(const TrafficPolicyVersion& version,
                 ObjectKind kind = ObjectKind::traffic_policy) {
  return {kind, version.policy_id + "/" + std::to_string(version.version)};
}

/// A commit of a policy: nothing that answers changes with it.
Commit begin(const TrafficPolicy& policy, std::uint64_t base, Decider& decider) {
  Commit commit;
  commit.id = new_change_id(decider.random);
  commit.scope = key_of(policy.id);
  commit.base = base;
  commit.version = base + 1;
  commit.submitted = decider.clock.now();
  commit.author = std::move(decider.author);
  return commit;
}

/// The number of a policy that may be made.
Result<std::uint32_t> check_new(const Snapshot& state, const std::string& name) {
  auto all = traffic_policies(state);
  if (!all) return all.error();
  std::uint32_t number = 0;
  for (const auto& [policy, versions] : *all) {
    number = std::max(number, policy.number);
    if (policy.name == name)
      return Error(ErrorCode::conflict,
                   "there is a traffic policy \"" + name + "\" already, as " + policy.id, "/name");
  }
  if (all->size() < max_traffic_policies) return number + 1;
  return Error(ErrorCode::conflict, "there are " + std::to_string(max_traffic_policies) +
                                        " traffic policies already; delete one");
}

/// The instances that use a policy, or one version of it.
Result<void> check_unused(const Snapshot& state, const std::string& id,
                          std::optional<std::uint32_t> version) {
  auto instances = traffic_policy_instances(state);
  if (!instances) return instances.error();
  for (const TrafficPolicyInstance& instance : *instances)
    if (instance.policy_id == id && (!version || instance.version == *version))
      return Error(ErrorCode::in_use, "version " + std::to_string(instance.version) +
                                          " of traffic policy " + id + " is used by instance " +
                                          instance.id + " at " + dns::to_string(instance.type) +
                                          " " + instance.name.to_string());
  return {};
}

Result<TrafficPolicyVersions> versions_of(const Snapshot& state, const std::string& id) {
  auto all = traffic_policies(state);
  if (!all) return all.error();
  for (TrafficPolicyVersions& one : *all)
    if (one.first.id == id) return std::move(one);
  return Error(ErrorCode::not_found, "there is no traffic policy \"" + id + "\"");
}

}  // namespace

Result<Commit> resolve_traffic_version(const Snapshot& state, const std::string& name,
                                       TrafficPolicyVersion version,
                                       const ReadTrafficDocument& read, Decider decider) {
  TrafficPolicy policy{version.policy_id, name, 0, 0};
  std::optional<std::string> before;
  if (name.empty()) {
    auto known = versions_of(state, version.policy_id);
    if (!known) return known.error();
    policy = known->first;
    before = encode(policy);
    if (known->second.size() >= max_traffic_policy_versions)
      return Error(ErrorCode::conflict, "the policy has " +
                                            std::to_string(max_traffic_policy_versions) +
                                            " versions already; delete one");
  } else {
    const auto number = check_new(state, name);
    if (!number) return number.error();
    policy.number = *number;
  }
  const auto document = read(version.document);
  if (!document) return document.error();
  auto faults = check_traffic_references(state, *document);
  if (!faults) return faults.error();
  if (!faults->empty()) return Error::batch(std::move(*faults)).at("/document");

  Commit commit = begin(policy, policy.latest, decider);
  version.version = ++policy.latest;
  version.type = document->type;
  commit.effects.objects.push_back({key_of(policy.id), std::move(before), encode(policy)});
  commit.effects.objects.push_back({key_of(version), std::nullopt, encode(version)});
  commit.effects.objects.push_back({key_of(version, ObjectKind::traffic_policy_document),
                                    std::nullopt, std::move(version.document)});
  return commit;
}

Result<Commit> resolve_traffic_comment(const Snapshot& state, const std::string& id,
                                       std::uint32_t version, std::string comment,
                                       Decider decider) {
  auto known = traffic_policy_version(state, id, version);
  if (!known) return known.error();
  auto policy = traffic_policy(state, id);
  if (!policy) return policy.error();
  std::string before = encode(*known);
  known->comment = std::move(comment);
  Commit commit = begin(*policy, policy->latest, decider);
  commit.effects.objects.push_back({key_of(*known), std::move(before), encode(*known)});
  return commit;
}

Result<Commit> resolve_traffic_delete(const Snapshot& state, const std::string& id,
                                      std::optional<std::uint32_t> version, Decider decider) {
  auto known = versions_of(state, id);
  if (!known) return known.error();
  const auto& [policy, versions] = *known;
  Commit commit = begin(policy, policy.latest, decider);
  std::size_t left = 0;
  for (const TrafficPolicyVersion& one : versions) {
    if (version && one.version != *version) {
      ++left;
      continue;
    }
    ObjectKey key = key_of(one, ObjectKind::traffic_policy_document);
    auto document = state.object(key);
    if (!document) return document.error();
    commit.effects.objects.push_back({key_of(one), encode(one), std::nullopt});
    commit.effects.objects.push_back({std::move(key), std::move(*document), std::nullopt});
  }
  if (commit.effects.objects.empty() && version)
    return Error(ErrorCode::not_found, "there is no version " + std::to_string(*version) +
                                           " of traffic policy \"" + id + "\"");
  if (auto unused = check_unused(state, id, version); !unused) return unused.error();
  if (left == 0) commit.effects.objects.push_back({key_of(id), encode(policy), std::nullopt});
  return commit;
}

std::optional<Error> fault_of_instance(const ChangeBatch& batch, const Change& change,
                                       const std::vector<RecordSet>& stored) {
  const RecordSet& set = change.record_set;
  const auto goes = [&](const std::string& instance) {
    const auto& all = batch.removed_instances;
    return std::find(all.begin(), all.end(), instance) != all.end();
  };
  if (change.action == Change::Action::remove && goes(set.traffic_policy_instance))
    return std::nullopt;
  const bool stands = std::find(stored.begin(), stored.end(), set) != stored.end();
  if (change.action == Change::Action::upsert && stands) return std::nullopt;  // nothing changes
  for (const RecordSet& one : stored)
    if (one.type == set.type && !one.traffic_policy_instance.empty() &&
        one.traffic_policy_instance != batch.traffic_policy_instance &&
        !goes(one.traffic_policy_instance))
      return Error(ErrorCode::in_use, dns::to_string(one.type) + " " + one.owner.to_string() +
                                          " is made by traffic policy instance " +
                                          one.traffic_policy_instance +
                                          "; change or delete that instance");
  if (set.traffic_policy_instance == batch.traffic_policy_instance) return std::nullopt;
  return Error(ErrorCode::bad_value, "only a traffic policy instance makes such a record set",
               "/traffic_policy_instance_id");
}

namespace {

/// Faults of the batch, told of the request: what stands in the way is at the name, the rest is the
/// document's.
Error told_of_instance(const Error& error) {
  std::vector<Error> causes = error.causes();
  if (causes.empty()) causes.push_back(error);
  std::vector<Error> out;
  std::set<std::string> seen;
  for (const Error& cause : causes) {
    const bool of_document = cause.code() == ErrorCode::health_check_missing ||
                             (cause.code() == ErrorCode::bad_value &&
                              cause.pointer().find("/routing") != std::string::npos);
    const bool of_ttl = cause.code() == ErrorCode::bad_ttl;
    if (!seen.insert(cause.detail()).second) continue;
    out.emplace_back(cause.code(), cause.detail(),
                     of_document ? "/policy_version"
                     : of_ttl    ? "/ttl"
                                 : "/name");
  }
  return out.size() == 1 ? out.front() : Error::batch(std::move(out));
}

/// The batch that turns what stands into `wanted`, and the instance's object with it.
Result<Commit> commit_instance(const Snapshot& state, const std::optional<std::string>& before,
                               TrafficPolicyInstance instance, const std::vector<RecordSet>& wanted,
                               bool stays, Decider decider) {
  const auto zone = state.zone(instance.zone);
  if (!zone) return zone.error();
  if (!*zone)
    return Error(ErrorCode::zone_not_found, "there is no zone \"" + instance.zone.text + "\"",
                 "/zone");
  ChangeBatch batch;
  batch.zone = instance.zone;
  batch.comment = "traffic policy instance " + instance.id;
  batch.traffic_policy_instance = instance.id;
  std::map<RecordKey, RecordSet> gone;
  if (before) {
    auto made = made_by(state, **zone, instance);
    if (!made) return made.error();
    gone = std::move(*made);
  }
  for (const RecordSet& set : wanted) {
    const bool known = gone.erase(set.key()) > 0;
    batch.changes.push_back({known ? Change::Action::upsert : Change::Action::create, set});
  }
  for (auto& [key, set] : gone)
    batch.changes.push_back({Change::Action::remove, std::move(set)});

  auto commit = resolve(state, batch, std::move(decider));
  if (!commit) return told_of_instance(commit.error());
  instance.change = commit->id;
  std::optional<std::string> after;
  if (stays) after = encode(instance);
  commit->effects.objects.push_back(
      {{ObjectKind::traffic_policy_instance, instance.id}, before, std::move(after)});
  return commit;
}

}  // namespace

Result<Commit> resolve_instance(const Snapshot& state, bool is_new, TrafficPolicyInstance instance,
                                const ReadTrafficDocument& read, Decider decider,
                                std::optional<std::uint64_t> if_edition) {
  auto before = state.object({ObjectKind::traffic_policy_instance, instance.id});
  if (!before) return before.error();
  if (!is_new && !*before)
    return Error(ErrorCode::not_found, "traffic policy instance " + instance.id + " was deleted");
  if (*before) {
    const auto stands = decode_traffic_policy_instance(instance.id, **before);
    if (!stands) return stands.error();
    if (if_edition && *if_edition != stands->edition)
      return Error(ErrorCode::version_mismatch,
                   "the traffic policy instance is at version " + std::to_string(stands->edition));
    instance.edition = stands->edition + 1;
  }
  const auto version = traffic_policy_version(state, instance.policy_id, instance.version);
  if (!version) return version.error().at("/policy_version");
  if (*before && instance.type != version->type)
    return Error(ErrorCode::bad_type,
                 "version " + std::to_string(instance.version) + " is of type " +
                     dns::to_string(version->type) + ", the instance of " +
                     dns::to_string(instance.type),
                 "/policy_version");
  instance.type = version->type;
  const auto document = read(version->document);
  if (!document) return document.error().at("/policy_version");
  const auto wanted = record_sets_of(*document, instance.name, instance.ttl, instance.id);
  if (!wanted) return wanted.error();
  return commit_instance(state, *before, std::move(instance), *wanted, true, std::move(decider));
}

Result<Commit> resolve_instance_delete(const Snapshot& state, const std::string& id,
                                       Decider decider) {
  auto instance = traffic_policy_instance(state, id);
  if (!instance) return instance.error();
  auto before = state.object({ObjectKind::traffic_policy_instance, id});
  if (!before) return before.error();
  return commit_instance(state, *before, std::move(*instance), {}, false, std::move(decider));
}

}  // namespace waymark::zones
