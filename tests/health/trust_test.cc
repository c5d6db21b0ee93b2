// SPDX-License-Identifier: Apache-2.0
#include "health/trust.h"

#include <gtest/gtest.h>

namespace waymark::health {
namespace {

using namespace std::chrono_literals;

class TrustTest : public testing::Test {
 protected:
  static std::string id(int number) { return "check-" + std::to_string(number); }
  void use(Trust& trust, int from, int to, Way way = Way::v4) {
    for (int i = from; i < to; ++i)
      trust.use(id(i), way, 10s, false);
  }
  void note(Trust& trust, int from, int to, bool passed) {
    for (int i = from; i < to; ++i)
      trust.note(id(i), passed);
  }
  static TrustSettings with_references(const std::vector<const char*>& texts) {
    TrustSettings settings;
    for (const char* text : texts)
      settings.references.push_back(*Endpoint::parse(text));
    return settings;
  }

  ManualClock clock;
};

TEST_F(TrustTest, Prb5MoreThanThirtyPercentWithinAnIntervalFreezesAll) {
  Trust trust({}, clock);
  use(trust, 0, 100);
  note(trust, 0, 30, false);
  EXPECT_EQ(trust.frozen(id(0)), "");
  note(trust, 30, 31, false);

  EXPECT_EQ(trust.frozen(id(99)),
            "frozen, checks over IPv4: more than 30 % turned to failing within one interval");
  ASSERT_EQ(trust.status().frozen.size(), 2U);  // IPv4, and all
  EXPECT_EQ(trust.status().frozen[1].what, "all checks");
}

TEST_F(TrustTest, Prb5FailuresSpreadOverTimeFreezeNothing) {
  Trust trust({}, clock);
  use(trust, 0, 100);
  for (int i = 0; i < 100; ++i) {
    note(trust, i, i + 1, false);
    clock.advance(1s);  // ten in an interval
  }
  EXPECT_TRUE(trust.status().frozen.empty());
}

TEST_F(TrustTest, Prb5BelowTwentyChecksOnlyReferencesFreeze) {
  Trust trust({}, clock);
  use(trust, 0, 19);
  note(trust, 0, 19, false);
  EXPECT_EQ(trust.frozen(id(0)), "");

  Trust watched(with_references({"192.0.2.1:443", "192.0.2.2:443"}), clock);
  use(watched, 0, 3);
  watched.note_references({false, true});
  EXPECT_EQ(watched.frozen(id(0)), "");
  watched.note_references({false, false});
  EXPECT_EQ(watched.frozen(id(0)), "frozen, checks over IPv4: no reference target answers");
  watched.note_references({true, false});
  EXPECT_EQ(watched.frozen(id(0)), "");
}

TEST_F(TrustTest, Prb5ThawsWhenWhatFailedPassesAgain) {
  Trust trust({}, clock);
  use(trust, 0, 100);
  note(trust, 0, 100, false);
  clock.advance(10min);
  note(trust, 0, 69, true);
  EXPECT_NE(trust.frozen(id(99)), "");
  note(trust, 69, 70, true);
  EXPECT_EQ(trust.frozen(id(99)), "");
  EXPECT_TRUE(trust.status().frozen.empty());
}

TEST_F(TrustTest, Prb5ThoseThatWereDownBeforeDoNotKeepItFrozen) {
  Trust trust({}, clock);
  for (int i = 0; i < 100; ++i)
    trust.use(id(i), Way::v4, 10s, i < 50);  // half of them: since yesterday
  note(trust, 0, 50, false);
  EXPECT_EQ(trust.frozen(id(60)), "");
  note(trust, 50, 100, false);
  ASSERT_NE(trust.frozen(id(60)), "");
  clock.advance(1min);
  note(trust, 50, 90, true);
  EXPECT_EQ(trust.frozen(id(60)), "");
}

TEST_F(TrustTest, Prb5IPv6AloneCanBeBlind) {
  Trust trust({}, clock);
  use(trust, 0, 100);
  use(trust, 100, 120, Way::v6);
  note(trust, 100, 120, false);
  EXPECT_NE(trust.frozen(id(100)), "");
  EXPECT_EQ(trust.frozen(id(0)), "");
}

TEST_F(TrustTest, Prb5TheRuleCanBeTurnedOff) {
  TrustSettings settings;
  settings.freeze_percent = 0;
  Trust trust(settings, clock);
  use(trust, 0, 100);
  note(trust, 0, 100, false);
  EXPECT_EQ(trust.frozen(id(0)), "");
}

TEST_F(TrustTest, Prb5ARemovalWaitsForAReferenceThatHasAnsweredSince) {
  Trust trust(with_references({"192.0.2.1:443"}), clock);
  use(trust, 0, 1);
  trust.note_references({true});
  clock.advance(1s);
  note(trust, 0, 1, false);
  EXPECT_EQ(trust.against_removal(id(0)),
            "no reference target has answered since it began to fail");
  clock.advance(1s);
  trust.note_references({true});
  EXPECT_EQ(trust.against_removal(id(0)), "");
}

TEST_F(TrustTest, Prb7TenPercentAMinuteMayGo) {
  Trust trust({}, clock);
  use(trust, 0, 50);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(trust.against_removal(id(i)), "");
    trust.removed();
  }
  EXPECT_EQ(trust.against_removal(id(5)), "removal budget: 5 checks a minute");
  EXPECT_EQ(trust.status().removals, 5U);
  EXPECT_EQ(trust.status().budget, 5U);
  clock.advance(60s);
  EXPECT_EQ(trust.against_removal(id(5)), "");
}

TEST_F(TrustTest, Prb7AtLeastTwoMayGoAndBelowTwentyChecksAll) {
  Trust twenty({}, clock);
  use(twenty, 0, 20 - 1);
  for (int i = 0; i < 19; ++i) {
    EXPECT_EQ(twenty.against_removal(id(i)), "");
    twenty.removed();
  }
  clock.advance(60s);
  use(twenty, 19, 20);
  twenty.removed();
  EXPECT_EQ(twenty.against_removal(id(1)), "");
  twenty.removed();
  EXPECT_NE(twenty.against_removal(id(2)), "");
}

TEST_F(TrustTest, Prb7TheBudgetCanBeTurnedOff) {
  TrustSettings settings;
  settings.budget_percent = 0;
  Trust trust(settings, clock);
  use(trust, 0, 1'000);
  for (int i = 0; i < 500; ++i)
    trust.removed();
  EXPECT_EQ(trust.against_removal(id(0)), "");
  EXPECT_FALSE(trust.status().budget);
}

TEST_F(TrustTest, Prb8SixChangesInTenMinutesAndNoMore) {
  const Trust trust({}, clock);
  SlidingWindow changes(trust.settings().flap_window);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(trust.against_change(changes), "");
    changes.add(clock.monotonic());
    clock.advance(10s);
  }
  EXPECT_EQ(trust.against_change(changes), "unstable: 6 changes within 600 s");
  clock.advance(600s - 60s);
  EXPECT_EQ(trust.against_change(changes), "");
}

TEST_F(TrustTest, ARemovedCheckIsCountedNoMore) {
  Trust trust({}, clock);
  use(trust, 0, 30);
  note(trust, 0, 9, false);
  for (int i = 0; i < 9; ++i)
    trust.remove(id(i));
  EXPECT_EQ(trust.status().enabled, 21U);
  note(trust, 9, 15, false);  // 6 of 21: 28 %
  EXPECT_EQ(trust.frozen(id(20)), "");
  EXPECT_EQ(trust.frozen("unknown"), "");
}

}  // namespace
}  // namespace waymark::health
