// SPDX-License-Identifier: Apache-2.0
#include "dns/image/image.h"

#include <gtest/gtest.h>

#include "policy/latency_writer.h"
#include "tests/dns/image/parts.h"

namespace waymark::dns {
namespace {

std::vector<std::shared_ptr<const Part>> whole_generation() {
  const std::vector<ZoneSpec> zones{{3, name("example."), 900, soa_rdata()}};
  const std::vector<SlotSpec> slots{{9, "check/b"}, {2, "check/a"}};
  const std::vector<policy::LatencyRow> rows{{*IpPrefix::parse("192.0.2.0/24"), {42}}};
  return {opened(names_part({*write_node(address_node(name("a.example.")), test_key)}, 1)),
          opened(write_zones(zones, 2)),
          opened(write_table(layout::PartKind::latency, policy::write_latency_table(rows, 1), 3)),
          opened(write_slots(slots, 77, 4))};
}

TEST(Image, ShowsWhatItsPartsHold) {
  const auto parts = whole_generation();
  const auto image = Image::open(manifest_of(parts), parts);
  ASSERT_TRUE(image);

  EXPECT_EQ(image->generation(), 1U);
  EXPECT_TRUE(find(image->names(), name("a.example.")));
  ASSERT_TRUE(image->zone(3));
  EXPECT_EQ(as_text(image->zone(3)->name), as_text(name("example.").wire()));
  EXPECT_EQ(image->zone(3)->soa_ttl, 900U);
  EXPECT_EQ(image->zone(3)->negative_ttl, 60U);  // RFC 2308 §3: the lesser of TTL and MINIMUM
  EXPECT_FALSE(image->zone(0));
  EXPECT_FALSE(image->zone(4));
  EXPECT_EQ(image->tables().latency.find(*IpAddress::parse("192.0.2.9")).at(0), 42);
  EXPECT_EQ(image->slot_epoch(), 77U);
  ASSERT_EQ(image->slots().size(), 2U);
  EXPECT_EQ(image->slots()[0].key, "check/a");
  EXPECT_EQ(image->slots()[1].slot, 9U);
}

TEST(Image, IsEmptyByDefault) {
  const Image image;
  EXPECT_EQ(image.generation(), 0U);
  EXPECT_FALSE(image.zone(0));
  EXPECT_TRUE(image.slots().empty());
  EXPECT_EQ(image.names().names(), 0U);
}

TEST(Image, RefusesPartsThatDoNotFitTheManifest) {
  auto parts = whole_generation();
  Manifest manifest = manifest_of(parts);
  manifest.parts[1].kind = layout::PartKind::slots;
  EXPECT_FALSE(Image::open(manifest, parts));

  manifest = manifest_of(parts);
  parts.erase(parts.begin());
  const auto missing = Image::open(manifest, parts);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::bad_image);
}

TEST(Image, RefusesTiersOfDifferentKeysAndMoreThanFour) {
  const std::vector mixed{opened(names_part({}, 1)),
                          opened(names_part({}, 2, false, HashKey{1, 2}))};
  EXPECT_FALSE(Image::open(manifest_of(mixed), mixed));

  std::vector<std::shared_ptr<const Part>> tiers;
  for (std::uint64_t id = 1; id <= 4; ++id)
    tiers.push_back(opened(names_part({}, id)));
  EXPECT_TRUE(Image::open(manifest_of(tiers), tiers));
  tiers.push_back(opened(names_part({}, 5)));
  EXPECT_FALSE(Image::open(manifest_of(tiers), tiers));
}

TEST(Manifest, ComesBackAsItWasAndRefusesEveryTruncation) {
  Manifest manifest = manifest_of(whole_generation());
  manifest.epoch = 5, manifest.revision = 6;
  Bytes octets = manifest.encode();
  const auto again = Manifest::decode(octets);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->parts, manifest.parts);
  EXPECT_EQ(again->revision, 6U);

  for (std::size_t cut = 0; cut < octets.size(); ++cut)
    EXPECT_FALSE(Manifest::decode(ByteView(octets).first(cut))) << cut;
  octets.push_back(0);
  EXPECT_FALSE(Manifest::decode(octets));
}

}  // namespace
}  // namespace waymark::dns
