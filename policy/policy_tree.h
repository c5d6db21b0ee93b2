// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "health/health_table.h"
#include "policy/client.h"
#include "policy/latency_table.h"

namespace waymark::policy {

// As it stands in the image; 4-aligned; offsets from the TreeHeader. Rule 0 is the root.
//
//   ┌────────────┬──────────────────┬─────────────────────────────┐
//   │ TreeHeader │ RuleHeader × n   │ Branch × m, rule by rule    │
//   └────────────┴──────────────────┴─────────────────────────────┘
struct TreeHeader {
  std::uint16_t rules;
  std::uint16_t targets;  // every target index is below
};
enum class RuleKind : std::uint16_t { weighted = 1, failover = 2, latency = 3 };
struct RuleHeader {
  RuleKind kind;
  std::uint16_t branches;  // at least 1
  std::uint32_t offset;    // of the first Branch
  std::uint32_t total;     // weighted: sum of the weights
};
enum class BranchKind : std::uint8_t { target = 0, rule = 1 };
struct Branch {
  BranchKind kind;
  std::uint8_t reserved;
  std::uint16_t index;   // of the target, or of a rule with a higher number than this one
  std::uint32_t health;  // HealthSlot
  // weighted: cumulative weight, this branch included (weight 0: equal to the one before);
  // latency: region number, branches sorted by region name; failover: 0, branches in order of tier
  std::uint32_t value;
};
static_assert(sizeof(TreeHeader) == 4 && sizeof(RuleHeader) == 12 && sizeof(Branch) == 12);

struct Selection {
  std::array<std::uint16_t, 8> targets{};
  std::uint8_t count = 0;
  std::uint8_t scope_prefix = 0;  // bits of the client subnet that decided, RFC 7871 §7.2.1
  bool used_client = false;       // the client's place was looked at
  bool failed_open = false;       // nobody was healthy: answered as if all were
};

/// All that select() reads besides the tree.
struct Facts {
  const Client& client;
  const LatencyTable& latency;
  health::HealthTable health;
};

/// Hears what select() does, for explain. select() itself uses Silent, which compiles to nothing.
struct Silent {
  void rule(RuleKind, std::uint16_t /*rule*/) noexcept {}
  /// Every branch of the rule, with its weight, tier or milliseconds (0xFFFF: unknown).
  void candidate(const Branch&, std::uint32_t /*value*/, bool /*healthy*/) noexcept {}
  void draw(std::uint32_t /*drawn*/, std::uint32_t /*of*/) noexcept {}
  void fail_open() noexcept {}
  void chosen(const Branch&) noexcept {}
};

/// Which target should this client get? A view over flat bytes in the image; never owns.
class PolicyTree {
 public:
  static constexpr int max_rules_followed = 64;

  explicit PolicyTree(ByteView tree) noexcept : tree_(tree) {}
  /// Checks all offsets, kinds, orders and indices. Fails with `bad_image`.
  static Result<void> check(ByteView tree, std::uint16_t targets);

  /// No allocation, no lock; one relaxed load a branch considered.
  Selection select(const Facts& facts, Random& random) const noexcept;
  /// The same walk, told. `Told` has Silent's functions. Instantiated in policy_tree.inc.h users
  /// only.
  template <class Told>
  Selection select_telling(const Facts& facts, Random& random, Told& told) const noexcept;

 private:
  ByteView tree_;
};

}  // namespace waymark::policy
