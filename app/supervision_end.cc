// SPDX-License-Identifier: Apache-2.0
//
// What comes after serving: workers that stand still, take-overs, the end.
#include <algorithm>
#include <utility>

#include "app/supervision.h"
#include "base/log.h"

namespace waymark::app {

void Supervisor::watch_workers() {
  watch_.expires_after(Watchdog::look_every);
  watch_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    for (Worker& worker : workers_) {
      const Process& process = *worker.process;
      const dns::WorkerSlot& slot = board_.worker(process.index());
      if (!serves() || !process.running() ||
          !worker.watchdog.stands_still(process.id(), slot.beat.load(std::memory_order_relaxed)))
        continue;
      log::error("worker_stands_still", {{"index", process.index()}, {"pid", process.id()}});
      process.signal(SIGKILL);  // also one that was stopped; its end starts another
    }
    look_at_trial();
    watch_workers();
  });
}

void Supervisor::end_control_for_successor() {
  stage_ = Stage::handing_over;
  control_.hold();
  if (!control_.running()) return hand_over_.control_ended(generations_);
  control_.signal(SIGTERM);
  kill_after_patience();
}

void Supervisor::watch_predecessor() {
  predecessor_gone_.emplace(loop_, predecessor_->socket().duplicate().release());
  predecessor_gone_->async_wait(
      asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error || !predecessor_) return;
        log::error("take_over_failed", {{"reason", "the other waymark did not wait for it"}});
        exit_code_ = 1;  // the children end with us
        loop_.stop();
      });
}

void Supervisor::take_over_when_ready() {
  if (!predecessor_ || !control_ready_) return;
  for (const Worker& worker : workers_)
    if (board_.worker(worker.process->index()).adopted.load(std::memory_order_acquire) == 0) return;
  predecessor_gone_.reset();
  predecessor_->tell_serving();
  predecessor_.reset();
  for (const Worker& worker : workers_)
    worker.process->signal(SIGUSR2);
  log::info("taken_over", {{"generation", generations_.current()}});
  hand_over_.listen(sockets_, board_, directory_);
}

void Supervisor::stop() {
  hand_over_.stop();
  if (std::exchange(given_way_, false)) return stop_workers();
  if (!serves()) {  // asked twice
    control_.signal(SIGKILL);
    for (const Worker& worker : workers_)
      worker.process->signal(SIGKILL);
    exit_code_ = 1;
    return loop_.stop();
  }
  log::info("stopping");
  stage_ = Stage::stopping_control;
  control_.retire();
  for (const Worker& worker : workers_)
    worker.process->retire();
  if (!control_.running()) return stop_workers();
  control_.signal(SIGTERM);
  kill_after_patience();
}

void Supervisor::stop_workers(int how, Duration limit) {
  stage_ = Stage::stopping_workers;
  for (const Worker& worker : workers_) {
    worker.process->retire();
    worker.process->signal(how);
  }
  kill_after_patience(limit);
  end_if_alone();
}

void Supervisor::kill_after_patience(Duration limit) {
  patience_.expires_after(limit);
  patience_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    log::warning("killing", {{"reason", "asked to end, it did not"}});
    control_.signal(SIGKILL);
    if (stage_ != Stage::stopping_workers) return;
    for (const Worker& worker : workers_)
      worker.process->signal(SIGKILL);
  });
}

void Supervisor::end_if_alone() {
  if (std::none_of(workers_.begin(), workers_.end(),
                   [](const Worker& worker) { return worker.process->running(); }))
    loop_.stop();
}

}  // namespace waymark::app
