// SPDX-License-Identifier: Apache-2.0
#include "zones/zone_history.h"

#include "tests/zones/store/world.h"
#include "zones/author.h"

namespace waymark::zones {

namespace {

/// A zone in a store of its own.
class ZoneHistory : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = SqliteStore::open(folder_.path(), true);
    ASSERT_TRUE(opened) << opened.error().detail();
    store_ = *std::move(opened);
  }
  void commit(Commit commit) {
    const auto done = run(store_->commit(always(std::move(commit))));
    ASSERT_TRUE(done) << done.error().detail();
  }
  void replace(std::uint64_t base, std::vector<RecordSet> sets) {
    const auto done =
        run(store_->replace(example, source_of(sets), always(replacement(base, sets.size()))));
    ASSERT_TRUE(done) << done.error().detail();
  }
  Result<std::vector<RecordSet>> after(std::uint64_t version) const {
    const auto state = store_->snapshot();
    const auto one = (*state)->history(example, version + 1, 1);
    return records_after(**state, one->front().commit);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

const auto a = a_record("a.example.com.");
const auto b = a_record("b.example.com.");
const auto c = a_record("c.example.com.");

}  // namespace

TEST_F(ZoneHistory, TellsWhatStoodAfterEachChange) {
  commit(creation({a}));
  commit(addition(1, b));
  auto change = change_of(example, 2, "C-3");
  change.effects.removed = {a};
  change.effects.added = {a_record("a.example.com.", 7)};
  commit(change);

  EXPECT_EQ(*after(1), std::vector({a}));
  EXPECT_EQ(*after(2), std::vector({a, b}));
  EXPECT_EQ(*after(3), content(*store_));
}

TEST_F(ZoneHistory, GoesRoundAnImportWhoseRecordsAreNotInTheLog) {
  commit(creation({a}));
  commit(addition(1, b));
  replace(2, {c});
  commit(addition(3, a));

  EXPECT_EQ(*after(2), std::vector({a, b}));  // from the beginning
  EXPECT_EQ(*after(3), std::vector({c}));     // from the end
}

TEST_F(ZoneHistory, SaysSoWhenBothWaysLeadOverOne) {
  commit(creation({a}));
  replace(1, {b});
  commit(addition(2, c));
  replace(3, {c});

  EXPECT_EQ(after(2).error().code(), ErrorCode::unsupported);
  EXPECT_EQ(after(3).error().code(), ErrorCode::unsupported);
  EXPECT_EQ(*after(4), std::vector({c}));
}

TEST(Author, IsTheSameAfterItWasWrittenAndRead) {
  for (const Author& author :
       {Author{"T1", "rest", "2001:db8::1", "key", "content"}, Author{"T1", "cli", "192.0.2.1"},
        Author{"waymark", "start"}, Author{"T1", "rest", "", "key", "content"}})
    EXPECT_EQ(parse_author(to_text(author)), author) << to_text(author);
  EXPECT_EQ(to_text({"waymark", "start"}), "waymark start");
  EXPECT_EQ(parse_author("T1 rest"), (Author{"T1", "rest"}));  // as it was written at first
}

}  // namespace waymark::zones
