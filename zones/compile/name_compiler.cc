// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/name_compiler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/hash.h"
#include "policy/policy_builder.h"
#include "zones/change_batch.h"
#include "zones/compile/policy_compiler.h"

namespace waymark::zones {
namespace {

using dns::RrType;

dns::RRset addresses_of(const RecordSet& set, const ExternalAnswer& answer) {
  dns::RRset records{set.owner, set.type, answer.ttl, {}};
  for (const IpAddress& address : answer.addresses) {
    const ByteView octets = address.wire();
    records.rdata.emplace_back(octets.begin(), octets.end());
  }
  return records;
}

bool has_type(const std::vector<RecordSet>& sets, RrType type) {
  return std::any_of(sets.begin(), sets.end(),
                     [&](const RecordSet& set) { return set.type == type; });
}

/// Whether the parent's side of a cut keeps a type: the referral, its DS and glue (RFC 1034 §4.2.1,
/// RFC 4035 §2.4). What else stands there belongs to the child.
bool stands_at_cut(RrType type, bool at_cut) {
  if (type == RrType::A || type == RrType::AAAA) return true;
  return at_cut && (type == RrType::NS || type == RrType::DS);
}

/// Of what is counted: the sets and how they compete. Values, TTLs and checks may change.
std::uint32_t signature_of(const RecordSet* first, const RecordSet* last) {
  Bytes text;
  ByteWriter writer(text);
  for (const RecordSet* set = first; set != last; ++set) {
    writer.u16(static_cast<std::uint16_t>(set->set_id.size()));
    writer.put(as_octets(set->set_id));
    writer.put(encode(set->routing));
  }
  return static_cast<std::uint32_t>(ContentHash::of(text).low);
}

}  // namespace

Result<Bytes> NameCompiler::block(const NameKey& key) {
  const dns::Name& name = key.name;
  auto zone = zone_of(state_, key);
  if (!zone) return zone.error();
  if (!*zone) return dns::write_tombstone(name, key_, key.private_zone);

  auto sets = state_.record_sets_at(**zone, name);
  if (!sets) return sets.error();
  auto there = exists(**zone, name, !sets->empty());
  if (!there) return there.error();
  if (!*there) return dns::write_tombstone(name, key_, key.private_zone);

  auto cut = cut_above(**zone, name);
  if (!cut) return cut.error();
  if (cut->hidden) return dns::write_tombstone(name, key_, key.private_zone);
  Result<bool> wildcard = false;
  if (cut->labels != 0 || !has_type(*sets, RrType::DNAME)) wildcard = has_wildcard(**zone, name);
  if (!wildcard) return wildcard.error();
  return block(Site{**zone, name, cut->labels, *wildcard, std::move(*sets)});
}

Result<Bytes> NameCompiler::block(const Site& site) {
  auto told = [&](const Error& error) {
    return Error(error.code(), "zone " + site.zone.name.to_string() + " name " +
                                   site.name.to_string() + ": " + error.detail());
  };
  auto spec = node(site);
  if (!spec) return told(spec.error());
  auto written = dns::write_node(*spec, key_);
  if (!written) return told(written.error());
  return written;
}

Result<bool> NameCompiler::exists(const HostedZone& zone, const dns::Name& name, bool has_sets) {
  if (has_sets || name == zone.name) return true;
  return state_.has_names_below(zone, name);
}

Result<bool> NameCompiler::has_wildcard(const HostedZone& zone, const dns::Name& name) {
  if (name.octets() + 2 > dns::max_name_octets) return false;
  const dns::Name wildcard = name.child("*");
  auto sets = state_.record_sets_at(zone, wildcard);
  if (!sets) return sets.error();
  if (!sets->empty()) return true;
  return state_.has_names_below(zone, wildcard);
}

Result<CutAbove> NameCompiler::cut_above(const HostedZone& zone, const dns::Name& name) {
  CutAbove topmost;
  for (dns::Name at = name;; at = at.parent()) {
    auto sets = state_.record_sets_at(zone, at);
    if (!sets) return sets.error();
    if (at != zone.name && has_type(*sets, RrType::NS))
      topmost = {at.labels(), false};
    else if (at != name && has_type(*sets, RrType::DNAME))
      topmost = {0, true};
    if (at == zone.name) return topmost;
  }
}

Result<std::vector<RecordSet>> NameCompiler::parent_ds(const HostedZone& zone) {
  std::vector<RecordSet> ds;
  // A private zone's clients never see what is above it.
  if (zone.name.is_root() || zone.is_private()) return ds;
  auto parent = state_.zone_above(zone.name.parent());
  if (!parent) return parent.error();
  if (!*parent) return ds;
  auto sets = state_.record_sets_at(**parent, zone.name);
  if (!sets) return sets.error();
  for (RecordSet& set : *sets)
    if (set.type == RrType::DS) ds.push_back(std::move(set));
  return ds;
}

Result<dns::NodeSpec> NameCompiler::node(const Site& site) {
  dns::NodeSpec node{site.name, site.zone.number, site.cut_labels, 0, {}};
  const bool apex = site.name == site.zone.name;
  const bool at_cut = site.cut_labels != 0 && site.cut_labels == site.name.labels();
  if (apex) node.flags |= dns::layout::node_apex;
  if (site.zone.is_private()) node.flags |= dns::layout::node_private;
  if (at_cut) node.flags |= dns::layout::node_delegation;
  if (site.wildcard_child) node.flags |= dns::layout::node_wildcard_child;

  std::vector<RecordSet> sets = site.sets;
  if (site.cut_labels != 0)
    std::erase_if(sets, [&](const RecordSet& set) { return !stands_at_cut(set.type, at_cut); });
  if (apex && std::none_of(sets.begin(), sets.end(),
                           [](const RecordSet& set) { return set.type == RrType::DS; })) {
    auto ds = parent_ds(site.zone);  // RFC 4035 §3.1.4.1: DS is the parent's to answer
    if (!ds) return ds.error();
    sets.insert(sets.end(), ds->begin(), ds->end());
    std::stable_sort(sets.begin(), sets.end(),
                     [](const RecordSet& a, const RecordSet& b) { return a.type < b.type; });
  }
  if (has_type(sets, RrType::DNAME)) node.flags |= dns::layout::node_dname;
  if (auto added = add_entries(site, sets, node); !added) return added.error();
  return node;
}

Result<void> NameCompiler::add_entries(const Site& site, const std::vector<RecordSet>& sets,
                                       dns::NodeSpec& node) {
  const RecordSet* const end = sets.data() + sets.size();
  for (const RecordSet* first = sets.data(); first != end;) {
    const RecordSet* last =
        std::find_if(first, end, [&](const RecordSet& set) { return set.type != first->type; });
    auto made = entry(site, first, last);
    if (!made) return made.error();
    node.entries.push_back(std::move(*made));
    first = last;
  }
  return {};
}

Result<dns::EntrySpec> NameCompiler::entry(const Site& site, const RecordSet* first,
                                           const RecordSet* last) {
  dns::EntrySpec entry;
  entry.type = first->type;
  if (first->type == RrType::SOA) {
    entry.content = dns::EntrySpec::Soa{};
    return entry;
  }
  const bool routed = !std::holds_alternative<Simple>(first->routing);
  if (!routed && first->alias && first->alias->external) {
    dns::TargetSpec target = target_of(*first);
    if (auto* records = std::get_if<dns::RRset>(&target))
      entry.content = std::move(*records);
    else
      entry.content = dns::EntrySpec::Targets{{std::move(target)}, {}};
    return entry;
  }
  if (!routed && !first->alias) {
    entry.content = dns::RRset{first->owner, first->type, first->ttl, first->rdata};
    return entry;
  }
  dns::EntrySpec::Targets targets;
  std::uint32_t least_ttl = first->ttl;
  for (const RecordSet* set = first; set != last; ++set)
    least_ttl = std::min(least_ttl, set->ttl);
  for (const RecordSet* set = first; set != last; ++set) {
    targets.targets.push_back(target_of(*set));
    auto* records = std::get_if<dns::RRset>(&targets.targets.back());
    // RFC 2181 §5.2: several sets in one answer have one TTL.
    if (records != nullptr && std::holds_alternative<Multivalue>(set->routing))
      records->ttl = least_ttl;
  }
  if (routed) {
    auto tree = policy(site, first, last);
    if (!tree) return tree.error();
    targets.policy = std::move(*tree);
  } else {
    auto health = gates_.of(state_, site.zone, *first);
    if (!health) return health.error();
    targets.descends = health->descends;
  }
  entry.content = std::move(targets);
  return entry;
}

/// The addresses of an external alias stand in the image like its own records.
dns::TargetSpec NameCompiler::target_of(const RecordSet& set) const {
  if (!set.alias) return dns::RRset{set.owner, set.type, set.ttl, set.rdata};
  if (!set.alias->external) return set.alias->target;
  const auto answer = outside_.find({set.alias->target, set.type});
  if (answer == outside_.end()) return dns::OutsideSpec{set.alias->target, true};
  if (answer->second.addresses.empty()) return dns::OutsideSpec{set.alias->target, false};
  return addresses_of(set, answer->second);
}

Result<Bytes> NameCompiler::policy(const Site& site, const RecordSet* first,
                                   const RecordSet* last) {
  const auto crowd = gates_.crowd(state_, site.zone, first, last);
  if (!crowd) return crowd.error();
  PolicyCompiler compiler(state_, regions_);
  for (const RecordSet* set = first; set != last; ++set) {
    auto health = gates_.of(state_, site.zone, *set);
    if (!health) return health.error();
    health->slot = gates_.unless_panic(health->slot, *crowd);
    if (auto added = compiler.add(*set, *health); !added) return added.error();
  }
  auto tree = compiler.finish();
  if (tree)
    policy::set_counting(
        *tree, counters_.of(site.zone.number, {site.zone.private_number(), site.name}, first->type,
                            signature_of(first, last), static_cast<std::uint16_t>(last - first)));
  return tree;
}

}  // namespace waymark::zones
