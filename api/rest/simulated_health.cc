// SPDX-License-Identifier: Apache-2.0
#include "api/rest/simulated_health.h"

#include "health/calculated_gate.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
using health::HealthSlot;

HealthCheck::Forced forced_now(const HealthCheck& check, TimePoint now) {
  const bool over = check.forced_until && *check.forced_until <= now;
  return over ? HealthCheck::Forced::automatic : check.forced;
}

}  // namespace

SimulatedHealth::SimulatedHealth(health::HealthTable board)
    : words_(board.words().size()), table_(words_) {
  for (std::size_t i = 0; i < words_.size(); ++i)
    words_[i].store(board.words()[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
}

SimulatedHealth::SimulatedHealth(health::HealthTable board, const zones::Trial& trial,
                                 const std::vector<HealthCheck>& checks, const Forced& forced,
                                 TimePoint now)
    : SimulatedHealth(board) {
  const auto slot_of = [&](const health::CheckId& id) {
    const auto found = trial.checks.find(id);
    return found == trial.checks.end() ? HealthSlot::always_healthy : found->second;
  };
  std::vector<health::Gate> gates = trial.gates;
  health::HealthGraph graph(table_);
  for (const HealthCheck& check : checks) {
    const HealthSlot slot = slot_of(check.id);
    const auto said = forced.find(check.id);
    if (slot == HealthSlot::always_healthy) continue;
    if (check.type == HealthCheck::Type::calculated) {
      HealthCheck::Forced state = forced_now(check, now);
      if (said != forced.end())
        state = said->second ? HealthCheck::Forced::up : HealthCheck::Forced::down;
      gates.push_back(health::calculated_gate(check, state, slot, slot_of));
    } else if (said != forced.end()) {
      table_.set(slot, said->second);
    }
  }
  graph.define(gates);
}

SimulatedHealth::Forced noticed_by(const IpAddress& dead, const std::vector<HealthCheck>& checks,
                                   TimePoint now) {
  SimulatedHealth::Forced forced;
  for (const HealthCheck& check : checks)
    if (check.is_probed() && check.target.empty() && check.address == dead && !check.disabled &&
        forced_now(check, now) == HealthCheck::Forced::automatic)
      forced.emplace(check.id, check.inverted);
  return forced;
}

}  // namespace waymark::api
