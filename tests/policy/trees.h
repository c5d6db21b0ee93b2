// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "health/health_table.h"
#include "policy/client.h"
#include "policy/latency_writer.h"
#include "policy/policy_builder.h"
#include "policy/policy_tree.h"

namespace waymark::policy {

/// A health table of its own memory, everything healthy.
struct TestHealth {
  std::array<std::atomic<std::uint64_t>, 8> words{};
  health::HealthTable table{words};

  TestHealth() { table.set_all(); }
  void set(std::uint32_t slot, bool healthy) { table.set(health::HealthSlot{slot}, healthy); }
  void down(std::initializer_list<std::uint32_t> slots) {
    table.set_all();
    for (const auto slot : slots)
      set(slot, false);
  }
};

inline BranchSpec to_target(std::uint16_t index, std::uint32_t slot = 0) {
  return {BranchSpec::Kind::target, index, health::HealthSlot{slot}};
}
/// A rule whose health is looked at, not read from a bit.
inline BranchSpec into_rule(std::uint16_t index, std::uint32_t slot = 0) {
  return {BranchSpec::Kind::rule, index, health::HealthSlot{slot}, true};
}
inline BranchSpec to_rule(std::uint16_t index, std::uint32_t slot = 0) {
  return {BranchSpec::Kind::rule, index, health::HealthSlot{slot}};
}

/// Weights of targets 0, 1, …; target i hangs on slot i + 1.
inline WeightedSpec weighted(const std::vector<std::uint32_t>& weights) {
  WeightedSpec spec{weights, {}};
  for (std::uint16_t i = 0; i < weights.size(); ++i)
    spec.branches.push_back(to_target(i, i + 1U));
  return spec;
}

inline IpPrefix prefix(const char* text) {
  return *IpPrefix::parse(text);
}

/// A tree, what it reads, and a generator with a fixed seed.
struct TestTree {
  Bytes bytes;
  TestHealth health;
  Bytes latency_bytes, location_bytes, cidr_bytes;
  Tables tables;
  Client client{prefix("192.0.2.1")};
  Random random{20240607};

  TestTree(const std::vector<RuleSpec>& rules, std::uint16_t targets)
      : bytes(*build_policy(rules, targets)) {
    PolicyTree::check(bytes, targets).value();
  }
  void measure(const std::vector<LatencyRow>& rows, std::uint32_t regions) {
    latency_bytes = write_latency_table(rows, regions);
    tables.latency = *LatencyTable::open(latency_bytes);
  }
  void locate(const std::vector<LocationRow>& rows) {
    location_bytes = write_location_table(rows, {});
    tables.locations = *LocationTable::open(location_bytes);
  }
  void collect(const std::vector<CidrCollection>& collections) {
    cidr_bytes = write_cidr_tables(collections);
    tables.cidrs = *CidrTables::open(cidr_bytes);
  }
  Selection select() { return PolicyTree(bytes).select({client, tables, health.table}, random); }
  /// How often each target came out.
  std::map<std::uint16_t, int> draw(int times) {
    std::map<std::uint16_t, int> counts;
    for (int i = 0; i < times; ++i)
      ++counts[select().targets[0]];
    return counts;
  }
};

/// Every target that comes out of so many draws.
inline std::set<int> answers(TestTree& tree, int times = 300) {
  std::set<int> seen;
  for (int i = 0; i < times; ++i) {
    const Selection selection = tree.select();
    for (std::size_t at = 0; at < selection.count; ++at)
      seen.insert(selection.targets[at]);
  }
  return seen;
}

}  // namespace waymark::policy
