// SPDX-License-Identifier: Apache-2.0
//
// Traffic policies as they are kept in the store: a policy with its versions, and the instances
// that put a version on a name.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "zones/store/store.h"
#include "zones/traffic_document.h"
#include "zones/validate.h"

namespace waymark::zones {

constexpr std::size_t max_traffic_policies = 50, max_traffic_policy_versions = 1000;
constexpr std::size_t max_traffic_policy_name = 512, max_traffic_policy_comment = 1024;

/// The name that its versions share. Version numbers go up and are never used again.
struct TrafficPolicy {
  std::string id, name;
  std::uint32_t latest = 0;  // the greatest version ever made
  std::uint32_t number = 0;  // the later it was made, the greater; 0: before these were counted
  friend bool operator==(const TrafficPolicy&, const TrafficPolicy&) = default;
};

/// One document, which never changes, and its comment, which may.
struct TrafficPolicyVersion {
  std::string policy_id;
  std::uint32_t version = 0;
  dns::RrType type{};
  std::string comment;
  std::string document;  // JSON, as it was given; read only where one version is asked for
  friend bool operator==(const TrafficPolicyVersion&, const TrafficPolicyVersion&) = default;
};

/// A version on a name: it answers there with the record sets that its commit made.
struct TrafficPolicyInstance {
  std::string id;
  ZoneId zone;
  dns::Name name;
  dns::RrType type{};     // of the version; updates keep it
  std::uint32_t ttl = 0;  // seconds, of every record it makes
  std::string policy_id;
  std::uint32_t version = 0;
  ChangeId change;            // the last that changed it
  std::uint64_t edition = 1;  // +1 a change
  friend bool operator==(const TrafficPolicyInstance&, const TrafficPolicyInstance&) = default;
};

std::string encode(const TrafficPolicy& policy);
std::string encode(const TrafficPolicyVersion& version);  // without the document
std::string encode(const TrafficPolicyInstance& instance);
/// Each fails with `bad_image` when the text is damaged; `id` is the object's.
Result<TrafficPolicy> decode_traffic_policy(const std::string& id, std::string_view text);
Result<TrafficPolicyVersion> decode_traffic_policy_version(const std::string& id,
                                                           std::string_view text);
Result<TrafficPolicyInstance> decode_traffic_policy_instance(const std::string& id,
                                                             std::string_view text);

/// Each fails with `not_found` when there is none.
Result<TrafficPolicy> traffic_policy(const Snapshot& state, const std::string& id);
Result<TrafficPolicyVersion> traffic_policy_version(const Snapshot& state, const std::string& id,
                                                    std::uint32_t version);
Result<TrafficPolicyInstance> traffic_policy_instance(const Snapshot& state, const std::string& id);

/// A policy and all its versions that stand, the oldest first, without their documents.
using TrafficPolicyVersions = std::pair<TrafficPolicy, std::vector<TrafficPolicyVersion>>;
/// By id.
Result<std::vector<TrafficPolicyVersions>> traffic_policies(const Snapshot& state);
/// By id.
Result<std::vector<TrafficPolicyInstance>> traffic_policy_instances(const Snapshot& state);

/// A version's text → what it says; made by who knows JSON, run on the store's thread.
using ReadTrafficDocument = std::function<Result<TrafficDocument>(const std::string&)>;

/// A new version of the policy with that id, or with a name (which no other has) a new policy and
/// its version 1. What the document refers to must exist. The number is given here.
Result<Commit> resolve_traffic_version(const Snapshot& state, const std::string& name,
                                       TrafficPolicyVersion version,
                                       const ReadTrafficDocument& read, Decider decider);
Result<Commit> resolve_traffic_comment(const Snapshot& state, const std::string& id,
                                       std::uint32_t version, std::string comment, Decider decider);
/// One version, and with the last the policy; without a number all. Fails with `in_use`.
Result<Commit> resolve_traffic_delete(const Snapshot& state, const std::string& id,
                                      std::optional<std::uint32_t> version, Decider decider);

/// Puts a version on a name, or another version or TTL, as one commit of its zone: what the
/// instance made before and does not make any more goes with it. Fails with `not_found` when it is
/// not new and was deleted meanwhile, `version_mismatch` when `if_edition` is not what stands.
Result<Commit> resolve_instance(const Snapshot& state, bool is_new, TrafficPolicyInstance instance,
                                const ReadTrafficDocument& read, Decider decider,
                                std::optional<std::uint64_t> if_edition = {});
/// Removes it and all it made.
Result<Commit> resolve_instance_delete(const Snapshot& state, const std::string& id,
                                       Decider decider);

}  // namespace waymark::zones
