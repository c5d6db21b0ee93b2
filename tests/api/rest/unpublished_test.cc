// SPDX-License-Identifier: Apache-2.0
#include "api/rest/unpublished.h"

#include <gtest/gtest.h>

#include "tests/zones/compile/world.h"

namespace waymark::api {
namespace {

using zones::Compiling;
using zones::World;

class UnpublishedTest : public testing::Test {
 protected:
  void SetUp() override {
    zone = world.create("example.com.");
    ASSERT_TRUE(world.put(zone, {zones::a("www.example.com."), zones::a("mail.example.com.")}));
    number = world.store().snapshot().value()->zone(zone).value()->number;
  }
  bool touches(const dns::Image& image, std::string_view name) const {
    return Unpublished::of(*world.store().snapshot().value(), image)
        .value()
        .touches(number, zones::name(name));
  }

  World world;
  zones::ZoneId zone;
  dns::ZoneNumber number{};
};

TEST_F(UnpublishedTest, IsWhatCommitsSinceTheImageTouch) {
  Compiling compiling(world.store());
  compiling.step();
  EXPECT_FALSE(touches(compiling.image, "www.example.com."));

  ASSERT_TRUE(world.put(zone, {zones::a("www.example.com.", "192.0.2.77")}));
  EXPECT_TRUE(touches(compiling.image, "www.example.com."));
  EXPECT_FALSE(touches(compiling.image, "mail.example.com."));
  compiling.step();
  EXPECT_FALSE(touches(compiling.image, "www.example.com."));
}

TEST_F(UnpublishedTest, IsEverythingAfterAReplacementOrTooMuchToList) {
  Compiling compiling(world.store());
  compiling.step();
  ASSERT_TRUE(world.replace(zone, world.sets_of(zone)));
  EXPECT_TRUE(touches(compiling.image, "mail.example.com."));
  compiling.step();
  EXPECT_FALSE(touches(compiling.image, "mail.example.com."));

  for (int i = 0; i < 101; ++i)
    ASSERT_TRUE(world.put(zone, {zones::a("www.example.com.", "192.0.2." + std::to_string(i))}));
  EXPECT_TRUE(touches(compiling.image, "mail.example.com."));
}

}  // namespace
}  // namespace waymark::api
