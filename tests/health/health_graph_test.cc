// SPDX-License-Identifier: Apache-2.0
#include "health/health_graph.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <map>

#include <gtest/gtest.h>

#include "base/random.h"

namespace waymark::health {
namespace {

constexpr HealthSlot slot(std::uint32_t number) {
  return HealthSlot{number};
}

class HealthGraphTest : public testing::Test {
 protected:
  HealthGraphTest() { table.set_all(); }

  std::array<std::atomic<std::uint64_t>, 4> words{};
  HealthTable table{words};
  HealthGraph graph{table};
};

TEST_F(HealthGraphTest, AGateIsHealthyWhileEnoughInputsAre) {
  graph.define({{slot(10), 2, {slot(1), slot(2), slot(3)}}});
  EXPECT_TRUE(graph.healthy(slot(10)));
  graph.set(slot(1), false);
  EXPECT_TRUE(graph.healthy(slot(10)));
  graph.set(slot(2), false);
  EXPECT_FALSE(graph.healthy(slot(10)));
  graph.set(slot(1), true);
  EXPECT_TRUE(graph.healthy(slot(10)));
}

TEST_F(HealthGraphTest, AChangeReachesGatesOfGates) {
  graph.define({{slot(12), 1, {slot(11)}}, {slot(11), 1, {slot(10)}}, {slot(10), 1, {slot(1)}}});
  graph.set(slot(1), false);
  EXPECT_FALSE(graph.healthy(slot(12)));
  graph.set(slot(1), true);
  EXPECT_TRUE(graph.healthy(slot(12)));
}

TEST_F(HealthGraphTest, EvaluatesFromTheTableWhenDefined) {
  table.set(slot(1), false);
  graph.define({{slot(10), 1, {slot(1)}}});
  EXPECT_FALSE(graph.healthy(slot(10)));
}

TEST_F(HealthGraphTest, ThresholdsAtTheEdges) {
  graph.define({{slot(10), 0, {}}, {slot(11), 1, {}}, {slot(12), 3, {slot(1), slot(2)}}});
  EXPECT_TRUE(graph.healthy(slot(10)));
  EXPECT_FALSE(graph.healthy(slot(11)));
  EXPECT_FALSE(graph.healthy(slot(12)));
}

TEST_F(HealthGraphTest, ARemovedGateIsHealthyAndWhatItFedIsToldSo) {
  graph.define({{slot(10), 1, {slot(1)}}, {slot(11), 1, {slot(10)}}});
  graph.set(slot(1), false);
  graph.define({}, {slot(10)});

  EXPECT_TRUE(graph.healthy(slot(10)));
  EXPECT_TRUE(graph.healthy(slot(11)));
  EXPECT_EQ(graph.gates(), 1U);
  graph.set(slot(1), true);
  graph.set(slot(1), false);
  EXPECT_TRUE(graph.healthy(slot(11)));
}

TEST_F(HealthGraphTest, AReplacedGateForgetsItsFormerInputs) {
  graph.define({{slot(10), 1, {slot(1)}}});
  graph.define({{slot(10), 1, {slot(2)}}});
  graph.set(slot(1), false);
  EXPECT_TRUE(graph.healthy(slot(10)));
  graph.set(slot(2), false);
  EXPECT_FALSE(graph.healthy(slot(10)));
}

TEST_F(HealthGraphTest, TheSlotOfAGateCanNotBeSet) {
  graph.define({{slot(10), 1, {slot(1)}}});
  graph.set(slot(10), false);
  EXPECT_TRUE(graph.healthy(slot(10)));
}

TEST_F(HealthGraphTest, AnInvertedGateIsHealthyWhileTooFewInputsAre) {
  graph.define({{slot(10), 2, {slot(1), slot(2)}, Gate::Kind::fewer_than}});
  EXPECT_FALSE(graph.healthy(slot(10)));
  graph.set(slot(1), false);
  EXPECT_TRUE(graph.healthy(slot(10)));
}

TEST_F(HealthGraphTest, Prb7BelowThePanicThresholdAMemberCountsAsHealthy) {
  const Gate::Kind panic = Gate::Kind::unless_panic;
  graph.define({{slot(10), 2, {slot(1), slot(2), slot(3), slot(4)}},  // 50 % of four
                {slot(11), 1, {slot(1), slot(10)}, panic},
                {slot(12), 1, {slot(2), slot(10)}, panic}});
  graph.set(slot(1), false);
  EXPECT_FALSE(graph.healthy(slot(11)));
  graph.set(slot(3), false);
  EXPECT_FALSE(graph.healthy(slot(11)));
  graph.set(slot(4), false);  // one of four is left
  EXPECT_TRUE(graph.healthy(slot(11)));
  EXPECT_TRUE(graph.healthy(slot(12)));
  graph.set(slot(4), true);
  EXPECT_FALSE(graph.healthy(slot(11)));
}

TEST_F(HealthGraphTest, TellsOfWatchedGatesOnceAllBitsAreSet) {
  std::vector<std::pair<HealthSlot, bool>> told;
  graph.on_change([&](HealthSlot changed, bool healthy) {
    told.emplace_back(changed, healthy);
    EXPECT_FALSE(graph.healthy(slot(12)));
  });
  graph.watch(slot(11));
  graph.define({{slot(10), 1, {slot(1)}}, {slot(11), 1, {slot(10)}}, {slot(12), 1, {slot(11)}}});
  graph.set(slot(1), false);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], std::pair(slot(11), false));
}

TEST_F(HealthGraphTest, ACycleIsCutAtItsLastGate) {
  graph.define({{slot(10), 2, {slot(11), slot(1)}},
                {slot(11), 1, {slot(10)}},
                {slot(12), 1, {slot(10)}},
                {slot(13), 1, {slot(13)}}});
  graph.set(slot(1), false);

  EXPECT_TRUE(graph.healthy(slot(11)));
  EXPECT_FALSE(graph.healthy(slot(10)));
  EXPECT_FALSE(graph.healthy(slot(12)));  // above the cycle, not of it
  EXPECT_TRUE(graph.healthy(slot(13)));
}

/// Says the same, from nothing, the slow way.
bool evaluate(const std::map<std::uint32_t, Gate>& gates, const std::array<bool, 256>& endpoints,
              std::uint32_t at) {
  const auto gate = gates.find(at);
  if (gate == gates.end()) return endpoints[at];
  const auto up =
      std::count_if(gate->second.of.begin(), gate->second.of.end(), [&](HealthSlot input) {
        return evaluate(gates, endpoints, static_cast<std::uint32_t>(input));
      });
  return up >= static_cast<std::ptrdiff_t>(gate->second.needed);
}

TEST_F(HealthGraphTest, AgreesWithAFullEvaluationOnRandomGraphs) {
  Random random(20260101);
  constexpr std::uint32_t first_gate = 100, last_gate = 140;
  std::array<bool, 256> endpoints{};
  endpoints.fill(true);
  std::map<std::uint32_t, Gate> gates;
  for (int step = 0; step < 5'000; ++step) {
    const std::uint32_t draw = random.below(10);
    const std::uint32_t at = first_gate + random.below(last_gate - first_gate);
    if (draw == 0 && gates.contains(at)) {
      gates.erase(at);
      endpoints[at] = true;
      graph.define({}, {slot(at)});
    } else if (draw <= 2) {
      Gate gate{slot(at), random.below(4), {}};
      for (std::uint32_t i = random.below(5); i > 0; --i)  // inputs below itself: no cycle
        gate.of.push_back(slot(random.below(2) == 0
                                   ? 1 + random.below(30)
                                   : first_gate - 1 + random.below(at - first_gate + 1)));
      gates[at] = gate;
      graph.define({gate});
    } else {
      const std::uint32_t endpoint = 1 + random.below(30);
      endpoints[endpoint] = random.below(2) == 0;
      graph.set(slot(endpoint), endpoints[endpoint]);
    }
    for (std::uint32_t i = 1; i < last_gate; ++i)
      ASSERT_EQ(graph.healthy(slot(i)), evaluate(gates, endpoints, i))
          << "slot " << i << ", step " << step;
  }
}

}  // namespace
}  // namespace waymark::health
