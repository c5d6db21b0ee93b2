// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "health/health_table.h"

namespace waymark::health {

/// A gate: healthy when at least `needed` of its inputs are. Inputs may be endpoints or gates.
struct Gate {
  HealthSlot slot{};
  std::uint32_t needed = 1;
  std::vector<HealthSlot> of;

  friend bool operator==(const Gate&, const Gate&) = default;
};

/// Endpoints (one slot each) and the gates they feed. A change flips one bit and re-evaluates only
/// what it reaches. Health thread only.
class HealthGraph {
 public:
  explicit HealthGraph(HealthTable table) : table_(table) {}

  /// Replaces or adds gates, removes those of `removed` (their bit becomes healthy), and evaluates
  /// what they reach. Inputs that nobody set are as the table shows them. A cycle of gates is cut:
  /// its last gate counts as healthy and is logged (validate refuses alias loops, so this is our
  /// own mistake).
  void define(const std::vector<Gate>& gates, const std::vector<HealthSlot>& removed = {});
  /// An endpoint changed. Flips the slot and every gate it reaches, children before parents. The
  /// slot of a gate is left alone: its inputs decide it.
  void set(HealthSlot slot, bool healthy);
  bool healthy(HealthSlot slot) const noexcept { return table_.healthy(slot); }
  std::size_t gates() const noexcept { return gates_.size(); }

 private:
  using Waiting = std::unordered_map<std::uint32_t, std::uint32_t>;  // gate → inputs to come

  void disconnect(std::uint32_t slot);
  void evaluate_from(const std::vector<HealthSlot>& changed);
  Waiting reached_from(const std::vector<HealthSlot>& changed) const;
  bool evaluate(const Gate& gate) const noexcept;
  std::uint32_t cut_cycle(const Waiting& waiting);

  HealthTable table_;
  std::unordered_map<std::uint32_t, Gate> gates_;
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> feeds_;  // slot → gates
  std::unordered_set<std::uint32_t> cut_;                                // logged already
};

}  // namespace waymark::health
