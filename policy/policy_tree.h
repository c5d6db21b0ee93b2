// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "health/health_table.h"
#include "policy/client.h"
#include "policy/tables.h"

namespace waymark::policy {

// As it stands in the image; 4-aligned; offsets from the TreeHeader. Rule 0 is the root.
//
//   ┌────────────┬──────────────────┬──────────────────────────────────────────────────────────┐
//   │ TreeHeader │ RuleHeader × n   │ rule by rule: Branch × m, then Site × m where the rule   │
//   │            │                  │ measures distance (latency, geoproximity)                │
//   └────────────┴──────────────────┴──────────────────────────────────────────────────────────┘
struct TreeHeader {
  std::uint16_t rules;
  std::uint16_t targets;  // every target index is below
  // Target i is counted with number counter + i, below 65,536, under the tag; 0: not counted.
  std::uint16_t counter;
  std::uint16_t tag;
  std::uint32_t signature;  // of what is counted: another one begins anew
};
/// Where the choices of a policy are counted; see TreeHeader.
struct Counting {
  std::uint16_t counter = 0, tag = 0;
  std::uint32_t signature = 0;

  friend bool operator==(const Counting&, const Counting&) = default;
};
constexpr std::size_t counter_numbers = 65'536;
enum class RuleKind : std::uint16_t {
  weighted = 1,
  failover = 2,
  latency = 3,
  multivalue = 4,
  geolocation = 5,
  geoproximity = 6,
  ip_based = 7,
};
constexpr RuleKind last_rule_kind = RuleKind::ip_based;
struct RuleHeader {
  RuleKind kind;
  std::uint16_t branches;  // at least 1
  std::uint32_t offset;    // of the first Branch
  std::uint32_t total;     // weighted: sum of the weights; ip_based: number of the collection
};
enum class BranchKind : std::uint8_t { target = 0, rule = 1 };
enum BranchFlags : std::uint8_t {
  // What it leads to depends on the client, so no bit can say whether it is healthy: select()
  // looks.
  branch_descends = 1,
};
struct Branch {
  BranchKind kind;
  std::uint8_t flags;    // BranchFlags
  std::uint16_t index;   // of the target, or of a rule with a higher number than this one
  std::uint32_t health;  // HealthSlot
  // weighted: cumulative weight, this branch included (weight 0: equal to the one before);
  // latency: region number, branches sorted by region name; geolocation: GeoCode, rising;
  // ip_based: location number, rising; others: 0 (failover: branches in order of tier)
  std::uint32_t value;
};
/// Where a branch stands. Read by copy: branches leave it 4-aligned.
struct Site {
  Point point;
  double factor;  // geoproximity: what the distance is multiplied by; latency: 1, or 0 for no place
};
static_assert(sizeof(TreeHeader) == 12 && sizeof(RuleHeader) == 12 && sizeof(Branch) == 12);
static_assert(sizeof(Site) == 32);

/// What a bias of -99 to 99 multiplies a distance by.
constexpr double bias_factor(int bias) noexcept {
  return bias >= 0 ? 1 - bias / 100.0 : 1 / (1 + bias / 100.0);
}

struct Selection {
  std::array<std::uint16_t, 8> targets{};
  std::uint8_t count = 0;         // 0: no branch is for this client
  std::uint8_t scope_prefix = 0;  // bits of the client subnet that decided, RFC 7871 §7.2.1
  bool used_client = false;       // the client's place was looked at
  bool failed_open = false;       // nobody was healthy: answered as if all were
};

/// All that select() reads besides the tree.
struct Facts {
  const Client& client;
  const Tables& tables;
  health::HealthTable health;
};

/// Says whether what a target leads to is healthy for this client; asked only for branches that
/// descend. `left` is how many more groups may be looked into: at 0 the answer is yes.
/// This one is for trees whose targets are all records.
struct NothingBeyond {
  bool operator()(std::uint16_t /*target*/, unsigned& /*left*/) const noexcept { return true; }
};

/// Hears what select() does, for explain. select() itself uses Silent, which compiles to nothing.
struct Silent {
  void rule(RuleKind, std::uint16_t /*rule*/) noexcept {}
  /// Every branch of the rule, with its weight, tier, milliseconds (0xFFFF: unknown), kilometres as
  /// biased, GeoCode or location number; whether it is healthy, and whether it is for this client.
  void candidate(const Branch&, std::uint32_t /*value*/, bool /*healthy*/,
                 bool /*selectable*/) noexcept {}
  void draw(std::uint32_t /*drawn*/, std::uint32_t /*of*/) noexcept {}
  void fail_open() noexcept {}
  void chosen(const Branch&) noexcept {}
  void nobody() noexcept {}
};

/// Which target should this client get? A view over flat bytes in the image; never owns.
class PolicyTree {
 public:
  static constexpr int max_rules_followed = 64;

  explicit PolicyTree(ByteView tree) noexcept : tree_(tree) {}
  /// Checks all offsets, kinds, orders and indices. Fails with `bad_image`.
  static Result<void> check(ByteView tree, std::uint16_t targets);
  ByteView bytes() const noexcept { return tree_; }
  const TreeHeader& header() const noexcept {
    return *reinterpret_cast<const TreeHeader*>(tree_.data());
  }

  /// No allocation, no lock; one relaxed load a branch considered.
  Selection select(const Facts& facts, Random& random) const noexcept;
  /// What select() would choose, where the first draw decides: a tree that is one weighted rule,
  /// and the drawn branch is up and a target. Else null, and nothing was drawn; policy_walk.h.
  const Branch* draw_at_once(const health::HealthTable& health, Random& random) const noexcept;
  /// The same walk, told. `Told` has Silent's functions, `Beyond` NothingBeyond's; policy_walk.h.
  template <class Told, class Beyond>
  Selection select_telling(const Facts& facts, Random& random, Told& told,
                           const Beyond& beyond) const noexcept;
  /// Whether a branch that may answer this client is healthy; policy_walk.h.
  template <class Beyond>
  bool healthy(const Facts& facts, const Beyond& beyond, unsigned& left) const noexcept;

 private:
  ByteView tree_;
};

}  // namespace waymark::policy
