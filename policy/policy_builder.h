// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "health/health_table.h"
#include "policy/geo_code.h"
#include "policy/policy_tree.h"

namespace waymark::policy {

/// Where a rule leads, and whether it may.
struct BranchSpec {
  enum class Kind : std::uint8_t { target, rule } kind = Kind::target;
  std::uint16_t index = 0;  // into the caller's answers, or into the list of rules
  health::HealthSlot health = health::HealthSlot::always_healthy;
  bool descends = false;  // its health depends on the client: select() looks at what it leads to
};

struct WeightedSpec {
  std::vector<std::uint32_t> weights;  // one for each branch; the sum fits 32 bits
  std::vector<BranchSpec> branches;
};
struct FailoverSpec {
  std::vector<BranchSpec> tiers;  // primary first; when nobody is healthy the first answers
};
struct LatencySpec {
  std::vector<std::uint16_t> regions;     // region number of each branch
  std::vector<std::string> region_names;  // ties are broken by name, ASCII order
  std::vector<BranchSpec> branches;
  std::vector<Site> sites{};  // of each branch, factor 0 where unknown; none: all unknown
};
struct MultivalueSpec {
  std::vector<BranchSpec> branches;  // targets only
};
struct GeolocationSpec {
  std::vector<GeoCode> areas;  // of each branch; all different; geo_everywhere is "*"
  std::vector<BranchSpec> branches;
};
struct GeoproximitySpec {
  std::vector<Site> sites;  // of each branch; ties go to the first
  std::vector<BranchSpec> branches;
};
struct IpBasedSpec {
  std::uint32_t collection = 0;
  std::vector<std::uint32_t> locations;  // number of each branch; default_cidr_location is "*"
  std::vector<BranchSpec> branches;
};
using RuleSpec = std::variant<WeightedSpec, FailoverSpec, LatencySpec, MultivalueSpec,
                              GeolocationSpec, GeoproximitySpec, IpBasedSpec>;

/// Rules → flat bytes (policy_tree.h). rules[0] is the root. Fails with `bad_value`: no branch, a
/// cycle, an index out of range, a rule that nothing leads to, more than 65,535 of anything.
Result<Bytes> build_policy(const std::vector<RuleSpec>& rules, std::uint16_t targets);

/// Says where the choices of a tree that was built are counted.
void set_counting(Bytes& tree, const Counting& counting);

}  // namespace waymark::policy
