// SPDX-License-Identifier: Apache-2.0
#include "zones/change_pipeline.h"

#include <algorithm>

#include "tests/zones/store/world.h"
#include "zones/records/rdata.h"

namespace waymark::zones {

namespace {

using dns::RrType;

const dns::Name apex = name("example.com.");

RecordSet set_of(std::string_view owner, RrType type, std::string_view rdata) {
  RecordSet set;
  set.owner = name(owner);
  set.type = type;
  set.ttl = 3600;
  set.rdata = {*parse_rdata(type, rdata, apex)};
  return set;
}

/// What a zone file with this serial and some addresses holds.
std::vector<RecordSet> file_of(std::uint32_t serial, int addresses) {
  std::vector<RecordSet> sets = {
      set_of("example.com.", RrType::SOA,
             "ns1 hostmaster " + std::to_string(serial) + " 7200 900 1209600 300"),
      set_of("example.com.", RrType::NS, "ns1")};
  for (int i = 0; i < addresses; ++i) {
    sets.push_back(a_record("n" + std::to_string(i) + ".example.com."));
  }
  return sets;
}

class ChangePipelineTest : public testing::Test {
 protected:
  Result<Committed> import(std::vector<RecordSet> sets, bool create = true,
                           std::optional<std::uint64_t> if_version = std::nullopt) {
    return run(pipeline_.import_zone(apex, std::move(sets), create, if_version, "test"));
  }
  HostedZone zone() { return **(*store_->snapshot())->zone_named(apex); }
  std::uint32_t stored_soa_serial() {
    const auto sets = *(*store_->snapshot())->record_sets_at(zone(), apex);
    for (const auto& set : sets) {
      if (set.type == RrType::SOA) return soa_serial(set.rdata[0]);
    }
    return 0;
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Store> store_ = *SqliteStore::open(folder_.path(), true);
  ChangePipeline pipeline_{*store_, clock_, Random(1), {}};
};

}  // namespace

TEST_F(ChangePipelineTest, CreatesChangesAndDeletesAZone) {
  auto made = run(pipeline_.create_zone({apex, "mine"}, "test"));
  ASSERT_TRUE(made) << made.error().detail();
  ChangeBatch batch{
      zone().id, "", std::nullopt, {{Change::Action::create, a_record("www.example.com.")}}};

  auto planned = pipeline_.dry_run(batch, "test");
  ASSERT_TRUE(planned);
  EXPECT_EQ(zone().version, 1U);
  auto changed = run(pipeline_.apply(batch, "test"));
  ASSERT_TRUE(changed) << changed.error().detail();
  EXPECT_EQ(zone().version, 2U);
  EXPECT_EQ(changed->commit.author, "test");

  EXPECT_EQ(run(pipeline_.delete_zone(zone().id, false, "test")).error().code(),
            ErrorCode::zone_not_empty);
  ASSERT_TRUE(run(pipeline_.delete_zone(zone().id, true, "test")));
  EXPECT_FALSE((*(*store_->snapshot())->zone_named(apex)).has_value());
}

TEST_F(ChangePipelineTest, ASmallImportMakesTheZoneInOneCommit) {
  auto made = import(file_of(2024, 3));

  ASSERT_TRUE(made) << made.error().detail();
  EXPECT_EQ(made->revision.number, 1U);
  EXPECT_EQ(zone().version, 1U);
  EXPECT_EQ(zone().record_sets, 5U);
  EXPECT_EQ(zone().serial, 2024U);
  EXPECT_EQ(stored_soa_serial(), 2024U);
}

TEST_F(ChangePipelineTest, ASmallImportCommitsTheDifferenceWithAGreaterSerial) {
  ASSERT_TRUE(import(file_of(2024, 3)));
  auto sets = file_of(7, 2);
  sets.push_back(a_record("n0.example.com.", 9));
  sets.erase(sets.begin() + 2);  // n0 with its old address

  auto changed = import(sets);

  ASSERT_TRUE(changed) << changed.error().detail();
  EXPECT_EQ(changed->commit.effects.removed.size(), 3U);  // SOA, n0, n2
  EXPECT_EQ(changed->commit.effects.added.size(), 2U);    // SOA, n0
  EXPECT_EQ(zone().serial, 2025U);
  EXPECT_EQ(stored_soa_serial(), 2025U);
  EXPECT_EQ(zone().record_sets, 4U);
}

TEST_F(ChangePipelineTest, ALargeImportIsStagedForNewAndForStandingZones) {
  auto made = import(file_of(10, 6000));
  ASSERT_TRUE(made) << made.error().detail();
  EXPECT_TRUE(made->commit.effects.replaced);
  EXPECT_EQ(zone().version, 1U);
  EXPECT_EQ(zone().record_sets, 6002U);
  EXPECT_EQ(zone().serial, 10U);

  auto again = import(file_of(3, 5000));
  ASSERT_TRUE(again) << again.error().detail();
  EXPECT_EQ(zone().version, 2U);
  EXPECT_EQ(zone().record_sets, 5002U);
  EXPECT_EQ(zone().serial, 11U);
  EXPECT_EQ(stored_soa_serial(), 11U);
}

TEST_F(ChangePipelineTest, AnImportTellsAllItsFaultsAndChangesNothing) {
  auto refused = import({a_record("a.example.com."), a_record("b.example.org.")});

  ASSERT_FALSE(refused);
  std::vector<ErrorCode> codes;
  const Error error = refused.error();
  for (const auto& cause : error.causes())
    codes.push_back(cause.code());
  EXPECT_EQ(std::count(codes.begin(), codes.end(), ErrorCode::apex_required), 2);
  EXPECT_EQ(std::count(codes.begin(), codes.end(), ErrorCode::outside_zone), 1);
  EXPECT_EQ(store_->applied().number, 0U);
}

TEST_F(ChangePipelineTest, AnImportHoldsToItsConditions) {
  EXPECT_EQ(import(file_of(1, 1), false).error().code(), ErrorCode::zone_not_found);
  ASSERT_TRUE(import(file_of(1, 1)));
  EXPECT_EQ(import(file_of(2, 1), true, 5).error().code(), ErrorCode::version_mismatch);
  EXPECT_TRUE(import(file_of(2, 1), false, 1));
}

TEST_F(ChangePipelineTest, AChangeIsInSyncOnceItsGenerationIsAdopted) {
  const Revision first{1, 1}, second{1, 2};
  EXPECT_EQ(pipeline_.status(first), ChangeStatus::pending);

  pipeline_.compiled(first, 10);
  pipeline_.adopted(9);
  EXPECT_EQ(pipeline_.status(first), ChangeStatus::pending);
  pipeline_.adopted(10);
  EXPECT_EQ(pipeline_.status(first), ChangeStatus::in_sync);
  EXPECT_EQ(pipeline_.status(second), ChangeStatus::pending);
  pipeline_.adopted(11);  // workers may be quicker than the news
  pipeline_.compiled(second, 11);
  EXPECT_EQ(pipeline_.local_revision(), second);
}

TEST_F(ChangePipelineTest, WaitingForSyncEndsWithTheAdoptionOrTheLimit) {
  asio::io_context context;
  std::optional<Result<void>> early, never;
  const auto wait = [&](Revision revision, Duration limit,
                        std::optional<Result<void>>& to) -> Awaitable<void> {
    to = co_await pipeline_.wait_in_sync(revision, limit);
  };
  spawn(context, wait({1, 1}, std::chrono::hours(1), early));
  spawn(context, wait({1, 2}, Duration::zero(), never));
  context.poll();
  EXPECT_FALSE(early.has_value());

  pipeline_.compiled({1, 1}, 5);
  pipeline_.adopted(5);
  context.run();

  ASSERT_TRUE(early && never);
  EXPECT_TRUE(early->has_value());
  EXPECT_EQ(never->error().code(), ErrorCode::timed_out);
}

TEST_F(ChangePipelineTest, PutsAndRemovesObjects) {
  const ObjectKey key{ObjectKind::token, "T1"};

  ASSERT_TRUE(run(pipeline_.put_object(key, R"({"role":"admin"})", "test")));
  EXPECT_EQ((*(*store_->snapshot())->objects(ObjectKind::token)).size(), 1U);
  ASSERT_TRUE(run(pipeline_.put_object(key, std::nullopt, "test")));
  EXPECT_FALSE((*(*store_->snapshot())->object(key)).has_value());
  ASSERT_TRUE(run(pipeline_.put_object(key, "{}", "test")));
}

}  // namespace waymark::zones
