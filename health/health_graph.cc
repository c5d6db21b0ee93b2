// SPDX-License-Identifier: Apache-2.0
#include "health/health_graph.h"

#include <algorithm>

#include "base/log.h"
#include "base/result.h"

namespace waymark::health {
namespace {

constexpr std::uint32_t number(HealthSlot slot) noexcept {
  return static_cast<std::uint32_t>(slot);
}

/// Each input once: an edge of the graph is there or not, however often it counts.
std::vector<std::uint32_t> inputs(const Gate& gate) {
  std::vector<std::uint32_t> slots;
  for (const HealthSlot slot : gate.of)
    slots.push_back(number(slot));
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  return slots;
}

}  // namespace

void HealthGraph::define(const std::vector<Gate>& gates, const std::vector<HealthSlot>& removed) {
  std::vector<HealthSlot> changed;
  for (const HealthSlot slot : removed) {
    if (!gates_.contains(number(slot))) continue;
    disconnect(number(slot));
    table_.set(slot, true);
    changed.push_back(slot);
  }
  for (const Gate& gate : gates) {
    disconnect(number(gate.slot));
    for (const std::uint32_t input : inputs(gate))
      feeds_[input].push_back(number(gate.slot));
    gates_.insert_or_assign(number(gate.slot), gate);
    changed.push_back(gate.slot);
  }
  evaluate_from(changed);
}

void HealthGraph::set(HealthSlot slot, bool healthy) {
  if (gates_.contains(number(slot)) || table_.healthy(slot) == healthy) return;
  table_.set(slot, healthy);
  evaluate_from({slot});
}

void HealthGraph::disconnect(std::uint32_t slot) {
  const auto gate = gates_.find(slot);
  if (gate == gates_.end()) return;
  for (const std::uint32_t input : inputs(gate->second)) {
    const auto fed = feeds_.find(input);
    std::erase(fed->second, slot);
    if (fed->second.empty()) feeds_.erase(fed);
  }
  gates_.erase(gate);
  cut_.erase(slot);
}

/// Kahn's order over what can be reached, so that every gate is evaluated once, after its inputs,
/// and no reader sees a bit flicker.
void HealthGraph::evaluate_from(const std::vector<HealthSlot>& changed) {
  Waiting waiting = reached_from(changed);
  std::vector<std::uint32_t> ready;
  for (const auto& [slot, inputs_to_come] : waiting)
    if (inputs_to_come == 0) ready.push_back(slot);

  while (!waiting.empty()) {
    const bool cycle = ready.empty();
    if (cycle) ready.push_back(cut_cycle(waiting));
    const std::uint32_t slot = ready.back();
    ready.pop_back();
    waiting.erase(slot);
    table_.set(HealthSlot{slot}, cycle || evaluate(gates_.at(slot)));

    const auto fed = feeds_.find(slot);
    if (fed == feeds_.end()) continue;
    for (const std::uint32_t parent : fed->second)
      if (const auto next = waiting.find(parent); next != waiting.end() && --next->second == 0)
        ready.push_back(parent);
  }
}

/// The gates among `changed` and above, each with how many of its inputs are reached too.
HealthGraph::Waiting HealthGraph::reached_from(const std::vector<HealthSlot>& changed) const {
  Waiting reached;
  std::vector<std::uint32_t> open;
  for (const HealthSlot slot : changed) {
    open.push_back(number(slot));
    if (gates_.contains(number(slot))) reached.emplace(number(slot), 0);
  }
  std::unordered_set<std::uint32_t> seen(open.begin(), open.end());
  while (!open.empty()) {
    const auto fed = feeds_.find(open.back());
    open.pop_back();
    if (fed == feeds_.end()) continue;
    for (const std::uint32_t parent : fed->second) {
      reached.emplace(parent, 0);
      if (seen.insert(parent).second) open.push_back(parent);
    }
  }
  for (auto& [slot, inputs_to_come] : reached)
    for (const std::uint32_t input : inputs(gates_.at(slot)))
      inputs_to_come += reached.contains(input) ? 1U : 0U;
  return reached;
}

bool HealthGraph::evaluate(const Gate& gate) const noexcept {
  const auto up = std::count_if(gate.of.begin(), gate.of.end(),
                                [this](HealthSlot slot) { return table_.healthy(slot); });
  return static_cast<std::uint64_t>(up) >= gate.needed;
}

/// Of a cycle among the gates that wait for each other, the one with the highest slot.
std::uint32_t HealthGraph::cut_cycle(const Waiting& waiting) {
  std::vector<std::uint32_t> path{waiting.begin()->first};
  while (true) {  // down through inputs that wait; it must come back to where it has been
    const auto below = inputs(gates_.at(path.back()));
    const auto next = std::find_if(below.begin(), below.end(),
                                   [&](std::uint32_t slot) { return waiting.contains(slot); });
    WAYMARK_ASSERT(next != below.end());
    const auto before = std::find(path.begin(), path.end(), *next);
    if (before == path.end()) {
      path.push_back(*next);
      continue;
    }
    const std::uint32_t last = *std::max_element(before, path.end());
    if (cut_.insert(last).second) log::error("health_gate_cycle", {{"slot", last}});
    return last;
  }
}

}  // namespace waymark::health
