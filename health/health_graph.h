// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "health/health_table.h"

namespace waymark::health {

/// A gate: what one bit is worked out of. Inputs may be endpoints or gates; an input that is named
/// twice counts twice.
struct Gate {
  enum class Kind : std::uint8_t {
    at_least,      // healthy when at least `needed` of its inputs are
    fewer_than,    // unhealthy when at least `needed` are: at_least, inverted
    unless_panic,  // of = {member, its group}: healthy when the member is, or the group is not
  };

  HealthSlot slot{};
  std::uint32_t needed = 1;
  std::vector<HealthSlot> of;
  Kind kind = Kind::at_least;

  friend bool operator==(const Gate&, const Gate&) = default;
};

/// Endpoints (one slot each) and the gates they feed. A change flips one bit and re-evaluates only
/// what it reaches. Health thread only.
///
///   gates_ (as defined) ── arrange() ──► nodes_  in topological order, each with its count of
///                                        healthy inputs
///                                        feeds_  slot → nodes it is an input of (one flat array)
class HealthGraph {
 public:
  explicit HealthGraph(HealthTable table) : table_(table) {}

  /// Replaces or adds gates, removes those of `removed` (their bit becomes healthy), and evaluates
  /// all. Inputs that nobody set are as the table shows them. A cycle of gates is cut: its last
  /// gate counts as healthy and is logged (loops are refused before they are stored, so this is our
  /// own mistake).
  void define(const std::vector<Gate>& gates, const std::vector<HealthSlot>& removed = {});
  /// An endpoint changed. Flips the slot and every gate it reaches, children before parents. The
  /// slot of a gate is left alone: its inputs decide it.
  void set(HealthSlot slot, bool healthy);
  bool healthy(HealthSlot slot) const noexcept { return table_.healthy(slot); }
  std::size_t gates() const noexcept { return gates_.size(); }

  /// `told` hears of every change of the gates that are watched, once all bits are set. It may
  /// change the graph.
  void on_change(std::function<void(HealthSlot, bool healthy)> told) { told_ = std::move(told); }
  /// In force from the next define() on.
  void watch(HealthSlot slot);
  void unwatch(HealthSlot slot) { watched_.erase(static_cast<std::uint32_t>(slot)); }

 private:
  struct Node {
    std::uint32_t slot = 0, needed = 0;
    std::uint32_t up = 0;      // inputs that are healthy
    std::uint32_t member = 0;  // unless_panic: slots of the member and of its group
    std::uint32_t group = 0;
    Gate::Kind kind = Gate::Kind::at_least;
    bool cut = false, watched = false;
  };

  void arrange();
  std::vector<std::uint32_t> topological_order();
  std::uint32_t cut_cycle(const std::unordered_map<std::uint32_t, std::uint32_t>& waiting);
  void evaluate_all();
  void flip(std::uint32_t slot, bool healthy);
  void settle();
  bool evaluate(const Node& node) const noexcept;
  void tell();

  HealthTable table_;
  std::unordered_map<std::uint32_t, Gate> gates_;  // by slot
  std::vector<Node> nodes_;                        // inputs before what they feed
  std::vector<std::uint32_t> feeds_, feeds_from_;  // of slot s: [feeds_from_[s], feeds_from_[s+1])
  std::vector<std::uint64_t> pending_;             // a bit for each node that an input changed of
  std::size_t first_pending_ = 0;                  // no word before it has a bit
  std::unordered_set<std::uint32_t> cut_;          // now, and logged
  std::unordered_set<std::uint32_t> watched_;
  bool watches_more_ = false;                         // than nodes_ know of
  std::vector<std::pair<HealthSlot, bool>> changes_;  // of watched gates, to be told
  std::function<void(HealthSlot, bool)> told_;
};

}  // namespace waymark::health
