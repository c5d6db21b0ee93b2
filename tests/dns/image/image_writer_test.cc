// SPDX-License-Identifier: Apache-2.0
#include "dns/image/image_writer.h"

#include <gtest/gtest.h>

#include "tests/dns/image/parts.h"

namespace waymark::dns {
namespace {

NodeView view_of(const Bytes& block) {
  return NodeView(reinterpret_cast<const layout::Node*>(block.data()));
}

TEST(ImageWriter, WritesRecordsAsWireWithACompressedOwner) {
  const Bytes block = *write_node(address_node(name("a.example.")), test_key);
  const NodeView node = view_of(block);
  const layout::Entry& entry = *node.find(RrType::A);
  const auto& records = *reinterpret_cast<const layout::RecordsHeader*>(node.at(entry.offset));
  // RFC 1035 §4.1.3: owner pointer to octet 12, A, IN, 300 s, four octets.
  const Bytes expected{0xC0, 0x0C, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};

  EXPECT_EQ(records.records, 1);
  EXPECT_EQ(records.stride, 16);
  EXPECT_EQ(records.octets, 16U);
  const Octet* rr = node.at(entry.offset) + sizeof(layout::RecordsHeader);
  EXPECT_EQ(Bytes(rr, rr + 16), expected);
}

TEST(ImageWriter, NotesTheStartsOfRecordsOfUnequalLength) {
  NodeSpec spec;
  spec.name = name("t.example.");
  spec.entries.push_back(
      {RrType::TXT, RRset{spec.name, RrType::TXT, 60, {{1, 'a'}, {3, 'b', 'c', 'd'}, {0}}}});
  const Bytes block = *write_node(spec, test_key);
  const NodeView node = view_of(block);
  const Octet* payload = node.at(node.find(RrType::TXT)->offset);
  const auto* starts =
      reinterpret_cast<const std::uint32_t*>(payload + sizeof(layout::RecordsHeader));

  EXPECT_EQ(reinterpret_cast<const layout::RecordsHeader*>(payload)->stride, 0);
  EXPECT_EQ(starts[0], 0U);
  EXPECT_EQ(starts[1], 14U);
  EXPECT_EQ(starts[2], 30U);
  EXPECT_TRUE(Part::open(names_part({block})));
}

TEST(ImageWriter, SortsEntriesByType) {
  NodeSpec spec = address_node(name("example."));
  spec.entries.insert(spec.entries.begin(), {RrType::SOA, EntrySpec::Soa{}});
  const Bytes block = *write_node(spec, test_key);
  EXPECT_EQ(view_of(block).entries()[0].type, 1);
  EXPECT_EQ(view_of(block).entries()[1].type, 6);
  EXPECT_EQ(node_name(block), spec.name);
}

TEST(ImageWriter, RefusesMoreRecordsThanACountCanTell) {
  NodeSpec spec = address_node(name("a.example."));
  spec.entries[0].content = RRset{spec.name, RrType::A, 1, std::vector<Bytes>(65'536, Bytes(4))};
  const auto block = write_node(spec, test_key);
  ASSERT_FALSE(block);
  EXPECT_EQ(block.error().code(), ErrorCode::too_large);
}

TEST(ImageWriter, ABlockOfOneTierGoesIntoAnotherWithoutItsPadding) {
  NodeSpec small;
  small.name = name("a.example.");
  NodeSpec other;
  other.name = name("b.example.");
  const Bytes block = *write_node(small, test_key);
  const auto part = opened(names_part({block, *write_node(other, test_key)}));
  const ByteView view = part->view();
  NamesWriter writer(test_key);
  NameTable(std::span(&view, 1)).for_each(0, [&](const NodeView& node) {
    writer.add(node.block());
  });
  const Bytes again = writer.finish(1, false);
  EXPECT_EQ(again, Bytes(view.begin(), view.end()));
}

}  // namespace
}  // namespace waymark::dns
