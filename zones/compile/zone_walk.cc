// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/zone_walk.h"

#include <algorithm>
#include <utility>

namespace waymark::zones {
namespace {

/// RFC 6672 §2.4: what stands below a DNAME is not there. Below a cut the DNAME itself is not.
bool hides_below(const Site& site) {
  return site.cut_labels == 0 &&
         std::any_of(site.sets.begin(), site.sets.end(),
                     [](const RecordSet& set) { return set.type == dns::RrType::DNAME; });
}

}  // namespace

ZoneWalk::ZoneWalk(const HostedZone& zone, const std::vector<HostedZone>& zones, dns::Name top,
                   std::uint8_t cut_labels, Emit emit)
    : zone_(zone), top_(std::move(top)), cut_labels_(cut_labels), emit_(std::move(emit)) {
  for (const HostedZone& other : zones) {
    if (other.name == zone_.name || !other.name.is_under(zone_.name)) continue;
    if (children_.empty() || !other.name.is_under(children_.back()))
      children_.push_back(other.name);
  }
}

Result<void> ZoneWalk::run(const Snapshot& state) {
  Result<void> taken;
  auto visited = state.for_each(zone_, std::nullopt, top_, [&](RecordSet&& set) {
    taken = take(std::move(set));
    return taken.has_value();
  });
  if (!visited) return visited;
  if (!taken) return taken;
  while (!path_.empty()) {
    if (auto emitted = emit_(path_.back()); !emitted) return emitted;
    path_.pop_back();
  }
  return {};
}

dns::Name ZoneWalk::visible(const dns::Name& name) {
  while (next_child_ < children_.size() && children_[next_child_] <= name)
    ++next_child_;
  if (next_child_ == 0) return name;
  const dns::Name& child = children_[next_child_ - 1];
  return name.is_under(child) ? child.parent() : name;
}

Result<void> ZoneWalk::take(RecordSet&& set) {
  const dns::Name name = visible(set.owner);
  const bool hidden = name != set.owner;
  if (hidden && !name.is_under(top_)) return {};
  if (path_.empty() || path_.back().name != name) {
    if (auto left = leave_to(name); !left) return left;
    if (!path_.empty() && hides_below(path_.back())) return {};
    if (auto entered = enter(name); !entered) return entered;
  }
  Site& site = path_.back();
  // "*.x" where a hosted zone begins still is a name of this zone, though hidden.
  if (hidden && children_[next_child_ - 1].is_wildcard()) site.wildcard_child = true;
  if (hidden) return {};
  if (set.type == dns::RrType::NS && name != zone_.name && site.cut_labels == 0)
    site.cut_labels = name.labels();
  site.sets.push_back(std::move(set));
  return {};
}

Result<void> ZoneWalk::leave_to(const dns::Name& name) {
  while (!path_.empty() && !name.is_under(path_.back().name)) {
    if (auto emitted = emit_(path_.back()); !emitted) return emitted;
    path_.pop_back();
  }
  return {};
}

Result<void> ZoneWalk::enter(const dns::Name& name) {
  const std::size_t above = path_.empty() ? top_.labels() : path_.back().name.labels() + 1U;
  std::vector<dns::Name> missing;  // from the name up
  for (dns::Name at = name; at.labels() >= above; at = at.parent()) {
    missing.push_back(at);
    if (at.is_root()) break;
  }
  for (auto at = missing.rbegin(); at != missing.rend(); ++at) {
    Site site{zone_, *at, path_.empty() ? cut_labels_ : path_.back().cut_labels, false, {}};
    if (!path_.empty() && at->is_wildcard()) path_.back().wildcard_child = true;
    path_.push_back(std::move(site));
  }
  return {};
}

}  // namespace waymark::zones
