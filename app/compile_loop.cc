// SPDX-License-Identifier: Apache-2.0
#include "app/compile_loop.h"

#include <algorithm>
#include <chrono>
#include <sys/resource.h>

#include <boost/asio/post.hpp>

#include "api/rest/health_check_json.h"
#include "base/log.h"
#include "dns/quarantine.h"
#include "zones/compile/folder.h"
#include "zones/compile/health_gates.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
constexpr auto least_pause = 5ms;  // between two publications
constexpr auto save_pause = 1s;    // between two copies on disk
constexpr auto retry_pause = 1s;   // after a fault
constexpr std::size_t commits_a_look = 1000;

/// The checks that the board holds a verdict of: those that the image names.
std::map<std::string, health::HealthSlot> judged_checks(const dns::Image& image) {
  std::map<std::string, health::HealthSlot> judged;
  for (const dns::SlotSpec& spec : image.slots())
    if (const auto id = zones::HealthGates::check_of(spec.key))
      judged.emplace(*id, health::HealthSlot{spec.slot});
  return judged;
}

}  // namespace

CompileLoop::CompileLoop(const zones::Store& store, const dns::Channel& supervisor,
                         dns::Board& board, dns::Image image, zones::ImageFiles files,
                         HealthService& health, Random random, std::uint32_t panic_percent,
                         zones::GeoRows geo, zones::OutsideKnown known, const Clock& clock,
                         Told told)
    : store_(store),
      board_(board),
      files_(std::move(files)),
      health_(health),
      clock_(clock),
      told_(std::move(told)),
      compiler_(store, image, random, panic_percent, std::move(geo), std::move(known)),
      publisher_(supervisor, board, image),
      work_(asio::make_work_guard(io_)),
      pace_(io_),
      save_timer_(io_),
      current_(std::make_shared<const dns::Image>(std::move(image))),
      judged_(judged_checks(*current_)) {
  asio::post(folder_, [] { (void)setpriority(PRIO_PROCESS, 0, 19); });  // Linux: this thread alone
  thread_ = std::thread([this] { io_.run(); });
  wake();
}

CompileLoop::~CompileLoop() {
  stop();
}

void CompileLoop::wake() {
  if (!pending_.exchange(true, std::memory_order_acq_rel)) asio::post(io_, [this] { turn(); });
}

void CompileLoop::geo_database_changed() {
  asio::post(io_, [this] { compiler_.geo_database_changed(); });
  wake();
}

void CompileLoop::external_changed(zones::ExternalChanges changes) {
  asio::post(io_, [this, changes = std::move(changes)] { compiler_.external_changed(changes); });
  wake();
}

void CompileLoop::latency_learned(std::vector<policy::LearnedLatency> learned) {
  asio::post(io_, [this, learned = std::move(learned)]() mutable {
    compiler_.latency_learned(std::move(learned));
  });
  wake();
}

void CompileLoop::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    pace_.cancel();
    save_timer_.cancel();
    work_.reset();
    io_.stop();
  });
  thread_.join();
  folder_.join();
  disk_.join();
  if (save_waiting_) save_now();
}

void CompileLoop::turn() {
  if (pacing_) return;  // the timer looks at pending_
  pending_.store(false, std::memory_order_release);
  const auto done = compile_and_publish();
  if (!done) {
    if (!failing_) log::error("compile_failed", {{"reason", done.error().detail()}});
    told_.fault(done.error().detail());
  } else if (failing_) {
    told_.fault(name_fault_);
  }
  failing_ = !done;

  // Whoever wakes meanwhile waits here, so that a busy moment coalesces by itself.
  pacing_ = true;
  pace_.expires_after(failing_ ? std::chrono::steady_clock::duration(retry_pause) : least_pause);
  pace_.async_wait([this](const boost::system::error_code& ended) {
    pacing_ = false;
    if (!ended && (failing_ || pending_.load(std::memory_order_acquire))) turn();
  });
}

Result<void> CompileLoop::compile_and_publish() {
  auto generation = compiler_.compile();
  if (!generation) return generation.error();
  const bool fold_wanted = generation->fold_wanted;
  const std::string fault = generation->manifest.generation != 0 ? generation->fault : name_fault_;
  set_health(*generation);
  if (is_held(generation->manifest)) {
    compiler_.abandoned();
    return {};
  }
  set_counters(std::move(generation->counted));
  if (!generation->external.empty()) told_.external(std::move(generation->external));
  const bool more_waits = generation->more_waits;
  if (generation->manifest.generation != 0) {
    auto image = publisher_.publish(std::move(*generation));
    if (!image) {
      compiler_.abandoned();
      return image.error();
    }
    compiler_.published(*image);
    current_ = std::make_shared<const dns::Image>(std::move(*image));
    told_.published(current_);
    save_soon();
  }
  if (fold_wanted && !folding_) start_fold();
  if (more_waits) wake();
  if (fault == name_fault_) return {};
  if (!fault.empty()) log::error("name_not_compiled", {{"reason", fault}});
  told_.fault(fault);
  name_fault_ = fault;
  return {};
}

/// What crashed workers is not published again; a change that comes after it is.
bool CompileLoop::is_held(const dns::Manifest& next) {
  const dns::Quarantine bad = dns::quarantine(board_);
  const bool held = bad.generation != 0 && next.generation != 0 && bad.epoch == next.epoch &&
                    next.revision <= bad.revision;
  if (held && !holding_) log::warning("generation_held", {{"quarantined", bad.generation}});
  holding_ = held;
  return held;
}

/// Before the generation that names the numbers is raised.
void CompileLoop::set_counters(zones::CounterBook::Changes changes) {
  dns::CountedSince& since = board_.counted_since();
  const auto now = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count());
  for (const zones::CountedGroup& group : changes.gone)
    for (std::size_t i = 0; i < group.targets; ++i)
      since.end(std::size_t{group.counting.counter} + i);
  for (const zones::CountedGroup& group : changes.come)
    for (std::size_t i = 0; i < group.targets; ++i)
      since.begin(std::size_t{group.counting.counter} + i, group.counting.tag, now);
  if (!changes.come.empty()) told_.counted(std::move(changes.come));
}

Result<bool> CompileLoop::health_checks_changed(const zones::Snapshot& state) {
  if (!checks_loaded_) return true;
  bool changed = false;
  for (;;) {
    auto commits = state.commits_since(checks_seen_, commits_a_look);
    if (!commits) return commits.error();
    for (const zones::Committed& one : *commits) {
      checks_seen_ = one.revision;
      const auto& objects = one.commit.effects.objects;
      changed = changed ||
                std::any_of(objects.begin(), objects.end(), [](const zones::ObjectChange& object) {
                  return object.key.kind == zones::ObjectKind::health_check;
                });
    }
    if (commits->size() < commits_a_look) return changed;
  }
}

void CompileLoop::set_health(const zones::Generation& generation) {
  if (generation.slots_changed) {
    check_slots_.clear();
    check_slots_.insert(generation.checks.begin(), generation.checks.end());
  }
  auto state = store_.snapshot();
  if (!state) return;  // without a store the last bits stay
  const auto changed = health_checks_changed(**state);
  if (changed && (*changed || generation.slots_changed)) {
    std::vector<health::SlottedCheck> checks;
    auto objects = (*state)->objects(zones::ObjectKind::health_check);
    if (!objects) return;
    for (const auto& [id, json] : *objects) {
      auto check = api::decode_health_check(id, json);
      const auto slot = check_slots_.find(id);
      if (!check || slot == check_slots_.end()) continue;
      const auto judged = judged_.find(id);
      const bool is_new = judged == judged_.end() || judged->second != slot->second;
      checks.push_back({std::move(*check), slot->second, is_new});
    }
    health_.use(std::move(checks));
    judged_ = check_slots_;
    checks_seen_ = (*state)->revision();
    checks_loaded_ = true;
  }
  if (generation.slots_changed) health_.define(generation.gates);
}

void CompileLoop::start_fold() {
  const std::shared_ptr<zones::FoldWork> work = compiler_.begin_fold();
  if (!work) return;
  folding_ = true;
  asio::post(folder_, [this, work] {
    const auto folded = std::make_shared<std::unique_ptr<zones::Folded>>(zones::fold(*work));
    asio::post(io_, [this, folded] {
      folding_ = false;
      compiler_.adopt(std::move(*folded));
      wake();
    });
  });
}

void CompileLoop::save_soon() {
  if (std::exchange(save_waiting_, true)) return;
  save_timer_.expires_after(save_pause);
  save_timer_.async_wait([this](const boost::system::error_code& ended) {
    if (ended) return;
    asio::post(disk_, [this, image = current_] {
      if (const auto saved = files_.save(*image); !saved)
        log::warning("image_not_saved", {{"reason", saved.error().detail()}});
      asio::post(io_, [this, generation = image->generation()] {
        save_waiting_ = false;
        if (current_->generation() != generation) save_soon();
      });
    });
  });
}

void CompileLoop::save_now() {
  if (const auto saved = files_.save(*current_); !saved)
    log::warning("image_not_saved", {{"reason", saved.error().detail()}});
}

}  // namespace waymark::app
