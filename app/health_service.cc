// SPDX-License-Identifier: Apache-2.0
#include "app/health_service.h"

#include <algorithm>
#include <future>

#include <boost/asio/post.hpp>

namespace waymark::app {
namespace {

/// Runs `work` on `io` and waits for it: for threads that may wait (the compiler's).
template <class Work>
void run_on(asio::io_context& io, Work work) {
  std::promise<void> done;
  asio::post(io, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace

HealthService::HealthService(health::HealthTable table, const Clock& clock,
                             health::ProberSettings settings, Told told)
    : work_(asio::make_work_guard(io_)),
      graph_(table),
      prober_(std::make_unique<health::Prober>(io_, graph_, clock, std::move(settings))) {
  prober_->on_transition(std::move(told));
  thread_ = std::thread([this] { io_.run(); });
}

HealthService::~HealthService() {
  stop();
}

void HealthService::define(std::vector<health::Gate> gates) {
  run_on(io_, [&] {
    std::vector<health::HealthSlot> slots;
    for (const health::Gate& gate : gates)
      slots.push_back(gate.slot);
    std::sort(slots.begin(), slots.end());
    std::vector<health::HealthSlot> removed;
    std::set_difference(gate_slots_.begin(), gate_slots_.end(), slots.begin(), slots.end(),
                        std::back_inserter(removed));
    graph_.define(gates, removed);
    gate_slots_ = std::move(slots);
  });
}

void HealthService::use(std::vector<health::SlottedCheck> checks) {
  run_on(io_, [&] { prober_->use(std::move(checks)); });
}

// g++ 12 corrupts a capturing lambda that is a temporary of a co_await expression: each has a name.
Awaitable<std::optional<health::CheckStatus>> HealthService::status(health::CheckId id) {
  auto ask = [this, &id]() -> Awaitable<std::optional<health::CheckStatus>> {
    co_return prober_->status(id);
  };
  co_return co_await asio::co_spawn(io_, ask(), asio::use_awaitable);
}

Awaitable<std::vector<health::CheckStatus>> HealthService::statuses() {
  auto ask = [this]() -> Awaitable<std::vector<health::CheckStatus>> {
    co_return prober_->statuses();
  };
  co_return co_await asio::co_spawn(io_, ask(), asio::use_awaitable);
}

Awaitable<health::TrustStatus> HealthService::trust() {
  auto ask = [this]() -> Awaitable<health::TrustStatus> { co_return prober_->trust(); };
  co_return co_await asio::co_spawn(io_, ask(), asio::use_awaitable);
}

Awaitable<Result<void>> HealthService::heartbeat(health::CheckId id, bool passed,
                                                 std::string reason) {
  auto tell = [this, &id, passed, &reason]() -> Awaitable<Result<void>> {
    co_return prober_->heartbeat(id, passed, reason);
  };
  co_return co_await asio::co_spawn(io_, tell(), asio::use_awaitable);
}

void HealthService::stop() {
  if (!thread_.joinable()) return;
  run_on(io_, [this] { prober_.reset(); });
  work_.reset();
  io_.stop();
  thread_.join();
}

}  // namespace waymark::app
