// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/fakes/memory_snapshot.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

class ZoneObject : public testing::Test {
 protected:
  ZoneObject() {
    state_.hosted.id = {"Z1"};
    state_.hosted.name = *dns::Name::parse("example.com");
    state_.hosted.version = 7;
    state_.hosted.serial = 41;
  }
  Result<Commit> create(const std::string& reference) {
    return resolve_zone_create(state_, {*dns::Name::parse("new.org"), "", std::nullopt, reference},
                               {}, {clock_, random_, "test"});
  }

  ManualClock clock_;
  Random random_{1};
  fakes::MemorySnapshot state_;
};

TEST_F(ZoneObject, TakesACallerReferenceOnce) {
  const auto commit = create("first");
  ASSERT_TRUE(commit);
  ASSERT_EQ(commit->effects.objects.size(), 2U);
  const auto& zone = commit->effects.objects[0];
  EXPECT_NE(zone.after->find("\"caller_reference\":\"first\""), std::string::npos) << *zone.after;
  const auto& used = commit->effects.objects[1];
  EXPECT_EQ(used.key, (ObjectKey{ObjectKind::caller_reference, "hostedzone/first"}));

  state_.stored_objects[used.key] = *used.after;
  EXPECT_EQ(create("first").error().code(), ErrorCode::conflict);
  EXPECT_TRUE(create("second"));
  EXPECT_EQ(create("")->effects.objects.size(), 1U);
}

TEST_F(ZoneObject, ChangesItsCommentAndNothingElse) {
  const ObjectKey key{ObjectKind::zone, "Z1"};
  state_.stored_objects[key] =
      R"({"name":"\"comment\":\"x","comment":"a \"b\" \\","created":"now","caller_reference":"r"})";
  const auto commit = resolve_zone_comment(state_, {"Z1"}, "c \"d\"", {clock_, random_, "test"});
  ASSERT_TRUE(commit) << commit.error().detail();
  EXPECT_EQ(
      commit->effects.objects[0].after,
      R"({"name":"\"comment\":\"x","comment":"c \"d\"","created":"now","caller_reference":"r"})");
  EXPECT_EQ(commit->soa_serial, 41U);
  EXPECT_EQ(commit->version, 8U);
}

TEST_F(ZoneObject, TagsGoWithWhatTheyAreOn) {
  const ObjectKey zone_tags{ObjectKind::tags, "hostedzone/Z1"},
      check_tags{ObjectKind::tags, "healthcheck/c1"};
  const ObjectKey check{ObjectKind::health_check, "c1"};
  state_.stored_objects[zone_tags] = R"({"a":"b"})";
  state_.stored_objects[check_tags] = R"({"c":"d"})";
  state_.stored_objects[check] = "{}";
  const auto zone = resolve_zone_delete(state_, {"Z1"}, true, {clock_, random_, "test"});
  ASSERT_TRUE(zone) << zone.error().detail();
  const ObjectChange zone_goes{zone_tags, R"({"a":"b"})", std::nullopt};
  EXPECT_EQ(zone->effects.objects.back(), zone_goes);

  const auto gone = resolve_object(state_, check, std::nullopt, {clock_, random_, "test"}, true);
  ASSERT_TRUE(gone) << gone.error().detail();
  const ObjectChange check_goes{check_tags, R"({"c":"d"})", std::nullopt};
  EXPECT_EQ(gone->effects.objects.back(), check_goes);
  const auto changed = resolve_object(state_, check, "{}", {clock_, random_, "test"});
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->effects.objects.size(), 1U);
}

}  // namespace
}  // namespace waymark::zones
