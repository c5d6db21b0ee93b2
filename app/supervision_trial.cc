// SPDX-License-Identifier: Apache-2.0
//
// How the current generation fares: it proves itself, or is left for the one before.
#include <algorithm>

#include "app/self_query.h"
#include "app/supervision.h"
#include "base/log.h"

namespace waymark::app {

void Supervisor::begin_trial() {
  trial_.begin(!generations_.empty() &&
               last_known_good_.is_known_good(generations_.current_manifest()));
}

bool Supervisor::all_answer_from(std::uint64_t generation) const {
  return std::all_of(workers_.begin(), workers_.end(), [&](const Worker& worker) {
    const dns::WorkerSlot& slot = board_.worker(worker.process->index());
    return worker.process->running() && slot.adopted.load(std::memory_order_acquire) == generation;
  });
}

void Supervisor::look_at_trial() {
  const std::uint64_t current = generations_.current();
  if (current == 0 || !serves()) return;
  if (trial_.proven(all_answer_from(current), std::chrono::steady_clock::now()))
    spawn(loop_, keep_if_it_answers(current));
}

/// A minute without a crash says little when nobody asked.
Awaitable<void> Supervisor::keep_if_it_answers(std::uint64_t generation) {
  const bool answered = co_await self_query(sockets_.dns);
  if (generation != generations_.current()) co_return;
  if (!answered) co_return begin_trial();
  last_known_good_.keep(generations_.current_manifest(), board_);
  last_known_good_.save();
  log::info("generation_known_good", {{"generation", generation}});
}

void Supervisor::note_crash(std::uint64_t generation) {
  if (generation == 0 || generation != generations_.current()) return;
  if (!trial_.crashed(std::chrono::steady_clock::now())) return;
  const bool fell = last_known_good_.fall_back(generations_, board_);
  begin_trial();
  if (!fell)
    return log::error("generation_kept", {{"generation", generation},
                                          {"reason",
                                           "it crashes workers, and there is none before "
                                           "it; undo the last change"}});
  log::error("generation_fallback",
             {{"from", generation},
              {"to", generations_.current()},
              {"until", "a change makes a newer one: undo the last change"}});
  for (Worker& worker : workers_)
    pass_generation(worker);
  last_known_good_.save();
}

}  // namespace waymark::app
