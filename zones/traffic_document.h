// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "zones/record_set.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What a traffic policy's JSON says: rules that lead to rules and endpoints, in any depth.
/// Pointers are JSON pointers into the document.
struct TrafficDocument {
  struct Branch {
    bool to_rule = false;
    std::string reference;  // id of the rule or endpoint
    bool evaluate_target_health = true;
    std::string health_check_id;  // empty: none
    Routing routing;
    std::string pointer;
  };
  struct Rule {
    std::string id, pointer;
    std::vector<Branch> branches;
  };
  struct Endpoint {
    std::string id, pointer;
    Bytes rdata;
  };

  dns::RrType type{};
  bool starts_with_rule = false;
  std::string start;
  std::vector<Endpoint> endpoints;
  std::vector<Rule> rules;
};

/// Rules one below the other.
constexpr std::size_t max_rule_depth = 16;

/// Faults of the document alone: references that lead nowhere or in a circle, what nothing leads
/// to, rules too deep, and all that the record sets made of it may not be.
std::vector<Error> check_traffic_document(const TrafficDocument& document);

/// Health checks and regions that it refers to and that do not exist.
Result<std::vector<Error>> check_traffic_references(const Snapshot& state,
                                                    const TrafficDocument& document);

/// Where the group of the Nth rule stands (from 1: `owner` itself); none: the name is too long.
std::optional<dns::Name> name_of_rule(const dns::Name& owner, std::size_t number);

/// The record sets that answer as a document without faults says: its start at `owner`, every other
/// rule once, at a name below it. All carry `ttl` and the instance. Fails with `bad_name` when
/// `owner` leaves no room for the names below.
Result<std::vector<RecordSet>> record_sets_of(const TrafficDocument& document,
                                              const dns::Name& owner, std::uint32_t ttl,
                                              const std::string& instance);

}  // namespace waymark::zones
