// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "dns/board.h"
#include "zones/compile/counter_book.h"
#include "zones/store/store.h"

namespace waymark::api {

/// The groups whose answers are counted, with names for people: what the metrics tell. Main thread.
class AnswerGroups {
 public:
  /// Counted from now on. One that is counted no more is found out from the board.
  void add(std::vector<zones::CountedGroup> groups);

  /// `waymark_policy_answers_total`: a series for each record set, at most `most`; the rest are
  /// summed up in one whose labels are all "other".
  MetricFamily family(const dns::Board& board, const zones::Store& store, std::size_t most);

 private:
  struct Group {
    zones::CountedGroup counted;
    std::string zone{};
    std::vector<std::string> set_ids{};  // by target; they stay as long as the numbers do
    bool named = false;
  };

  static bool name(Group& group, const zones::Snapshot& state);

  std::map<std::uint16_t, Group> groups_;  // by first number
  std::uint64_t others_ = 0;               // as told last
};

}  // namespace waymark::api
