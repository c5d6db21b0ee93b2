// SPDX-License-Identifier: Apache-2.0
#include "app/generation_trial.h"

namespace waymark::app {

void GenerationTrial::begin(bool known_good) noexcept {
  known_good_ = known_good;
  since_.reset();
  crashes_.clear();
}

bool GenerationTrial::proven(bool all_answer, MonotonicTime now) {
  if (known_good_) return false;
  if (!all_answer) {
    since_.reset();
    return false;
  }
  if (!since_) since_ = now;
  if (now - *since_ < minute) return false;
  begin(true);
  return true;
}

bool GenerationTrial::crashed(MonotonicTime now) {
  since_.reset();
  crashes_.push_back(now);
  while (known_good_ && now - crashes_.front() > minute)
    crashes_.pop_front();
  return crashes_.size() >= most_crashes;
}

}  // namespace waymark::app
