// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <array>

#include <gtest/gtest.h>

namespace waymark {

TEST(Random, EqualSeedsGiveEqualDraws) {
  Random a(7), b(7), c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto draw = a.next();
    EXPECT_EQ(draw, b.next());
    differs = differs || draw != c.next();
  }
  EXPECT_TRUE(differs);
}

TEST(Random, DrawsBelowABoundAreEvenByChiSquare) {
  Random random(1);
  std::array<int, 10> seen{};
  for (int i = 0; i < 100'000; ++i)
    ++seen[random.below(10)];

  double chi_square = 0;
  for (const int count : seen)
    chi_square += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_square, 27.88);  // 9 degrees of freedom, p = 0.001
}

TEST(Random, SeedZeroIsAsGoodAsAnyOther) {
  Random random(0);
  EXPECT_NE(random.next(), random.next());
}

}  // namespace waymark
