// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/child.h"
#include "app/data_directory.h"
#include "app/generation_trial.h"
#include "app/generations.h"
#include "app/hand_over.h"
#include "app/last_known_good.h"
#include "app/process.h"
#include "app/sockets.h"
#include "app/watchdog.h"
#include "dns/board.h"

namespace waymark::app {

/// The supervisor at work: its processes, what it passes on to them, and how it ends. One thread.
class Supervisor {
 public:
  Supervisor(const Config& config, const std::vector<std::string>& serve_arguments,
             Executables executables, DataDirectory directory, Sockets sockets, dns::Board board,
             Generations generations, LastKnownGood last_known_good,
             std::optional<Predecessor> predecessor);

  int run();

 private:
  static constexpr auto patience = std::chrono::seconds(5);  // for who was asked to end

  /// A worker, and what it was given last.
  struct Worker {
    std::unique_ptr<Process> process;
    Watchdog watchdog{};
    std::uint64_t generation = 0;
    std::vector<std::uint64_t> held;  // parts
    bool whole = false;               // all parts came with it
    bool behind = false;              // its queue was full
  };
  enum class Stage : std::uint8_t {
    running,
    handing_over,  // workers serve, the control process has ended or ends for a successor
    stopping_control,
    stopping_workers
  };

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
  void begin_trial();
  void look_at_trial();
  bool all_answer_from(std::uint64_t generation) const;
  Awaitable<void> keep_if_it_answers(std::uint64_t generation);
  void tell_control(const dns::Message& message);

  bool serves() const noexcept { return stage_ == Stage::running || stage_ == Stage::handing_over; }
  void watch_workers();
  void end_control_for_successor();
  void watch_predecessor();
  void take_over_when_ready();

  void stop();
  void stop_workers(int how = SIGTERM, Duration limit = patience);
  void kill_after_patience(Duration limit = patience);
  void end_if_alone();

  const Config& config_;
  const std::vector<std::string>& serve_arguments_;
  Executables executables_;
  DataDirectory directory_;
  Sockets sockets_;
  dns::Board board_;
  Generations generations_;
  LastKnownGood last_known_good_;
  asio::io_context loop_{1};
  asio::signal_set signals_{loop_, SIGTERM, SIGINT, SIGHUP};
  asio::signal_set children_{loop_, SIGCHLD};
  asio::steady_timer patience_{loop_}, watch_{loop_};
  HandOver hand_over_;
  std::optional<Predecessor> predecessor_;  // until we serve
  std::optional<asio::posix::stream_descriptor> predecessor_gone_;
  Process control_;
  std::vector<Worker> workers_;
  GenerationTrial trial_;  // of the current generation
  Stage stage_ = Stage::running;
  bool control_ready_ = false;
  bool given_way_ = false;  // a successor serves; the workers end in their own time
  int exit_code_ = 0;
};

}  // namespace waymark::app
