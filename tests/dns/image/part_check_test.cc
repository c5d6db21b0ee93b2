// SPDX-License-Identifier: Apache-2.0
#include "dns/image/part_check.h"

#include <array>
#include <atomic>

#include <gtest/gtest.h>

#include "base/random.h"
#include "policy/policy_builder.h"
#include "policy/policy_tree.h"
#include "tests/dns/image/parts.h"

namespace waymark::dns {
namespace {

/// A names part with one of everything.
Bytes varied_part() {
  std::vector<Bytes> blocks;
  NodeSpec apex = address_node(name("example."));
  apex.flags = layout::node_apex;
  apex.entries.push_back({RrType::SOA, EntrySpec::Soa{}});
  apex.entries.push_back({RrType::NS, RRset{apex.name, RrType::NS, 60, {{1, 'n', 0}, {0}}}});
  apex.entries.push_back({RrType::MX, RRset{apex.name, RrType::MX, 60, {{0, 1, 1, 'm', 0}}}});
  blocks.push_back(*write_node(apex, test_key));

  NodeSpec chosen;
  chosen.name = name("w.example.");
  const policy::WeightedSpec rule{{1, 2}, {{}, {}}};
  policy::WeightedSpec weighted = rule;
  weighted.branches[1].index = 1;
  chosen.entries.push_back(
      {RrType::A, EntrySpec::Targets{{addresses(chosen.name, 3), name("a.example.")},
                                     *policy::build_policy({weighted}, 2)}});
  chosen.entries.push_back({RrType::AAAA, EntrySpec::Targets{{name("b.example.")}, {}}});
  blocks.push_back(*write_node(chosen, test_key));
  blocks.push_back(*write_node(address_node(name("*.example.")), test_key));
  blocks.push_back(write_tombstone(name("gone.example."), test_key));
  return names_part(blocks, 1, true);
}

std::size_t touch(ByteView octets) {
  std::size_t sum = 0;
  for (const Octet octet : octets)
    sum += octet;
  return sum;
}

std::size_t touch_records(const Octet* at) {
  const auto& header = *reinterpret_cast<const layout::RecordsHeader*>(at);
  const std::size_t starts = header.stride == 0 ? 4U * header.records : 0;
  return touch({at, sizeof(header) + starts + header.octets});
}

std::size_t touch_targets(const Octet* at) {
  std::size_t sum = 0;
  const auto& header = *reinterpret_cast<const layout::TargetsHeader*>(at);
  const auto* targets = reinterpret_cast<const layout::Target*>(at + sizeof(header));
  for (std::size_t i = 0; i < header.targets; ++i) {
    const Octet* payload = at + targets[i].offset;
    sum += targets[i].kind == layout::TargetKind::records ? touch_records(payload)
                                                          : touch({payload, targets[i].octets});
  }
  if (header.policy_octets == 0) return sum;
  std::array<std::atomic<std::uint64_t>, 1> words{};
  const policy::Client client{*IpPrefix::parse("192.0.2.1")};
  Random random(1);
  const auto chosen = policy::PolicyTree({at + header.policy_offset, header.policy_octets})
                          .select({client, {}, health::HealthTable(words)}, random);
  EXPECT_LT(chosen.targets[0], header.targets);
  return sum;
}

/// Reads all that an answer could read.
std::size_t read_all(const Part& part) {
  const ByteView view = part.view();
  const NameTable table(std::span(&view, 1));
  std::size_t sum = 0;
  table.for_each(0, [&](const NodeView& node) {
    sum += touch(node.name());
    EXPECT_EQ(bool(table.find(node.name().data(), node.name().size(), node.header().hash)),
              !node.has(layout::node_tombstone));
    for (const layout::Entry& entry : node.entries()) {
      if (entry.kind == layout::EntryKind::records) sum += touch_records(node.at(entry.offset));
      if (entry.kind == layout::EntryKind::targets) sum += touch_targets(node.at(entry.offset));
    }
  });
  (void)find(table, name("absent.example."));
  return sum;
}

/// Flips bits, or cuts, 10,000 times with one seed; what opens anyway is handed to `use`.
template <class Use>
int refused_of_damaged(const Bytes& good, const Use& use) {
  Random random(99);
  int refused = 0;
  for (int round = 0; round < 10'000; ++round) {
    Bytes bytes = good;
    if (random.below(10) == 0) {
      bytes.resize(random.below(static_cast<std::uint32_t>(bytes.size())));
      if (bytes.size() >= 24) {
        const std::uint64_t octets = bytes.size();  // so that more than the length is looked at
        std::memcpy(bytes.data() + 16, &octets, 8);
      }
    } else {
      for (std::uint32_t flips = 1 + random.below(3); flips > 0; --flips)
        bytes[random.below(static_cast<std::uint32_t>(bytes.size()))] ^=
            static_cast<Octet>(1U << random.below(8));
    }
    const auto part = Part::open(std::move(bytes));
    if (part) {
      use(**part);
    } else {
      ++refused;
      EXPECT_EQ(part.error().code(), ErrorCode::bad_image);
    }
  }
  return refused;
}

TEST(PartCheck, TakesWhatTheWriterMade) {
  const auto part = Part::open(varied_part());
  ASSERT_TRUE(part) << part.error().detail();
  EXPECT_GT(read_all(**part), 0U);
}

TEST(PartCheck, DamagedNamesAreRefusedOrHarmless) {
  const int refused = refused_of_damaged(varied_part(), [](const Part& part) {
    if (part.kind() == layout::PartKind::names) read_all(part);
  });
  EXPECT_GT(refused, 5'000);
}

TEST(PartCheck, DamagedZonesAndSlotsAreRefusedOrHarmless) {
  const std::vector<ZoneSpec> zones{{1, name("example."), 900, soa_rdata()},
                                    {2, name("example.net."), 900, soa_rdata()}};
  const std::vector<SlotSpec> slots{{1, "check/a"}, {2, "gate/b"}};
  const auto use = [](const Part& part) {
    const std::vector parts{std::shared_ptr<const Part>(std::shared_ptr<void>(), &part)};
    const auto image = Image::open(manifest_of(parts), parts);
    if (!image) return;
    for (ZoneNumber number = 0; number < 4; ++number)
      if (const auto zone = image->zone(number)) (void)(touch(zone->name) + touch(zone->soa_rdata));
    (void)image->slots();
  };
  refused_of_damaged(write_zones(zones, 1), use);
  refused_of_damaged(write_slots(slots, 1, 1), use);
}

TEST(PartCheck, NamesThePlaceOfTheFault) {
  Bytes bytes = varied_part();
  bytes[128] ^= 1;  // the first node's hash
  const auto part = Part::open(std::move(bytes));
  ASSERT_FALSE(part);
  EXPECT_EQ(part.error().detail(), "hash is not the name's at offset 128");
}

TEST(PartCheck, RefusesAnotherLayout) {
  for (const int other : {-1, 1}) {
    Bytes bytes = varied_part();
    auto& header = *reinterpret_cast<layout::PartHeader*>(bytes.data());
    header.layout = static_cast<std::uint32_t>(static_cast<int>(header.layout) + other);
    const auto part = Part::open(std::move(bytes));
    ASSERT_FALSE(part);
    EXPECT_TRUE(part.error().detail().starts_with("layout ")) << part.error().detail();
  }
}

TEST(PartCheck, RefusesADnameWithoutItsFlagAndTheFlagWithoutADname) {
  NodeSpec spec = address_node(name("d.example."));
  spec.entries.push_back({RrType::DNAME, RRset{spec.name, RrType::DNAME, 60, {{1, 'x', 0}}}});
  EXPECT_FALSE(Part::open(names_part({*write_node(spec, test_key)})));
  spec.flags = layout::node_dname;
  EXPECT_TRUE(Part::open(names_part({*write_node(spec, test_key)})));
  spec.entries.back().content = RRset{spec.name, RrType::DNAME, 60, {{1, 'x', 0}, {1, 'y', 0}}};
  EXPECT_FALSE(Part::open(names_part({*write_node(spec, test_key)})));
  spec.entries.pop_back();
  EXPECT_FALSE(Part::open(names_part({*write_node(spec, test_key)})));
}

TEST(PartCheck, RefusesANameThatIsNotFolded) {
  NodeSpec spec;
  spec.name = Name::trusted(as_octets(std::string_view("\1A\0", 3)));
  EXPECT_FALSE(Part::open(names_part({*write_node(spec, test_key)})));
}

}  // namespace
}  // namespace waymark::dns
