// SPDX-License-Identifier: Apache-2.0
//
// IP-based routing: the numbered rules of the behaviour specification, §8.8.
#include <set>

#include <gtest/gtest.h>

#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

/// Locations 0 wide, 1 middle, 2 narrow.
struct BlockTree : TestTree {
  BlockTree(std::vector<std::uint32_t> of, const char* subnet)
      : TestTree({spec(std::move(of))}, 4) {
    collect(
        {{7, {{prefix("10.0.0.0/8"), 0}, {prefix("10.1.0.0/16"), 1}, {prefix("10.1.2.0/24"), 2}}}});
    client = {prefix(subnet)};
  }
  static IpBasedSpec spec(std::vector<std::uint32_t> of) {
    IpBasedSpec made{7, std::move(of), {}};
    for (std::uint16_t i = 0; i < made.locations.size(); ++i)
      made.branches.push_back(to_target(i, i + 1U));
    return made;
  }
};

TEST(Behaviour, Rule8_8_TheLongestBlockThatHoldsTheSubnetDecides) {
  EXPECT_EQ(BlockTree({0, 1, 2}, "10.1.2.3/32").select().targets[0], 2);
  EXPECT_EQ(BlockTree({0, 1, 2}, "10.1.0.0/16").select().targets[0], 1);
  EXPECT_EQ(BlockTree({0, 1, 2}, "10.0.0.0/15").select().targets[0], 0);
  EXPECT_EQ(BlockTree({0, 1, 2}, "10.1.2.0/24").select().scope_prefix, 24);
}

TEST(Behaviour, Rule8_8_OnlyLocationsWithARecordAreMatched) {
  EXPECT_EQ(BlockTree({0, default_cidr_location}, "10.1.2.3/32").select().targets[0], 0);
}

TEST(Behaviour, Rule8_8_ThenTheDefaultThenNothing) {
  EXPECT_EQ(BlockTree({0, default_cidr_location}, "192.0.2.1/32").select().targets[0], 1);
  EXPECT_EQ(BlockTree({0, 1}, "192.0.2.1/32").select().count, 0);
  EXPECT_EQ(BlockTree({2}, "10.1.0.0/16").select().count, 0);
}

TEST(Behaviour, Rule8_8_TheUnhealthyAreSkippedTowardsWiderBlocks) {
  BlockTree tree({0, 1, 2, default_cidr_location}, "10.1.2.3/32");
  tree.health.down({3});
  EXPECT_EQ(answers(tree), (std::set{1}));
  tree.health.down({3, 2, 1});
  EXPECT_EQ(answers(tree), (std::set{3}));
  tree.health.down({1, 2, 3, 4});
  EXPECT_EQ(answers(tree), (std::set{2}));
}

}  // namespace
}  // namespace waymark::policy
