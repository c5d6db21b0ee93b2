// SPDX-License-Identifier: Apache-2.0
//
// What an import may do with traffic policy instances: nothing.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "zones/instance_places.h"
#include "zones/name_rules.h"
#include "zones/zone_import.h"

namespace waymark::zones {
namespace {

/// The import's sets that a traffic policy instance has made, and what stands beside them; read
/// once, however many instances there are.
class Given {
 public:
  explicit Given(const ZoneImport& import) : import_(import) {
    for (const RecordSet& set : import.sets)
      if (!set.traffic_policy_instance.empty())
        by_instance_[set.traffic_policy_instance].push_back(&set);
  }

  /// Whether the import holds exactly what an instance has made, and nothing else joins that.
  bool keeps(const TrafficPolicyInstance& instance,
             const std::map<RecordKey, RecordSet>& made) const {
    const auto found = by_instance_.find(instance.id);
    const std::size_t given = found == by_instance_.end() ? 0 : found->second.size();
    if (given != made.size()) return false;
    for (std::size_t i = 0; i < given; ++i) {
      const auto same = made.find(found->second[i]->key());
      if (same == made.end() || same->second != *found->second[i]) return false;
    }
    std::set<std::pair<dns::Name, dns::RrType>> groups;
    for (const auto& [key, set] : made)
      groups.emplace(key.owner, key.type);
    std::size_t together = 0;
    for (const auto& [owner, type] : groups)
      together += group_size(owner, type);
    return together == given;
  }

  /// What hides a name: NS at it or above, DNAME above it.
  const RecordSet* hider_of(const dns::Name& name) const {
    for (dns::Name at = name; at != import_.name; at = at.parent()) {
      if (const RecordSet* cut = first_of(at, dns::RrType::NS)) return cut;
      if (const RecordSet* away = first_of(at.parent(), dns::RrType::DNAME)) return away;
    }
    return nullptr;
  }

 private:
  using Sets = std::vector<RecordSet>;

  Sets::const_iterator begin_of(const dns::Name& name, dns::RrType type) const {
    return std::lower_bound(
        import_.sets.begin(), import_.sets.end(), std::tie(name, type),
        [](const RecordSet& set, const auto& key) { return std::tie(set.owner, set.type) < key; });
  }
  const RecordSet* first_of(const dns::Name& name, dns::RrType type) const {
    const auto at = begin_of(name, type);
    return at != import_.sets.end() && at->owner == name && at->type == type ? &*at : nullptr;
  }
  std::size_t group_size(const dns::Name& name, dns::RrType type) const {
    const auto first = begin_of(name, type);
    auto last = first;
    while (last != import_.sets.end() && last->owner == name && last->type == type)
      ++last;
    return static_cast<std::size_t>(last - first);
  }

  const ZoneImport& import_;
  std::map<std::string, std::vector<const RecordSet*>> by_instance_;
};

void check_instance(const Given& given, const TrafficPolicyInstance& instance,
                    const std::map<RecordKey, RecordSet>& made, std::vector<Error>& faults) {
  if (!given.keeps(instance, made))
    faults.emplace_back(ErrorCode::in_use,
                        "the import changes what traffic policy instance " + instance.id +
                            " has made at " + instance.name.to_string() +
                            "; leave that as the export shows it, or delete the instance first");
  std::set<const RecordSet*> told;
  for (const auto& [key, set] : made)
    if (const RecordSet* hider = given.hider_of(key.owner); hider && told.insert(hider).second)
      faults.push_back(hides_instance(describe(hider->key()), instance));
}

}  // namespace

Result<void> settle_instances(const Snapshot& state, ZoneImport& import) {
  auto zone = replaced_zone(state, import);
  if (!zone) return zone.error();
  auto places = *zone ? InstancePlaces::of(state, **zone) : InstancePlaces();
  if (!places) return places.error();
  for (RecordSet& set : import.sets)
    if (!set.traffic_policy_instance.empty() && !places->contains(set.traffic_policy_instance))
      set.traffic_policy_instance.clear();

  std::vector<Error> faults;
  const Given given(import);
  for (const TrafficPolicyInstance& instance : places->all()) {
    auto made = made_by(state, **zone, instance);
    if (!made) return made.error();
    check_instance(given, instance, *made, faults);
  }
  if (faults.size() == 1) return faults.front();
  if (!faults.empty()) return Error::batch(std::move(faults));
  return {};
}

}  // namespace waymark::zones
