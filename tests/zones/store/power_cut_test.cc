// SPDX-License-Identifier: Apache-2.0
#include "tests/zones/store/disk_world.h"

namespace waymark::zones {
namespace {

/// One life of a store, as `LocalStore` builds it, with more pragmas.
void change_with(const std::string& directory, TestDisk& disk, const char* pragmas,
                 std::uint64_t from, std::uint64_t until) {
  auto opened = open_store(directory, true, 0);
  ASSERT_TRUE(opened) << opened.error().detail();
  ASSERT_TRUE(opened->database->execute(pragmas));
  const auto stands = *read_revision(*opened->database);
  SqliteWriter writer(std::move(opened->database), stands);
  for (std::uint64_t n = from; n < until; ++n) {
    std::promise<bool> written;
    writer.commit(deciding(n),
                  [&](const Result<Committed>& answer) { written.set_value(answer.has_value()); });
    ASSERT_TRUE(written.get_future().get());
    disk.mark(static_cast<std::int64_t>(n));
  }
}

struct Cuts {
  std::size_t made = 0, lost = 0, damaged = 0, half = 0;
};

/// Records two lives of a store and cuts the power after each thing that the disk was told.
Cuts cut_everywhere(const char* pragmas, std::uint64_t seed) {
  const TemporaryFolder folder(fast_folder());
  std::vector<DiskEvent> events;
  {
    TestDisk disk;
    change_with(folder.path(), disk, pragmas, 0, 8);
    change_with(folder.path(), disk, pragmas, 8, 16);
    events = disk.events();
  }
  Random random(seed);
  Cuts cuts;
  for (std::size_t until = 0; until <= events.size(); ++until) {
    const TemporaryFolder left(fast_folder());
    lay_out(after_power_cut(events, until, random), left.path());
    const Held held = held_by(left.path());
    ++cuts.made;
    cuts.damaged += held.sound ? 0U : 1U;
    cuts.half += held.in_part ? 1U : 0U;
    cuts.lost += holds_all(held, told_before(events, until)) ? 0U : 1U;
    if (!held.sound) ADD_FAILURE() << "cut " << until << ", seed " << seed << ": " << held.why;
  }
  return cuts;
}

TEST(PowerCut, Dur3AfterWhateverTheDiskWasToldNothingAcknowledgedIsLost) {
  std::size_t made = 0;
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    const Cuts cuts = cut_everywhere("", seed);
    EXPECT_EQ(cuts.lost, 0U);
    EXPECT_EQ(cuts.half, 0U);
    made += cuts.made;
  }
  RecordProperty("cuts", static_cast<int>(made));
  EXPECT_GE(made, 200U);
}

/// The same with one setting less must lose something, or the test above shows nothing.
TEST(PowerCut, Dur3WithoutAFlushAtEachCommitAcknowledgedChangesAreLost) {
  const Cuts cuts = cut_everywhere("PRAGMA synchronous = NORMAL", 1);
  EXPECT_GT(cuts.lost, 0U);
  EXPECT_EQ(cuts.half, 0U);
}

}  // namespace
}  // namespace waymark::zones
