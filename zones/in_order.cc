// SPDX-License-Identifier: Apache-2.0
#include "zones/in_order.h"

#include <algorithm>
#include <map>

#include "zones/name_rules.h"

namespace waymark::zones {
namespace {

using Sets = std::vector<RecordSet>;

/// The zone's names as they stand between two changes.
class Steps {
 public:
  Steps(const Snapshot& state, const HostedZone& zone) : state_(state), zone_(zone) {}

  Result<Sets*> load(const dns::Name& name) {
    if (const auto found = names_.find(name); found != names_.end()) return &found->second;
    auto stored = state_.record_sets_at(zone_, name);
    if (!stored) return stored.error();
    return &names_.emplace(name, std::move(*stored)).first->second;
  }

  /// Changes the sets of one name. A fault, or none.
  static std::optional<Error> take(Sets& sets, const Change& change) {
    return change.action == Change::Action::remove ? remove(sets, change.record_set)
                                                   : put(sets, change);
  }

 private:
  static Sets::iterator find(Sets& sets, const RecordSet& wanted) {
    return std::find_if(sets.begin(), sets.end(), [&](const RecordSet& set) {
      return set.type == wanted.type && set.set_id == wanted.set_id;
    });
  }

  static std::optional<Error> remove(Sets& sets, const RecordSet& set) {
    const auto found = find(sets, set);
    if (found == sets.end())
      return Error(ErrorCode::record_not_found, describe(set.key()) + " does not exist", "/name");
    sets.erase(found);
    return std::nullopt;
  }

  static std::optional<Error> put(Sets& sets, const Change& change) {
    const RecordSet& set = change.record_set;
    const auto found = find(sets, set);
    if (found != sets.end() && change.action == Change::Action::create)
      return Error(ErrorCode::record_exists,
                   describe(set.key()) + " exists already; upsert replaces it", "/name");
    if (found != sets.end())
      *found = set;
    else
      sets.push_back(set);
    const bool cname = set.type == dns::RrType::CNAME;
    const bool alone = std::all_of(sets.begin(), sets.end(), [&](const RecordSet& other) {
      return (other.type == dns::RrType::CNAME) == cname;
    });
    if (alone) return std::nullopt;
    return Error(ErrorCode::cname_conflict,  // RFC 1034 §3.6.2
                 "a CNAME must be alone at its name; " + set.owner.to_string() +
                     " has CNAME and other records when this change is made",
                 "/type");
  }

  const Snapshot& state_;
  const HostedZone& zone_;
  std::map<dns::Name, Sets> names_;
};

bool is_of_a_change(const Error& error) {
  return error.pointer().starts_with("/changes/");
}

}  // namespace

Result<void> judge_in_order(const Snapshot& state, const HostedZone& zone, const ChangeBatch& batch,
                            const Result<void>& end_state) {
  std::vector<Error> faults;
  if (!end_state) {
    const Error error = end_state.error();
    if (error.causes().empty() && !is_of_a_change(error)) return error;
    faults = error.causes().empty() ? std::vector{error} : error.causes();
  }
  Steps steps(state, zone);
  for (std::size_t i = 0; i < batch.changes.size(); ++i) {
    const Change& change = batch.changes[i];
    if (!change.readable || !change.record_set.owner.is_under(zone.name)) continue;
    const auto sets = steps.load(change.record_set.owner);
    if (!sets) return sets.error();
    const auto taken = Steps::take(**sets, change);
    if (!taken) continue;
    Error fault = taken->at("/changes/" + std::to_string(i) + "/record");
    const bool known = std::any_of(faults.begin(), faults.end(), [&](const Error& other) {
      return other.code() == fault.code() && other.pointer() == fault.pointer();
    });
    if (!known) faults.push_back(std::move(fault));
  }
  if (faults.empty()) return {};
  return Error::batch(std::move(faults));
}

}  // namespace waymark::zones
