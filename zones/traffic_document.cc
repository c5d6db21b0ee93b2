// SPDX-License-Identifier: Apache-2.0
#include "zones/traffic_document.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "zones/name_rules.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

using Branch = TrafficDocument::Branch;
using Rule = TrafficDocument::Rule;
using Endpoint = TrafficDocument::Endpoint;

template <class Part>
const Part* find(const std::vector<Part>& parts, const std::string& id) {
  const auto found =
      std::find_if(parts.begin(), parts.end(), [&](const Part& part) { return part.id == id; });
  return found == parts.end() ? nullptr : &*found;
}

/// Gives each rule its number as it is first met.
class RuleNames {
 public:
  explicit RuleNames(const dns::Name& owner) : owner_(owner) {}

  const dns::Name& of(const std::string& rule) {
    const auto [at, is_new] = names_.emplace(rule, owner_);
    if (is_new) {
      auto name = name_of_rule(owner_, names_.size());
      WAYMARK_ASSERT(name);  // record_sets_of has looked
      at->second = std::move(*name);
    }
    return at->second;
  }

 private:
  const dns::Name& owner_;
  std::map<std::string, dns::Name> names_;
};

/// The group of one rule: its branches as record sets in their order.
class Groups {
 public:
  Groups(const TrafficDocument& document, const dns::Name& owner, std::uint32_t ttl,
         const std::string& instance)
      : document_(document), names_(owner), ttl_(ttl), instance_(instance) {
    if (document.starts_with_rule) names_.of(document.start);
  }

  std::vector<RecordSet> of(const Rule& rule) {
    std::vector<RecordSet> sets;
    std::set<std::string> ids;
    std::map<std::string, int> times;
    for (const Branch& branch : rule.branches) {
      RecordSet set;
      set.owner = names_.of(rule.id);
      set.type = document_.type;
      int& time = times[branch.reference];
      do
        set.set_id = branch.reference + (++time == 1 ? "" : "-" + std::to_string(time));
      while (!ids.insert(set.set_id).second);
      set.routing = branch.routing;
      set.health_check_id = branch.health_check_id;
      set.traffic_policy_instance = instance_;
      lead(set, branch);
      sets.push_back(std::move(set));
    }
    return sets;
  }

  RecordSet at(const dns::Name& owner, const Endpoint& endpoint) const {
    RecordSet set;
    set.owner = owner;
    set.type = document_.type;
    set.ttl = ttl_;
    set.rdata = {endpoint.rdata};
    set.traffic_policy_instance = instance_;
    return set;
  }

 private:
  void lead(RecordSet& set, const Branch& branch) {
    if (branch.to_rule) {
      set.alias = Alias{names_.of(branch.reference), branch.evaluate_target_health};
      return;
    }
    set.ttl = ttl_;
    if (const Endpoint* endpoint = find(document_.endpoints, branch.reference))
      set.rdata = {endpoint->rdata};
  }

  const TrafficDocument& document_;
  RuleNames names_;
  std::uint32_t ttl_;
  const std::string& instance_;
};

/// Follows all references once, depth first.
class Walk {
 public:
  Walk(const TrafficDocument& document, std::vector<Error>& faults)
      : document_(document), faults_(faults) {}

  void run() {
    for (const Rule& rule : document_.rules) {
      whole_ = whole_ && !rule.branches.empty();
      for (const Branch& branch : rule.branches)
        check_reference(branch);
    }
    if (!document_.starts_with_rule) {
      used_.insert(find(document_.endpoints, document_.start));
      if (find(document_.endpoints, document_.start) == nullptr)
        faults_.emplace_back(ErrorCode::bad_value,
                             "there is no endpoint \"" + document_.start + "\"", "/StartEndpoint");
    } else if (const Rule* start = find(document_.rules, document_.start)) {
      if (enter(*start) > max_rule_depth)
        faults_.emplace_back(
            ErrorCode::too_large,
            "rules stand one below the other more than " + std::to_string(max_rule_depth) + " deep",
            "/StartRule");
    } else {
      faults_.emplace_back(ErrorCode::bad_value, "there is no rule \"" + document_.start + "\"",
                           "/StartRule");
    }
    if (!whole_) return;  // who knows what the rest would have led to
    tell_unused(document_.rules, "rule");
    tell_unused(document_.endpoints, "endpoint");
  }

 private:
  void check_reference(const Branch& branch) {
    whole_ = whole_ && !branch.reference.empty();
    if (branch.reference.empty()) return;  // told when it was read
    const bool known = branch.to_rule ? find(document_.rules, branch.reference) != nullptr
                                      : find(document_.endpoints, branch.reference) != nullptr;
    if (known) return;
    faults_.emplace_back(
        ErrorCode::bad_value,
        std::string("there is no ") + (branch.to_rule ? "rule" : "endpoint") + " \"" +
            branch.reference + "\"",
        branch.pointer + (branch.to_rule ? "/RuleReference" : "/EndpointReference"));
  }

  /// How many rules stand one below the other from here on, this one with them.
  std::size_t enter(const Rule& rule) {
    if (const auto known = depths_.find(&rule); known != depths_.end()) return known->second;
    depths_[&rule] = 0;  // entered, not left
    used_.insert(&rule);
    std::size_t below = 0;
    for (const Branch& branch : rule.branches) {
      if (!branch.to_rule) {
        used_.insert(find(document_.endpoints, branch.reference));
        continue;
      }
      const Rule* next = find(document_.rules, branch.reference);
      if (next == nullptr) continue;
      if (const auto open = depths_.find(next); open != depths_.end() && open->second == 0)
        faults_.emplace_back(ErrorCode::alias_loop,
                             "rule \"" + rule.id + "\" leads back to rule \"" + next->id + "\"",
                             branch.pointer + "/RuleReference");
      else
        below = std::max(below, enter(*next));
    }
    return depths_[&rule] = below + 1;
  }

  template <class Part>
  void tell_unused(const std::vector<Part>& parts, const char* what) {
    for (const Part& part : parts)
      if (!used_.contains(&part))
        faults_.emplace_back(ErrorCode::bad_value,
                             std::string("nothing leads to ") + what + " \"" + part.id + "\"",
                             part.pointer);
  }

  const TrafficDocument& document_;
  std::vector<Error>& faults_;
  std::map<const Rule*, std::size_t> depths_;
  std::set<const void*> used_;
  bool whole_ = true;  // every rule and branch could be read
};

/// A record's field as the document calls it.
std::string field_of(const std::string& pointer) {
  static const std::map<std::string, std::string> fields{{"/health_check_id", "/HealthCheck"},
                                                         {"/routing/region", "/Region"},
                                                         {"/routing/bias", "/Bias"},
                                                         {"/alias", "/RuleReference"}};
  const auto found = fields.find(pointer);
  return found == fields.end() ? std::string() : found->second;
}

/// What the record sets of a rule may not be.
void check_rule(const Rule& rule, std::vector<RecordSet> sets, const dns::Name& zone,
                std::vector<Error>& faults) {
  const auto tell = [&](std::size_t branch, const Error& error) {
    // Told of the endpoint or the reference.
    if (error.pointer().starts_with("/values") || error.pointer() == "/set_id") return;
    faults.emplace_back(error.code(), error.detail(),
                        rule.branches[branch].pointer + field_of(error.pointer()));
  };
  for (std::size_t i = 0; i < sets.size(); ++i)
    for (const Error& error : check_record_set(sets[i], zone))
      tell(i, error);
  for (const SetFault& found : faults_of_name(sets, zone))
    tell(found.set, found.error);
}

}  // namespace

std::vector<Error> check_traffic_document(const TrafficDocument& document) {
  std::vector<Error> faults;
  Walk(document, faults).run();
  const dns::Name zone, owner = zone.child("example");
  const std::string no_instance;
  Groups groups(document, owner, 0, no_instance);
  for (const Rule& rule : document.rules)
    check_rule(rule, groups.of(rule), zone, faults);
  return faults;
}

Result<std::vector<Error>> check_traffic_references(const Snapshot& state,
                                                    const TrafficDocument& document) {
  std::vector<Error> faults;
  auto regions = regions_of(state);
  if (!regions) return regions.error();
  for (const Rule& rule : document.rules) {
    for (const Branch& branch : rule.branches) {
      if (!branch.health_check_id.empty()) {
        auto check = state.object({ObjectKind::health_check, branch.health_check_id});
        if (!check) return check.error();
        if (!*check)
          faults.emplace_back(ErrorCode::health_check_missing,
                              "there is no health check \"" + branch.health_check_id + "\"",
                              branch.pointer + "/HealthCheck");
      }
      if (const auto unknown = fault_of_region(*regions, branch.routing))
        faults.emplace_back(unknown->code(), unknown->detail(), branch.pointer + "/Region");
    }
  }
  return faults;
}

// The same labels for every type: types are groups of their own, and two instances of one name
// differ in type.
std::optional<dns::Name> name_of_rule(const dns::Name& owner, std::size_t number) {
  if (number < 2) return owner;
  const std::string label = "_tp" + std::to_string(number);
  if (owner.octets() + 1 + label.size() > dns::max_name_octets) return std::nullopt;
  return owner.child(label);
}

Result<std::vector<RecordSet>> record_sets_of(const TrafficDocument& document,
                                              const dns::Name& owner, std::uint32_t ttl,
                                              const std::string& instance) {
  Groups groups(document, owner, ttl, instance);
  if (!document.starts_with_rule) {
    const Endpoint* endpoint = find(document.endpoints, document.start);
    WAYMARK_ASSERT(endpoint);  // check_traffic_document has seen it
    return std::vector<RecordSet>{groups.at(owner, *endpoint)};
  }
  if (!name_of_rule(owner, document.rules.size()))
    return Error(ErrorCode::bad_name,
                 owner.to_string() + " is too long: the rules below it need a label more", "/name");
  std::vector<RecordSet> sets;
  for (const Rule& rule : document.rules)
    for (RecordSet& set : groups.of(rule))
      sets.push_back(std::move(set));
  return sets;
}

}  // namespace waymark::zones
