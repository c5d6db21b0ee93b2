// SPDX-License-Identifier: Apache-2.0
#include "app/supervisor.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utility>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/child.h"
#include "app/child_words.h"
#include "app/cookie_secrets.h"
#include "app/data_directory.h"
#include "app/generations.h"
#include "app/last_known_good.h"
#include "app/preflight.h"
#include "app/process.h"
#include "app/rights.h"
#include "app/sockets.h"
#include "base/log.h"
#include "dns/board.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 5s;     // for a process that was asked to end
constexpr auto first_image = 2s;  // until then a worker that is given one answers nobody
constexpr auto crash_window = std::chrono::minutes(1);
constexpr std::size_t crashes_to_fall_back = 3;

std::uint32_t worker_count(const Config& config) {
  cpu_set_t cores;
  const std::uint32_t usable = sched_getaffinity(0, sizeof cores, &cores) == 0
                                   ? static_cast<std::uint32_t>(CPU_COUNT(&cores))
                                   : 1;
  return std::clamp(config.workers == 0 ? usable : config.workers, 1U, dns::Board::max_workers);
}

/// The signals that are not a worker's own fault.
bool is_crash(int wait_status) noexcept {
  if (WIFSIGNALED(wait_status))
    return WTERMSIG(wait_status) != SIGKILL && WTERMSIG(wait_status) != SIGTERM;
  return WEXITSTATUS(wait_status) != 0;
}

class Supervisor {
 public:
  Supervisor(const Config& config, const std::vector<std::string>& serve_arguments,
             Executables executables, Sockets sockets, dns::Board board, Generations generations);

  int run();

 private:
  /// A worker, and what it was given last.
  struct Worker {
    std::unique_ptr<Process> process;
    std::uint64_t generation = 0;
    std::vector<std::uint64_t> held;  // parts
    bool whole = false;               // all parts came with it
    bool behind = false;              // its queue was full
  };
  enum class Stage : std::uint8_t { running, stopping_control, stopping_workers };

  void add_worker(std::uint32_t index);
  Process::Command control_command(int channel) const;
  Process::Command worker_command(std::uint32_t index, int channel) const;

  void on_signals();
  void on_children();
  void on_worker_ended(Worker& worker, int wait_status);
  void on_control_message(dns::Message message);
  void on_worker_message(Worker& worker, const dns::Message& message);

  void publish(dns::Message message);
  void pass_generation(Worker& worker);
  void pass_whole_generation(Worker& worker);
  void note_crash(std::uint64_t generation);
  void tell_control(const dns::Message& message);

  void stop();
  void stop_workers();
  void kill_after_patience();
  void end_if_alone();

  const Config& config_;
  const std::vector<std::string>& serve_arguments_;
  Executables executables_;
  Sockets sockets_;
  dns::Board board_;
  Generations generations_;
  asio::io_context loop_{1};
  asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
  asio::signal_set children_{loop_, SIGCHLD};
  asio::steady_timer patience_{loop_};
  Process control_;
  std::vector<Worker> workers_;
  std::deque<MonotonicTime> crashes_;  // of workers on the current generation
  Stage stage_ = Stage::running;
  int exit_code_ = 0;
};

Supervisor::Supervisor(const Config& config, const std::vector<std::string>& serve_arguments,
                       Executables executables, Sockets sockets, dns::Board board,
                       Generations generations)
    : config_(config),
      serve_arguments_(serve_arguments),
      executables_(std::move(executables)),
      sockets_(std::move(sockets)),
      board_(std::move(board)),
      generations_(std::move(generations)),
      control_(
          loop_, "control", 0, Backoff(100ms, 5s),
          {.command = [this](int channel) { return control_command(channel); },
           .started = [this] { tell_control(generations_.newest_message()); },
           .message = [this](dns::Message message) { on_control_message(std::move(message)); }}),
      workers_(sockets_.workers.size()) {
  for (std::uint32_t i = 0; i < workers_.size(); ++i)
    add_worker(i);
}

void Supervisor::add_worker(std::uint32_t index) {
  Worker& worker = workers_[index];
  worker.process = std::make_unique<Process>(
      loop_, "worker", index, Backoff(0ms, 1s),
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
  loop_.run();
  log::info("stopped", {{"exit_code", exit_code_}});
  return exit_code_;
}

Process::Command Supervisor::control_command(int channel) const {
  const int board = board_.descriptor().get(), api = sockets_.api.get();
  return {&executables_.waymark,
          control_words(channel, board, sockets_, serve_arguments_),
          {board, api}};
}

Process::Command Supervisor::worker_command(std::uint32_t index, int channel) const {
  const Sockets::Share& share = sockets_.workers[index];
  std::vector<int> descriptors{board_.descriptor().get()};
  for (const auto* sockets : {&share.udp, &share.tcp})
    for (const FileDescriptor& socket : *sockets)
      descriptors.push_back(socket.get());
  std::vector<std::string> words =
      worker_words(index, channel, board_.descriptor().get(), share, config_);
  if (!generations_.empty()) {  // without one REFUSED is the right answer
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
  worker.process->ended(wait_status, stage_ != Stage::running);
  if (stage_ == Stage::running) {
    if (is_crash(wait_status)) note_crash(worker.generation);
    worker.process->start_later();
  } else if (stage_ == Stage::stopping_workers) {
    end_if_alone();
  }
}

void Supervisor::on_control_message(dns::Message message) {
  if (message.kind == dns::Message::Kind::publish && message.manifest) publish(std::move(message));
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
  crashes_.clear();
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
}

void Supervisor::note_crash(std::uint64_t generation) {
  if (generation != generations_.current()) return;
  const MonotonicTime now = std::chrono::steady_clock::now();
  crashes_.push_back(now);
  while (now - crashes_.front() > crash_window)
    crashes_.pop_front();
  if (crashes_.size() < crashes_to_fall_back || !generations_.fall_back()) return;
  crashes_.clear();
  log::error("generation_fallback", {{"from", generation}, {"to", generations_.current()}});
  for (Worker& worker : workers_)
    pass_generation(worker);
}

void Supervisor::tell_control(const dns::Message& message) {
  if (!control_.running()) return;
  const auto sent = control_.channel().send(message);
  if (!sent) log::warning("control_not_told", {{"reason", sent.error().detail()}});
}

void Supervisor::stop() {
  if (stage_ != Stage::running) {  // asked twice
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

void Supervisor::stop_workers() {
  stage_ = Stage::stopping_workers;
  for (const Worker& worker : workers_)
    worker.process->signal(SIGTERM);
  kill_after_patience();
  end_if_alone();
}

void Supervisor::kill_after_patience() {
  patience_.expires_after(patience);
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

}  // namespace

int run_supervisor(const Config& config, const std::vector<std::string>& serve_arguments) {
  log::start(config.log_level, config.log_format, "supervisor");
  warn_of_low_limits();
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)umask(077);  // what stands in the data directory is for its owner: token hashes, records
  Executables executables = Executables::open();
  const DataDirectory directory = DataDirectory::open(config.data_dir);
  Sockets sockets = Sockets::open(config, worker_count(config));
  // Before the rights are dropped: the file may be root's. Every worker gets the same secrets.
  const auto cookies = config.cookie_secret_file.empty()
                           ? random_cookie_secrets()
                           : read_cookie_secrets(config.cookie_secret_file);
  if (!cookies) throw std::runtime_error("--cookie-secret-file: " + cookies.error().detail());
  drop_rights(config.user, directory);

  auto board = dns::Board::create();
  if (!board) throw std::runtime_error("no shared memory: " + board.error().detail());
  board->set_cookie_secrets(*cookies);
  board->set_workers(static_cast<std::uint32_t>(sockets.workers.size()));
  Generations generations = load_last_known_good(config.data_dir, *board);
  for (const Endpoint& address : sockets.dns)
    log::info("listening", {{"address", address.to_string()}, {"service", "dns"}});
  log::info("listening", {{"address", sockets.api_address.to_string()}, {"service", "api"}});
  return Supervisor(config, serve_arguments, std::move(executables), std::move(sockets),
                    std::move(*board), std::move(generations))
      .run();
}

}  // namespace waymark::app
