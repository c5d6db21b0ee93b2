// SPDX-License-Identifier: Apache-2.0
#include "app/supervision.h"

#include <algorithm>
#include <sys/wait.h>
#include <utility>

#include "app/child_words.h"
#include "base/log.h"
#include "dns/quarantine.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;

constexpr auto most_drain = 12s;  // for workers whose sockets a successor has
constexpr auto first_image = 2s;  // until then a worker that is given one answers nobody

/// The signals that are not a worker's own fault.
bool is_crash(int wait_status) noexcept {
  if (WIFSIGNALED(wait_status))
    return WTERMSIG(wait_status) != SIGKILL && WTERMSIG(wait_status) != SIGTERM;
  return WEXITSTATUS(wait_status) != 0;
}

}  // namespace

Supervisor::Supervisor(const Config& config, const std::vector<std::string>& serve_arguments,
                       Executables executables, DataDirectory directory, Sockets sockets,
                       dns::Board board, Generations generations, LastKnownGood last_known_good,
                       std::optional<Predecessor> predecessor)
    : config_(config),
      serve_arguments_(serve_arguments),
      executables_(std::move(executables)),
      directory_(std::move(directory)),
      sockets_(std::move(sockets)),
      board_(std::move(board)),
      generations_(std::move(generations)),
      last_known_good_(std::move(last_known_good)),
      hand_over_(loop_, directory_.path(),
                 {.end_control = [this] { end_control_for_successor(); },
                  .resume_control =
                      [this] {
                        stage_ = Stage::running;
                        if (!control_.running()) control_.start();
                      },
                  .give_way =
                      [this] {
                        given_way_ = true;
                        stop_workers(SIGUSR1, most_drain);
                      }}),
      predecessor_(std::move(predecessor)),
      control_(
          loop_, "control", 0, Backoff(100ms, 5s, Random::from_system()),
          {.command = [this](int channel) { return control_command(channel); },
           .started = [this] { tell_control(generations_.newest_message()); },
           .message = [this](dns::Message message) { on_control_message(std::move(message)); }}),
      workers_(sockets_.workers.size()) {
  for (std::uint32_t i = 0; i < workers_.size(); ++i)
    add_worker(i);
  begin_trial();
}

void Supervisor::add_worker(std::uint32_t index) {
  Worker& worker = workers_[index];
  worker.process = std::make_unique<Process>(
      loop_, "worker", index, Backoff(0ms, 1s, Random::from_system()),
      Process::Events{
          .command = [this, index](int channel) { return worker_command(index, channel); },
          .started = [this, &worker] { pass_whole_generation(worker); },
          .message = [this, &worker](
                         const dns::Message& message) { on_worker_message(worker, message); }});
}

int Supervisor::run() {
  on_signals();
  on_children();
  for (Worker& worker : workers_)
    worker.process->start();
  control_.start();
  watch_workers();
  if (predecessor_)
    watch_predecessor();
  else
    hand_over_.listen(sockets_, board_, directory_);
  loop_.run();
  log::info("stopped", {{"exit_code", exit_code_}});
  return exit_code_;
}

Process::Command Supervisor::control_command(int channel) const {
  const int board = board_.descriptor().get(), api = sockets_.api.get();
  std::vector<int> descriptors{board, api};
  if (sockets_.route53) descriptors.push_back(sockets_.route53.get());
  return {&executables_.waymark, control_words(channel, board, sockets_, serve_arguments_),
          std::move(descriptors)};
}

Process::Command Supervisor::worker_command(std::uint32_t index, int channel) const {
  const Sockets::Share& share = sockets_.workers[index];
  std::vector<int> descriptors{board_.descriptor().get()};
  for (const auto* sockets : {&share.udp, &share.tcp})
    for (const FileDescriptor& socket : *sockets)
      descriptors.push_back(socket.get());
  std::vector<std::string> words =
      worker_words(index, channel, board_.descriptor().get(), share, config_);
  if (predecessor_) {
    words.emplace_back("--stand-by");
    words.emplace_back("yes");
  } else if (!generations_.empty()) {  // without one REFUSED is the right answer
    words.emplace_back("--wait-for-image");
    words.push_back(std::to_string(std::chrono::milliseconds(first_image).count()));
  }
  return {&executables_.worker, std::move(words), std::move(descriptors)};
}

void Supervisor::on_signals() {
  signals_.async_wait([this](const boost::system::error_code& error, int number) {
    if (error) return;
    if (number == SIGHUP) {
      control_.signal(SIGHUP);
    } else {
      stop();
    }
    on_signals();
  });
}

void Supervisor::on_children() {
  children_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    int status = 0;
    for (pid_t child = 0; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto worker = std::find_if(workers_.begin(), workers_.end(), [&](const Worker& one) {
        return one.process->id() == child;
      });
      if (worker != workers_.end()) {
        on_worker_ended(*worker, status);
      } else if (child == control_.id()) {
        control_.ended(status, stage_ != Stage::running);
        if (stage_ == Stage::running) control_.start_later();
        if (serves()) patience_.cancel();
        if (stage_ == Stage::handing_over) hand_over_.control_ended(generations_);
        if (stage_ == Stage::stopping_control) stop_workers();
      }
    }
    on_children();
  });
}

void Supervisor::on_worker_ended(Worker& worker, int wait_status) {
  dns::WorkerSlot& slot = board_.worker(worker.process->index());
  slot.adopted.store(0, std::memory_order_release);
  slot.process.store(0, std::memory_order_relaxed);
  // Its connections went with it.
  slot.tcp_closed.add(slot.tcp_accepted.value() - slot.tcp_closed.value());
  worker.process->ended(wait_status, !serves());
  if (serves()) {
    if (is_crash(wait_status)) note_crash(worker.generation);
    worker.process->start_later();
  } else if (stage_ == Stage::stopping_workers) {
    end_if_alone();
  }
}

void Supervisor::on_control_message(dns::Message message) {
  if (message.kind == dns::Message::Kind::publish && message.manifest) publish(std::move(message));
  if (message.kind != dns::Message::Kind::ready) return;
  control_ready_ = true;
  take_over_when_ready();
}

void Supervisor::publish(dns::Message message) {
  std::vector<std::pair<std::uint64_t, FileDescriptor>> parts;
  const std::size_t sent = std::min(message.part_ids.size(), message.descriptors.size());
  for (std::size_t i = 0; i < sent; ++i)  // what is not sealed could change under its readers
    if (is_sealed(message.descriptors[i]))
      parts.emplace_back(message.part_ids[i], std::move(message.descriptors[i]));
  const auto added = generations_.add(*message.manifest, std::move(parts));
  if (!added) {
    log::error("generation_refused",
               {{"generation", message.generation}, {"reason", added.error().detail()}});
    dns::Message refused;
    refused.kind = dns::Message::Kind::refused;
    refused.generation = message.generation;
    refused.reason = added.error().detail();
    return tell_control(refused);
  }
  dns::set_quarantine(board_, {});
  begin_trial();
  for (Worker& worker : workers_)
    pass_generation(worker);
  log::info("generation_passed", {{"generation", generations_.current()}});
}

void Supervisor::pass_generation(Worker& worker) {
  if (generations_.empty() || !worker.process->running()) return;
  const dns::Message message = generations_.message(worker.held);
  worker.behind = !worker.process->channel().send(message).has_value();
  if (worker.behind) return;  // goes on when it has said something
  worker.generation = message.generation;
  worker.held = generations_.part_ids();
  worker.whole = message.part_ids.size() == worker.held.size();
}

void Supervisor::pass_whole_generation(Worker& worker) {
  worker.held.clear();
  worker.generation = 0;
  pass_generation(worker);
}

void Supervisor::on_worker_message(Worker& worker, const dns::Message& message) {
  if (message.kind == dns::Message::Kind::refused &&
      (!worker.whole || message.generation != generations_.current()))
    return pass_whole_generation(worker);  // it may lack a part of one that it refused before
  dns::Message forwarded;
  forwarded.kind = message.kind;
  forwarded.worker = worker.process->index();
  forwarded.generation = message.generation;
  forwarded.reason = message.reason;
  tell_control(forwarded);
  if (worker.behind) pass_generation(worker);
  take_over_when_ready();
}

void Supervisor::tell_control(const dns::Message& message) {
  if (!control_.running()) return;
  const auto sent = control_.channel().send(message);
  if (!sent) log::warning("control_not_told", {{"reason", sent.error().detail()}});
}

}  // namespace waymark::app
