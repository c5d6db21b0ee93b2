// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/folder.h"

#include <array>
#include <span>

#include "dns/image/name_table.h"

namespace waymark::zones {
namespace {

/// Adds what `newer` does not shadow.
void add_unshadowed(dns::NamesWriter& writer, const dns::NameTable& newer, ByteView part,
                    bool keep_tombstones) {
  const dns::NameTable table(std::span<const ByteView>(&part, 1));
  table.for_each(0, [&](const dns::NodeView& node) {
    if (!keep_tombstones && node.has(dns::layout::node_tombstone)) return;
    const ByteView name = node.name();
    if (newer.newest(name.data(), name.size(), node.header().hash)) return;
    writer.add(node.block());
  });
}

std::size_t names_in(const std::shared_ptr<const dns::Part>& part) {
  if (!part) return 0;
  const ByteView view = part->view();
  return dns::NameTable(std::span<const ByteView>(&view, 1)).names();
}

}  // namespace

std::unique_ptr<Folded> fold(const FoldWork& work) {
  const std::size_t in_front = work.small.size() + names_in(work.middle);
  const std::size_t behind = names_in(work.base);
  auto folded = std::make_unique<Folded>();
  folded->mark = work.mark;
  folded->is_base = in_front * tier_ratio > behind;
  folded->instead_of = work.base ? work.base->id() : 0;

  // The newest tier as a table of its own, so that the older ones can be asked against it.
  dns::NamesWriter small(work.key);
  for (const Bytes& block : work.small)
    small.add(block);
  const Bytes small_part = small.finish(work.part_id, false);

  dns::NamesWriter writer(work.key);
  writer.reserve(in_front + (folded->is_base ? behind : 0),
                 folded->is_base && work.base ? work.base->view().size() : 0);
  std::array<ByteView, 2> newer = {ByteView(small_part), ByteView{}};
  add_unshadowed(writer, dns::NameTable(), small_part, !folded->is_base);
  if (work.middle) {
    add_unshadowed(writer, dns::NameTable(std::span(newer).first(1)), work.middle->view(),
                   !folded->is_base);
    newer[1] = work.middle->view();
  }
  if (folded->is_base && work.base)
    add_unshadowed(writer,
                   dns::NameTable(std::span<const ByteView>(newer).first(work.middle ? 2 : 1)),
                   work.base->view(), false);

  folded->part.content = writer.finish(work.part_id, !folded->is_base);
  folded->part.id = {dns::layout::PartKind::names, work.part_id, folded->part.content.size(),
                     ContentHash::of(folded->part.content)};
  return folded;
}

}  // namespace waymark::zones
