// SPDX-License-Identifier: Apache-2.0
#include "base/log_limit.h"

#include <utility>

namespace waymark {

bool LogLimit::permits(std::string_view event, MonotonicTime now, std::uint64_t& left_out) {
  auto known = counts_.find(event);
  if (known == counts_.end()) {
    if (counts_.size() == most_events) return true;
    known = counts_.emplace(event, Count{now}).first;
  }
  Count& count = known->second;
  if (now - count.begun >= std::chrono::seconds(1)) count.begun = now, count.written = 0;
  if (count.written == in_a_second) {
    ++count.left_out;
    return false;
  }
  ++count.written;
  left_out = std::exchange(count.left_out, 0);
  return true;
}

}  // namespace waymark
