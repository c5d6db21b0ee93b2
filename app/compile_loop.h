// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "app/health_service.h"
#include "base/async.h"
#include "base/clock.h"
#include "base/random.h"
#include "dns/board.h"
#include "dns/channel.h"
#include "zones/compile/image_compiler.h"
#include "zones/compile/image_files.h"
#include "zones/compile/publisher.h"
#include "zones/store/store.h"

namespace waymark::app {

/// The compiler thread of the control process: commits → generation → health bits → publication, at
/// most every 5 ms and the first at once; the folder and the copies on disk follow on threads of
/// their own. Everything that others see is told through the functions given.
class CompileLoop {
 public:
  struct Told {
    /// A generation was published; it holds everything up to its manifest's revision.
    std::function<void(std::shared_ptr<const dns::Image>)> published;
    /// A compile failed and the generation before stays, or (empty) works again.
    std::function<void(std::string)> fault;
    /// Groups whose answers are counted from now on.
    std::function<void(std::vector<zones::CountedGroup>)> counted;
    /// What changed of the external aliases.
    std::function<void(zones::ExternalNews)> external;
  };

  CompileLoop(const zones::Store& store, const dns::Channel& supervisor, dns::Board& board,
              dns::Image image, zones::ImageFiles files, HealthService& health, Random random,
              std::uint32_t panic_percent, zones::GeoRows geo, zones::OutsideKnown known,
              const Clock& clock, Told told);
  ~CompileLoop();

  /// Any thread: there is something to compile. Costs nothing when one is already waiting.
  void wake();
  /// Any thread: the geo database is another, and is read again.
  void geo_database_changed();
  /// Any thread: the world outside is otherwise.
  void external_changed(zones::ExternalChanges changes);
  void latency_learned(std::vector<policy::LearnedLatency> learned);
  /// Ends after the compile under way; then writes what is not on disk yet.
  void stop();

 private:
  void turn();
  Result<void> compile_and_publish();
  bool is_held(const dns::Manifest& next);
  void set_counters(zones::CounterBook::Changes changes);
  void set_health(const zones::Generation& generation);
  Result<bool> health_checks_changed(const zones::Snapshot& state);
  void start_fold();
  void save_soon();
  void save_now();

  const zones::Store& store_;
  dns::Board& board_;
  zones::ImageFiles files_;
  HealthService& health_;
  const Clock& clock_;
  Told told_;
  zones::ImageCompiler compiler_;
  zones::Publisher publisher_;

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer pace_;
  asio::steady_timer save_timer_;
  asio::thread_pool folder_{1};
  asio::thread_pool disk_{1};
  std::atomic<bool> pending_{false};  // any thread sets, the compiler thread clears
  bool pacing_ = false;
  bool folding_ = false;
  bool save_waiting_ = false;
  bool failing_ = false;
  bool holding_ = false;  // told
  std::string name_fault_;
  std::shared_ptr<const dns::Image> current_;
  std::map<std::string, health::HealthSlot> check_slots_;
  std::map<std::string, health::HealthSlot> judged_;  // checks whose bit on the board is a verdict
  zones::Revision checks_seen_;
  bool checks_loaded_ = false;
  std::thread thread_;
};

}  // namespace waymark::app
