// SPDX-License-Identifier: Apache-2.0
#include "api/rest/simulated_health.h"

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

using health::Gate;
using health::HealthCheck;
using health::HealthSlot;

HealthCheck probing(const char* id, const char* address) {
  HealthCheck check;
  check.id = id;
  check.address = IpAddress::parse(address).value();
  return check;
}

/// Checks a and b, "both" that needs the two, and a group that hangs on "both".
struct World {
  std::vector<std::atomic<std::uint64_t>> words = std::vector<std::atomic<std::uint64_t>>(2);
  health::HealthTable board{words};
  std::vector<HealthCheck> checks{probing("a", "192.0.2.1"), probing("b", "192.0.2.2")};
  zones::Trial trial;

  World() {
    board.set_all();
    HealthCheck both;
    both.id = "both";
    both.type = HealthCheck::Type::calculated;
    both.children = {"a", "b"};
    both.needed = 2;
    checks.push_back(both);
    trial.checks = {{"a", HealthSlot{1}}, {"b", HealthSlot{2}}, {"both", HealthSlot{3}}};
    trial.gates = {Gate{HealthSlot{4}, 1, {HealthSlot{3}}}};
  }
  bool healthy(std::uint32_t slot, const SimulatedHealth::Forced& forced) {
    return SimulatedHealth(board, trial, checks, forced, {}).table().healthy(HealthSlot{slot});
  }
};

TEST(SimulatedHealth, FollowsAForcedCheckThroughEveryGate) {
  World world;
  EXPECT_TRUE(world.healthy(4, {}));
  EXPECT_FALSE(world.healthy(4, {{"a", false}}));
  EXPECT_TRUE(world.healthy(4, {{"a", false}, {"both", true}}));
  EXPECT_FALSE(world.healthy(4, {{"both", false}}));
  EXPECT_TRUE(world.healthy(1, {{"both", false}}));
  EXPECT_TRUE(world.board.healthy(HealthSlot{1}));  // the board stays as it is
}

TEST(SimulatedHealth, BeginsWithTheBoardAsItIs) {
  World world;
  world.board.set(HealthSlot{2}, false);
  EXPECT_FALSE(world.healthy(4, {}));
  EXPECT_TRUE(world.healthy(4, {{"b", true}}));
  EXPECT_FALSE(SimulatedHealth(world.board).table().healthy(HealthSlot{2}));
}

TEST(SimulatedHealth, ADeadAddressIsNoticedByTheChecksThatProbeIt) {
  World world;
  world.checks.push_back(probing("inverted", "192.0.2.1"));
  world.checks.back().inverted = true;
  world.checks.push_back(probing("forced", "192.0.2.1"));
  world.checks.back().forced = HealthCheck::Forced::up;
  world.checks.push_back(probing("disabled", "192.0.2.1"));
  world.checks.back().disabled = true;

  const auto noticed = noticed_by(IpAddress::parse("192.0.2.1").value(), world.checks, {});

  EXPECT_EQ(noticed, (SimulatedHealth::Forced{{"a", false}, {"inverted", true}}));
}

}  // namespace
}  // namespace waymark::api
