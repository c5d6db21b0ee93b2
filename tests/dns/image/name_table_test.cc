// SPDX-License-Identifier: Apache-2.0
#include "dns/image/name_table.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/dns/image/parts.h"

namespace waymark::dns {
namespace {

TEST(NameTable, FindsEveryNameAndNothingElse) {
  NamesWriter writer(test_key);
  for (int i = 0; i < 5'000; ++i)
    writer.add(*write_node(address_node(name("n" + std::to_string(i) + ".example.")), test_key));
  const auto part = opened(writer.finish(1, true));
  const ByteView view = part->view();
  const NameTable table(std::span(&view, 1));

  EXPECT_EQ(table.names(), 5'000U);
  EXPECT_EQ(table.max_labels(), 2U);
  for (int i = 0; i < 5'000; ++i) {
    const Name wanted = name("n" + std::to_string(i) + ".example.");
    table.prefetch_slot(hash_name(wanted.wire(), test_key));
    const NodeView candidate = table.prefetch_node(hash_name(wanted.wire(), test_key));
    ASSERT_EQ(as_text(candidate.name()), as_text(wanted.wire()));
    const NodeView node = find(table, wanted);
    ASSERT_TRUE(node);
    ASSERT_EQ(as_text(node.name()), as_text(wanted.wire()));
    ASSERT_NE(node.find(RrType::A), nullptr);
    ASSERT_EQ(node.find(RrType::AAAA), nullptr);
    ASSERT_FALSE(find(table, name("m" + std::to_string(i) + ".example.")));
  }
}

TEST(NameTable, NewerTiersShadowOlderOnesAndTombstonesHide) {
  NodeSpec newer = address_node(name("a.example."));
  newer.zone = 7;
  const auto first = opened(names_part(
      {*write_node(newer, test_key), write_tombstone(name("b.example."), test_key)}, 2, true));
  const auto second = opened(names_part({*write_node(address_node(name("a.example.")), test_key),
                                         *write_node(address_node(name("b.example.")), test_key),
                                         *write_node(address_node(name("c.example.")), test_key)}));
  const std::array views{first->view(), second->view()};
  const NameTable table(views);

  EXPECT_EQ(find(table, name("a.example.")).zone(), 7U);
  EXPECT_FALSE(find(table, name("b.example.")));
  EXPECT_TRUE(find(table, name("c.example.")));
}

TEST(NameTable, FindsFromWhatWasPrefetchedWhatItFindsAlone) {
  const auto first = opened(names_part({write_tombstone(name("b.example."), test_key)}, 2, true));
  const auto second = opened(names_part({*write_node(address_node(name("a.example.")), test_key),
                                         *write_node(address_node(name("b.example.")), test_key)}));
  const std::array views{first->view(), second->view()};
  const NameTable table(views);
  const auto find_from = [&](NodeView candidate, const Name& wanted) {
    return table.find_from(candidate, wanted.wire().data(), wanted.octets(),
                           hash_name(wanted.wire(), test_key));
  };
  const auto candidate_of = [&](const char* text) {
    return table.prefetch_node(hash_name(name(text).wire(), test_key));
  };

  EXPECT_TRUE(find_from(candidate_of("a.example."), name("a.example.")));
  EXPECT_FALSE(find_from(candidate_of("b.example."), name("b.example.")));  // a tombstone
  EXPECT_FALSE(find_from(candidate_of("c.example."), name("c.example.")));
  // Another name's node, as when half of a hash is the same: it is looked for then.
  EXPECT_TRUE(find_from(candidate_of("b.example."), name("a.example.")));
}

TEST(NameTable, VisitsEveryNodeOfATierOnce) {
  std::vector<Bytes> blocks;
  for (int i = 0; i < 100; ++i) {
    NodeSpec spec;  // empty non-terminals of several lengths: some need padding before them
    spec.name = name(std::string(static_cast<std::size_t>(1 + i % 40), 'x') + std::to_string(i));
    blocks.push_back(*write_node(spec, test_key));
  }
  const auto part = opened(names_part(blocks));
  const ByteView view = part->view();
  std::set<std::string> seen;
  NameTable(std::span(&view, 1)).for_each(0, [&](const NodeView& node) {
    seen.emplace(as_text(node.name()));
    const auto at = static_cast<std::size_t>(node.block().data() - view.data());
    const std::size_t needed = (24 + node.name().size() + 7) / 8 * 8;
    if (needed <= 64) {
      EXPECT_LE(at % 64 + needed, 64U);
    }
  });
  EXPECT_EQ(seen.size(), 100U);
}

TEST(NameTable, EmptyHoldsNothing) {
  EXPECT_FALSE(find(NameTable(), name("example.")));
  const auto part = opened(names_part({}));
  const ByteView view = part->view();
  EXPECT_FALSE(find(NameTable(std::span(&view, 1)), name("example.")));
}

}  // namespace
}  // namespace waymark::dns
