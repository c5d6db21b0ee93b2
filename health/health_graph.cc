// SPDX-License-Identifier: Apache-2.0
#include "health/health_graph.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/log.h"
#include "base/result.h"

namespace waymark::health {
namespace {

constexpr std::uint32_t number(HealthSlot slot) noexcept {
  return static_cast<std::uint32_t>(slot);
}

}  // namespace

void HealthGraph::define(const std::vector<Gate>& gates, const std::vector<HealthSlot>& removed) {
  bool differs = false;
  for (const HealthSlot slot : removed) {
    if (gates_.erase(number(slot)) == 0) continue;
    table_.set(slot, true);
    differs = true;
  }
  for (const Gate& gate : gates) {
    const auto [known, is_new] = gates_.try_emplace(number(gate.slot), gate);
    if (!is_new && known->second == gate) continue;
    known->second = gate;
    differs = true;
  }
  if (!differs && !std::exchange(watches_more_, false)) return;
  arrange();
  evaluate_all();
  tell();
}

void HealthGraph::watch(HealthSlot slot) {
  watches_more_ = watched_.insert(number(slot)).second || watches_more_;
}

/// Lays nodes and edges out flat. Costs as much as there are gates, and only when one changed.
void HealthGraph::arrange() {
  const std::vector<std::uint32_t> order = topological_order();
  nodes_.clear();
  nodes_.reserve(order.size());
  std::uint32_t slots = 0;
  std::size_t edges = 0;
  for (const std::uint32_t slot : order) {
    const Gate& gate = gates_.at(slot);
    Node node{slot, gate.needed, 0, 0, 0, gate.kind, cut_.contains(slot), watched_.contains(slot)};
    if (gate.kind == Gate::Kind::unless_panic) {
      WAYMARK_ASSERT(gate.of.size() == 2);
      node.member = number(gate.of[0]);
      node.group = number(gate.of[1]);
    }
    nodes_.push_back(node);
    for (const HealthSlot input : gate.of)
      slots = std::max(slots, number(input) + 1);
    edges += gate.of.size();
  }
  pending_.assign(nodes_.size() / 64 + 1, 0);
  first_pending_ = pending_.size();
  watches_more_ = false;
  feeds_from_.assign(slots + 1, 0);
  for (const Node& node : nodes_)
    for (const HealthSlot input : gates_.at(node.slot).of)
      ++feeds_from_[number(input) + 1];
  for (std::size_t slot = 1; slot <= slots; ++slot)
    feeds_from_[slot] += feeds_from_[slot - 1];
  feeds_.assign(edges, 0);
  std::vector<std::uint32_t> next(feeds_from_.begin(), feeds_from_.end());
  for (std::uint32_t at = 0; at < nodes_.size(); ++at)
    for (const HealthSlot input : gates_.at(nodes_[at].slot).of)
      feeds_[next[number(input)]++] = at;
}

/// Kahn's order over all gates. A cycle is cut where it does least: nobody is taken out by it.
std::vector<std::uint32_t> HealthGraph::topological_order() {
  std::unordered_map<std::uint32_t, std::uint32_t> waiting;  // gate → inputs that are to come
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> above;
  std::vector<std::uint32_t> ready, order;
  waiting.reserve(gates_.size());
  order.reserve(gates_.size());
  for (const auto& [slot, gate] : gates_) {
    std::uint32_t to_come = 0;
    for (const HealthSlot input : gate.of) {
      if (!gates_.contains(number(input))) continue;
      above[number(input)].push_back(slot);
      ++to_come;
    }
    if (to_come == 0)
      ready.push_back(slot);
    else
      waiting.emplace(slot, to_come);
  }
  const std::unordered_set<std::uint32_t> logged = std::exchange(cut_, {});
  while (order.size() < gates_.size()) {
    if (ready.empty()) {
      ready.push_back(cut_cycle(waiting));
      waiting.erase(ready.back());
      cut_.insert(ready.back());
      if (!logged.contains(ready.back())) log::error("health_gate_cycle", {{"slot", ready.back()}});
    }
    const std::uint32_t slot = ready.back();
    ready.pop_back();
    order.push_back(slot);
    const auto parents = above.find(slot);
    if (parents == above.end()) continue;
    for (const std::uint32_t parent : parents->second) {
      const auto one = waiting.find(parent);
      if (one == waiting.end() || --one->second > 0) continue;
      ready.push_back(parent);
      waiting.erase(one);
    }
  }
  return order;
}

/// Of a cycle among the gates that wait for each other, the one with the highest slot.
std::uint32_t HealthGraph::cut_cycle(
    const std::unordered_map<std::uint32_t, std::uint32_t>& waiting) {
  std::vector<std::uint32_t> path{waiting.begin()->first};
  while (true) {  // down through inputs that wait; it must come back to where it has been
    const auto& below = gates_.at(path.back()).of;
    const auto next = std::find_if(below.begin(), below.end(),
                                   [&](HealthSlot slot) { return waiting.contains(number(slot)); });
    WAYMARK_ASSERT(next != below.end());
    const auto before = std::find(path.begin(), path.end(), number(*next));
    if (before != path.end()) return *std::max_element(before, path.end());
    path.push_back(number(*next));
  }
}

void HealthGraph::evaluate_all() {
  for (Node& node : nodes_) {
    node.up = 0;
    for (const HealthSlot input : gates_.at(node.slot).of)
      node.up += table_.healthy(input) ? 1U : 0U;
    const bool now = evaluate(node);
    const HealthSlot slot{node.slot};
    if (now != table_.healthy(slot) && node.watched) changes_.emplace_back(slot, now);
    table_.set(slot, now);
  }
}

void HealthGraph::set(HealthSlot slot, bool healthy) {
  if (slot == HealthSlot::always_healthy || number(slot) >= table_.capacity()) return;
  if (gates_.contains(number(slot)) || table_.healthy(slot) == healthy) return;
  flip(number(slot), healthy);
  settle();
  tell();
}

/// Sets one bit and counts it where it is an input.
void HealthGraph::flip(std::uint32_t slot, bool healthy) {
  table_.set(HealthSlot{slot}, healthy);
  if (slot + 1 >= feeds_from_.size()) return;
  for (std::uint32_t edge = feeds_from_[slot]; edge < feeds_from_[slot + 1]; ++edge) {
    const std::uint32_t at = feeds_[edge];
    nodes_[at].up += healthy ? 1U : ~0U;  // one more, or one fewer
    pending_[at / 64] |= std::uint64_t{1} << (at % 64);
    first_pending_ = std::min<std::size_t>(first_pending_, at / 64);
  }
}

/// In topological order, so that every gate is evaluated once and no reader sees a bit flicker: a
/// node feeds only nodes behind it.
void HealthGraph::settle() {
  while (first_pending_ < pending_.size()) {
    std::uint64_t& word = pending_[first_pending_];
    if (word == 0) {
      ++first_pending_;
      continue;
    }
    const auto bit = static_cast<std::size_t>(std::countr_zero(word));
    word &= word - 1;
    const Node& node = nodes_[first_pending_ * 64 + bit];
    const bool now = evaluate(node);
    const HealthSlot slot{node.slot};
    if (now == table_.healthy(slot)) continue;
    if (node.watched) changes_.emplace_back(slot, now);
    flip(node.slot, now);
  }
}

bool HealthGraph::evaluate(const Node& node) const noexcept {
  if (node.cut) return true;
  switch (node.kind) {
    case Gate::Kind::at_least:
      return node.up >= node.needed;
    case Gate::Kind::fewer_than:
      return node.up < node.needed;
    case Gate::Kind::unless_panic:
      break;
  }
  return table_.healthy(HealthSlot{node.member}) || !table_.healthy(HealthSlot{node.group});
}

void HealthGraph::tell() {
  const auto changes = std::exchange(changes_, {});
  if (told_)
    for (const auto& [slot, healthy] : changes)
      told_(slot, healthy);
}

}  // namespace waymark::health
