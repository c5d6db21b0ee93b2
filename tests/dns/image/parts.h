// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dns/image/image.h"

namespace waymark::dns {

constexpr HashKey test_key{0x0123456789ABCDEF, 0xFEDCBA9876543211};

inline Name name(std::string_view text) {
  return *Name::parse(text);
}

inline RRset addresses(const Name& owner, int count = 1) {
  RRset set{owner, RrType::A, 300, {}};
  for (int i = 0; i < count; ++i)
    set.rdata.push_back({192, 0, 2, static_cast<Octet>(i + 1)});
  return set;
}

inline NodeSpec address_node(const Name& owner) {
  NodeSpec spec;
  spec.name = owner;
  spec.entries.push_back({RrType::A, addresses(owner)});
  return spec;
}

/// A tier of these nodes; part `id`.
inline Bytes names_part(const std::vector<Bytes>& blocks, std::uint64_t id = 1,
                        bool with_filter = false, const HashKey& key = test_key) {
  NamesWriter writer(key);
  for (const Bytes& block : blocks)
    writer.add(block);
  return writer.finish(id, with_filter);
}

inline std::shared_ptr<const Part> opened(Bytes content) {
  return *Part::open(std::move(content));
}

/// MNAME and RNAME are the root; MINIMUM is 60.
inline Bytes soa_rdata() {
  Bytes rdata(22);
  store32(rdata.data() + 18, 60);
  return rdata;
}

/// A generation of these parts, in this order.
inline Manifest manifest_of(const std::vector<std::shared_ptr<const Part>>& parts) {
  Manifest manifest;
  manifest.generation = 1;
  for (const auto& part : parts)
    manifest.parts.push_back(
        {part->kind(), part->id(), part->view().size(), ContentHash::of(part->view())});
  return manifest;
}

inline NodeView find(const NameTable& table, const Name& wanted) {
  const ByteView wire = wanted.wire();
  return table.find(wire.data(), wire.size(), hash_name(wire, table.key()));
}

}  // namespace waymark::dns
