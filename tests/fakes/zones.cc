// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/zones.h"

#include <algorithm>
#include <utility>

namespace waymark::dns::fakes {

RRset records(std::string_view owner, RrType type, std::vector<Bytes> rdata, std::uint32_t ttl) {
  std::sort(rdata.begin(), rdata.end());
  return {Name::parse(owner).value(), type, ttl, std::move(rdata)};
}

Zones& Zones::zone(std::string_view apex) {
  const Name name = Name::parse(apex).value();
  zones_.push_back({static_cast<ZoneNumber>(zones_.size()), name, 900, soa(1, 300)});
  NodeSpec& spec = node(name);
  spec.flags |= layout::node_apex;
  spec.entries.push_back({RrType::SOA, EntrySpec::Soa{}});
  return *this;
}

Zones& Zones::add(std::string_view owner, RrType type, std::vector<Bytes> rdata,
                  std::uint32_t ttl) {
  node(Name::parse(owner).value())
      .entries.push_back({type, records(owner, type, std::move(rdata), ttl)});
  return *this;
}

Zones& Zones::route(std::string_view owner, RrType type, std::vector<TargetSpec> targets,
                    Bytes policy) {
  node(Name::parse(owner).value())
      .entries.push_back({type, EntrySpec::Targets{std::move(targets), std::move(policy)}});
  return *this;
}

Zones& Zones::latency(Bytes table) {
  latency_ = std::move(table);
  return *this;
}

NodeSpec& Zones::node(const Name& name) {
  NodeSpec& spec = nodes_[name];
  spec.name = name;
  const ZoneSpec* closest = nullptr;
  for (const ZoneSpec& candidate : zones_)
    if (name.is_under(candidate.name) &&
        (closest == nullptr || candidate.name.is_under(closest->name)))
      closest = &candidate;
  WAYMARK_ASSERT(closest != nullptr);
  spec.zone = closest->number;
  return spec;
}

void Zones::derive(std::map<Name, NodeSpec>& nodes) const {
  for (const auto& [name, spec] : nodes_) {
    for (Name child = name; child != zones_[spec.zone].name; child = child.parent()) {
      NodeSpec& parent = nodes[child.parent()];
      if (parent.name != child.parent()) parent.name = child.parent(), parent.zone = spec.zone;
      if (child.is_wildcard()) parent.flags |= layout::node_wildcard_child;
    }
  }
  for (auto& [name, spec] : nodes) {
    if (std::any_of(spec.entries.begin(), spec.entries.end(),
                    [](const EntrySpec& e) { return e.type == RrType::DNAME; }))
      spec.flags |= layout::node_dname;
    const bool has_ns = std::any_of(spec.entries.begin(), spec.entries.end(),
                                    [](const EntrySpec& e) { return e.type == RrType::NS; });
    if (has_ns && (spec.flags & layout::node_apex) == 0) spec.flags |= layout::node_delegation;
    std::sort(spec.entries.begin(), spec.entries.end(),
              [](const EntrySpec& a, const EntrySpec& b) { return a.type < b.type; });
  }
  for (auto& [name, spec] : nodes) {
    for (Name cut = name; cut != zones_[spec.zone].name; cut = cut.parent()) {
      if ((nodes[cut].flags & layout::node_delegation) != 0) spec.cut_labels = cut.labels();
    }
  }
}

Image Zones::image() const {
  auto nodes = nodes_;
  derive(nodes);
  NamesWriter names(hash_key);
  for (const auto& [name, spec] : nodes)
    names.add(write_node(spec, hash_key).value());

  std::vector<Bytes> contents{names.finish(1, false), write_zones(zones_, 2)};
  std::vector<layout::PartKind> kinds{layout::PartKind::names, layout::PartKind::zones};
  if (!latency_.empty()) {
    contents.push_back(write_table(layout::PartKind::latency, latency_, 3));
    kinds.push_back(layout::PartKind::latency);
  }
  Manifest manifest;
  manifest.generation = 1;
  std::vector<std::shared_ptr<const Part>> parts;
  for (std::size_t i = 0; i < contents.size(); ++i) {
    manifest.parts.push_back({kinds[i], i + 1, contents[i].size(), ContentHash::of(contents[i])});
    parts.push_back(Part::open(std::move(contents[i])).value());
  }
  return Image::open(manifest, std::move(parts)).value();
}

}  // namespace waymark::dns::fakes
