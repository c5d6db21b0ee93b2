// SPDX-License-Identifier: Apache-2.0
#include "policy/regions.h"

#include <set>

#include <gtest/gtest.h>

namespace waymark::policy {
namespace {

TEST(RegionList, KnowsTheRegionsOfAwsOnceEach) {
  const auto names = built_in_regions();
  EXPECT_GE(names.size(), 30U);
  EXPECT_EQ(std::set(names.begin(), names.end()).size(), names.size());
  EXPECT_TRUE(RegionList().number("eu-central-1"));
  EXPECT_FALSE(RegionList().number("eu-middle-1"));
}

TEST(RegionList, NumbersTheOperatorsOwnBehindTheBuiltIn) {
  const RegionList regions({"cellar", "attic"});
  const auto built_in = static_cast<std::uint16_t>(built_in_regions().size());
  EXPECT_EQ(regions.number("cellar"), built_in);
  EXPECT_EQ(regions.name(static_cast<std::uint16_t>(built_in + 1)), "attic");
  EXPECT_EQ(regions.name(static_cast<std::uint16_t>(built_in + 2)), "");
  EXPECT_EQ(regions.count(), built_in + 2);
}

}  // namespace
}  // namespace waymark::policy
