// SPDX-License-Identifier: Apache-2.0
#include "api/answer_groups.h"

#include <algorithm>
#include <utility>

namespace waymark::api {

void AnswerGroups::add(std::vector<zones::CountedGroup> groups) {
  for (zones::CountedGroup& one : groups) {
    const std::uint16_t first = one.counting.counter;
    groups_.insert_or_assign(first, Group{std::move(one)});
  }
}

/// False when the store is of another state than the numbers just now.
bool AnswerGroups::name(Group& group, const zones::Snapshot& state) {
  if (group.named) return true;
  const auto zone = state.zone_numbered(group.counted.zone);
  if (!zone || !*zone) return false;
  const auto sets = state.record_sets_at(**zone, group.counted.name);
  if (!sets) return false;
  std::vector<std::string> ids;
  for (const zones::RecordSet& set : *sets)
    if (set.type == group.counted.type) ids.push_back(set.set_id);
  if (ids.size() != group.counted.targets) return false;
  group.zone = (*zone)->name.to_string();
  if ((*zone)->is_private()) group.zone += " " + (*zone)->id.text;  // others may have its name
  group.set_ids = std::move(ids);
  return group.named = true;
}

MetricFamily AnswerGroups::family(const dns::Board& board, const zones::Store& store,
                                  std::size_t most) {
  MetricFamily out{"waymark_policy_answers_total",
                   "Times that a policy chose a record set.",
                   MetricFamily::Type::counter,
                   {}};
  const auto state = store.snapshot();
  std::uint64_t others = 0;
  for (auto at = groups_.begin(); at != groups_.end();) {
    const auto& [first, tag, signature] = at->second.counted.counting;
    if (board.counted_since().tag(first) != tag) {
      at = groups_.erase(at);
      continue;
    }
    Group& group = at->second;
    const bool told =
        out.samples.size() + group.counted.targets <= most && state && name(group, **state);
    for (std::size_t i = 0; i < group.counted.targets; ++i) {
      const std::uint64_t count = board.answers(std::size_t{first} + i, tag);
      if (!told) {
        others += count;
        continue;
      }
      out.samples.push_back({{{"zone", group.zone},
                              {"name", group.counted.name.to_string()},
                              {"type", dns::to_string(group.counted.type)},
                              {"set_id", group.set_ids[i]}},
                             static_cast<double>(count),
                             {},
                             0});
    }
    ++at;
  }
  others_ = std::max(others_, others);  // a counter that went down would count as begun anew
  out.samples.push_back(
      {{{"zone", "other"}, {"name", "other"}, {"type", "other"}, {"set_id", "other"}},
       static_cast<double>(others_),
       {},
       0});
  return out;
}

}  // namespace waymark::api
