// SPDX-License-Identifier: Apache-2.0
#include "dns/image/view_table.h"

#include <set>

#include <gtest/gtest.h>

#include "base/random.h"
#include "tests/dns/image/parts.h"

namespace waymark::dns {
namespace {

IpPrefix prefix(std::string_view text) {
  return *IpPrefix::parse(text);
}
IpAddress address(std::string_view text) {
  return *IpAddress::parse(text);
}
Endpoint endpoint(std::string_view text) {
  return *Endpoint::parse(text);
}

/// A table over memory that is aligned as a part's is.
struct Opened {
  explicit Opened(const std::vector<VpcSpec>& vpcs) : octets(write_view_table(vpcs, test_key)) {}
  std::string vpc_of(std::string_view source, std::string_view local = "127.0.0.1:53") const {
    const auto match = table.find(address(source), endpoint(local));
    return match.vpc == 0
               ? "none"
               : std::string(table.label(match.vpc)) + "/" + std::to_string(match.length);
  }
  ZoneNumber zone_of(std::uint32_t vpc, std::string_view text) const {
    const Name wanted = name(text);
    return table.zone_of(vpc, wanted.wire(), wanted.labels());
  }

  Bytes octets;
  ViewTable table = ViewTable::open(octets).value();
};

TEST(Space, GivesANameAnotherHashInEverySpaceAndThePublicOneItsOwn) {
  const Name wanted = name("www.example.com.");
  EXPECT_EQ(hash_name(wanted.wire(), test_key, Space::of(0)), hash_name(wanted.wire(), test_key));
  std::set<std::uint64_t> hashes;
  for (std::uint32_t zone = 0; zone < 10'000; ++zone)
    hashes.insert(hash_name(wanted.wire(), test_key, Space::of(zone)));
  EXPECT_EQ(hashes.size(), 10'000U);
}

TEST(NameTable, HoldsOneNameInSeveralSpaces) {
  NodeSpec of_public = address_node(name("www.example.com."));
  NodeSpec of_seven = of_public, of_eight = of_public;
  of_seven.zone = 7, of_seven.flags = layout::node_private;
  of_eight.zone = 8, of_eight.flags = layout::node_private;
  const auto part =
      opened(names_part({*write_node(of_public, test_key), *write_node(of_seven, test_key),
                         write_tombstone(of_eight.name, test_key, 8)}));
  const ByteView view = part->view();
  const NameTable table(std::span(&view, 1));
  const ByteView wire = of_public.name.wire();
  const auto find_in = [&](std::uint32_t zone) {
    return table.find(wire.data(), wire.size(), hash_name(wire, test_key, Space::of(zone)));
  };
  EXPECT_EQ(find_in(0).private_zone(), 0U);
  EXPECT_EQ(find_in(7).private_zone(), 7U);
  EXPECT_FALSE(find_in(8));
  EXPECT_FALSE(find_in(9));
}

TEST(PartCheck, RefusesAPrivateNodeInTheSpaceOfNoZoneOrAnother) {
  NodeSpec spec = address_node(name("www.example.com."));
  spec.zone = 7, spec.flags = layout::node_private;
  Bytes block = *write_node(spec, test_key);
  ASSERT_TRUE(Part::open(names_part({block})));
  auto& node = *reinterpret_cast<layout::Node*>(block.data());
  for (const std::uint32_t other : {0U, 8U}) {
    node.zone = other;
    EXPECT_FALSE(Part::open(names_part({block}))) << other;
  }
}

TEST(ViewTable, TheLongestPrefixAroundTheSourceDecides) {
  const Opened views({{"wide", {prefix("10.0.0.0/8"), prefix("2001:db8::/32")}, {}, {}},
                      {"narrow", {prefix("10.1.0.0/16"), prefix("10.1.2.3/32")}, {}, {}}});
  EXPECT_EQ(views.vpc_of("10.2.0.1"), "wide/8");
  EXPECT_EQ(views.vpc_of("10.1.0.1"), "narrow/16");
  EXPECT_EQ(views.vpc_of("10.1.2.3"), "narrow/32");
  EXPECT_EQ(views.vpc_of("2001:db8:1::1"), "wide/32");
  EXPECT_EQ(views.vpc_of("192.0.2.1"), "none");
  EXPECT_EQ(views.vpc_of("2001:db9::"), "none");
}

TEST(ViewTable, AVpcWithAListenerTakesOnlyWhatIsAskedThere) {
  const Opened views({{"all", {prefix("10.0.0.0/8")}, {}, {}},
                      {"door", {prefix("10.1.0.0/16")}, endpoint("192.0.2.53:53"), {}}});
  EXPECT_TRUE(views.table.has_listeners());
  EXPECT_EQ(views.vpc_of("10.1.0.1", "192.0.2.53:53"), "door/16");
  EXPECT_EQ(views.vpc_of("10.1.0.1", "192.0.2.53:54"), "all/8");
  EXPECT_EQ(views.vpc_of("10.1.0.1", "192.0.2.54:53"), "all/8");
  EXPECT_EQ(views.table.listener(2), endpoint("192.0.2.53:53"));
  EXPECT_FALSE(views.table.listener(1));
}

TEST(ViewTable, TheLongestPrivateZoneOfTheVpcDecides) {
  const Opened views({{"a",
                       {prefix("10.0.0.0/8")},
                       {},
                       {{name("example.com."), 1}, {name("sub.example.com."), 2}}},
                      {"b", {prefix("172.16.0.0/12")}, {}, {{name("example.com."), 3}}},
                      {"c", {prefix("192.168.0.0/16")}, {}, {}}});
  EXPECT_EQ(views.zone_of(1, "example.com."), 1U);
  EXPECT_EQ(views.zone_of(1, "a.b.example.com."), 1U);
  EXPECT_EQ(views.zone_of(1, "sub.example.com."), 2U);
  EXPECT_EQ(views.zone_of(1, "x.y.sub.example.com."), 2U);
  EXPECT_EQ(views.zone_of(1, "notexample.com."), 0U);
  EXPECT_EQ(views.zone_of(1, "com."), 0U);
  EXPECT_EQ(views.zone_of(1, "."), 0U);
  EXPECT_EQ(views.zone_of(2, "sub.example.com."), 3U);
  EXPECT_EQ(views.zone_of(3, "example.com."), 0U);
}

TEST(ViewTable, FindsEveryOneOfAThousandApexes) {
  std::vector<VpcSpec> vpcs;
  ZoneNumber number = 0;
  for (std::uint32_t i = 0; i < 20; ++i) {
    vpcs.push_back({"v", {IpPrefix::of(IpAddress::v4(0x0A000000 + (i << 16)), 16)}, {}, {}});
    for (int j = 0; j < 50; ++j)
      vpcs.back().zones.emplace_back(name("z" + std::to_string(j) + ".test."), ++number);
  }
  const Opened views(vpcs);
  number = 0;
  for (std::uint32_t vpc = 1; vpc <= 20; ++vpc)
    for (int j = 0; j < 50; ++j)
      EXPECT_EQ(views.zone_of(vpc, "www.z" + std::to_string(j) + ".test."), ++number);
}

TEST(ViewTable, DamagedOnesAreRefusedOrHarmless) {
  const std::vector<VpcSpec> vpcs{
      {"a",
       {prefix("10.0.0.0/8"), prefix("10.1.0.0/16")},
       endpoint("[2001:db8::1]:53"),
       {{name("example.com."), 1}, {name("sub.example.com."), 2}}},
      {"b", {prefix("2001:db8::/32")}, {}, {{name("example.com."), 3}}}};
  const Bytes good = write_view_table(vpcs, test_key);
  Random random(7);
  int refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes = good;
    if (random.below(10) == 0) bytes.resize(random.below(static_cast<std::uint32_t>(good.size())));
    for (std::uint32_t flips = 1 + random.below(3); flips > 0 && !bytes.empty(); --flips)
      bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] ^=
          static_cast<Octet>(1U << random.below(8));
    const auto table = ViewTable::open(bytes);
    if (!table) {
      EXPECT_EQ(table.error().code(), ErrorCode::bad_image);
      ++refused;
      continue;
    }
    for (const char* source : {"10.1.0.1", "10.9.0.1", "192.0.2.1", "2001:db8::5"}) {
      const auto match = table->find(address(source), endpoint("[2001:db8::1]:53"));
      if (match.vpc == 0) continue;
      (void)table->label(match.vpc);
      (void)table->listener(match.vpc);
      for (const char* text : {"www.sub.example.com.", "example.com.", "."})
        (void)table->zone_of(match.vpc, name(text).wire(), name(text).labels());
    }
  }
  EXPECT_GT(refused, 5'000);
}

TEST(Image, RefusesViewsOfAnotherHashKey) {
  const std::vector<VpcSpec> vpcs{{"a", {prefix("10.0.0.0/8")}, {}, {}}};
  const auto names = opened(names_part({*write_node(address_node(name("a.")), test_key)}, 1));
  const auto image_with = [&](const HashKey& key) {
    const std::vector parts{
        names, opened(write_table(layout::PartKind::views, write_view_table(vpcs, key), 2))};
    return Image::open(manifest_of(parts), parts);
  };
  ASSERT_TRUE(image_with(test_key));
  EXPECT_FALSE(image_with(test_key)->views().empty());
  EXPECT_FALSE(image_with({1, 3}));
}

}  // namespace
}  // namespace waymark::dns
