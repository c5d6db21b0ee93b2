// SPDX-License-Identifier: Apache-2.0
//
// The names whose external targets answer otherwise: all of them sooner or later, and so many in
// one generation that it stays a small one.
#include <cstring>

#include "dns/answer_additional.h"
#include "dns/protocol/name_hash.h"
#include "zones/compile/compiler_state.h"
#include "zones/external_alias.h"

namespace waymark::zones {
namespace {

constexpr std::size_t most_external_names = 2048;  // of one generation

/// The addresses of A or AAAA records with a compressed owner (layout.h).
ExternalAnswer answer_at(const Octet* at, dns::RrType type) {
  const dns::WireRRs rrs = dns::records_at(at);
  const bool v4 = type == dns::RrType::A;
  const std::size_t octets = v4 ? 4 : 16, stride = 12 + octets;
  ExternalAnswer answer;
  for (std::size_t i = 0; i < rrs.records; ++i) {
    const Octet* rr = rrs.first + i * stride;
    answer.ttl = load32(rr + 6);
    IpAddress& address = answer.addresses.emplace_back();
    address.family = v4 ? IpAddress::Family::v4 : IpAddress::Family::v6;
    std::copy_n(rr + 12, octets, address.octets.begin());
  }
  std::sort(answer.addresses.begin(), answer.addresses.end());
  return answer;
}

/// What the image answers with at a name and type.
class ImageEntry {
 public:
  ImageEntry(const dns::NodeView& node, dns::RrType type) : type_(type), entry_(node.find(type)) {
    if (entry_ == nullptr) return;
    payload_ = node.at(entry_->offset);
    if (entry_->kind == dns::layout::EntryKind::targets)
      std::memcpy(&header_, payload_, sizeof header_);
  }

  /// One set alone: no policy chooses.
  bool is_simple() const noexcept {
    return entry_ == nullptr || entry_->kind == dns::layout::EntryKind::records ||
           header_.policy_octets == 0;
  }
  /// Of one of `count` sets; nothing: the image knows nothing of it.
  std::optional<ExternalAnswer> answer(std::size_t index, std::size_t count) const {
    if (entry_ == nullptr) return std::nullopt;
    if (entry_->kind == dns::layout::EntryKind::records)
      return count == 1 ? std::optional(answer_at(payload_, type_)) : std::nullopt;
    if (entry_->kind != dns::layout::EntryKind::targets || header_.targets != count)
      return std::nullopt;
    dns::layout::Target target;
    std::memcpy(&target, payload_ + sizeof header_ + index * sizeof target, sizeof target);
    if (target.kind == dns::layout::TargetKind::records)
      return answer_at(payload_ + target.offset, type_);
    const bool answered = target.kind == dns::layout::TargetKind::outside && target.unresolved == 0;
    return answered ? std::optional<ExternalAnswer>(std::in_place) : std::nullopt;
  }

 private:
  dns::RrType type_;
  const dns::layout::Entry* entry_;
  const Octet* payload_ = nullptr;
  dns::layout::TargetsHeader header_{};
};

bool same(const std::optional<ExternalAnswer>& a, const ExternalAnswer& b) {
  if (!a) return false;
  return a->addresses == b.addresses && (a->ttl == b.ttl || a->addresses.empty());
}

/// What the image has of targets, beside what was kept of them.
struct Comparison {
  ExternalAnswers& kept;
  ExternalAnswers& seeds;        // what nobody had kept
  std::set<NameKey>& otherwise;  // owners to be compiled anew

  void add(const NameKey& owner, const ExternalTarget& target,
           std::optional<ExternalAnswer> answer) {
    const auto known = kept.find(target);
    if (known == kept.end()) {
      if (!answer) return;
      seeds.emplace(target, *answer);
      kept.emplace(target, std::move(*answer));
    } else if (!seeds.contains(target) && !same(answer, known->second)) {
      otherwise.insert(owner);
    }
  }

  /// Every set of the name and type; the image has them in the store's order.
  Result<void> add_group(const Snapshot& state, const HostedZone& zone, const NameKey& owner,
                         const ImageEntry& entry, dns::RrType type) {
    auto sets = state.record_sets_at(zone, owner.name);
    if (!sets) return sets.error();
    std::erase_if(*sets, [&](const RecordSet& set) { return set.type != type; });
    for (std::size_t i = 0; i < sets->size(); ++i)
      if (const auto one = external_alias_of(zone, (*sets)[i]))
        add(owner, one->target, entry.answer(i, sets->size()));
    return {};
  }
};

/// Zones by id, each read once.
class ReadZones {
 public:
  explicit ReadZones(const Snapshot& state) : state_(state) {}
  Result<const HostedZone*> find(const std::string& id) {
    const auto [at, is_new] = zones_.try_emplace(id);
    if (is_new) {
      auto known = state_.zone({id});
      if (!known) return known.error();
      at->second = std::move(*known);
    }
    return at->second ? &*at->second : nullptr;
  }

 private:
  const Snapshot& state_;
  std::map<std::string, std::optional<HostedZone>> zones_;
};

}  // namespace

/// After a start, of the names that no commit has touched since the image: what is known to be
/// otherwise is compiled anew, and what nobody has kept stays as the image has it.
Result<void> ImageCompiler::Impl::compare_external(const Snapshot& state, const Touched& touched,
                                                   const std::vector<ExternalAlias>& aliases,
                                                   ExternalAnswers& seeds) {
  Comparison comparison{outside.external, seeds, external_names};
  ReadZones read_zones(state);
  std::set<std::pair<NameKey, dns::RrType>> groups;  // each is looked at once
  for (const ExternalAlias& alias : aliases) {
    const NameKey owner{alias.private_zone, alias.owner};
    if (touched.names.contains(owner)) continue;
    const auto zone = read_zones.find(alias.zone);
    if (!zone) return zone.error();
    const dns::NodeView node = node_of(owner);
    // A zone below may stand at that name.
    if (*zone == nullptr || !node || node.zone() != (*zone)->number) continue;
    const ImageEntry entry(node, alias.target.type);
    if (entry.is_simple()) {
      comparison.add(owner, alias.target, entry.answer(0, 1));
    } else if (groups.emplace(owner, alias.target.type).second) {
      if (auto done = comparison.add_group(state, **zone, owner, entry, alias.target.type); !done)
        return done;
    }
  }
  return {};
}

dns::NodeView ImageCompiler::Impl::node_of(const NameKey& name) const {
  const ByteView wire = name.name.wire();
  return image.names().find(
      wire.data(), wire.size(),
      dns::hash_name(wire, image.names().key(), dns::Space::of(name.private_zone)));
}

Result<void> ImageCompiler::Impl::note_external(const Snapshot& state, Touched& touched,
                                                Generation& next, bool compares) {
  if (touched.external) {
    auto aliases = state.external_aliases(std::nullopt);
    if (!aliases) return aliases.error();
    if (compares)
      if (auto done = compare_external(state, touched, *aliases, next.external.from_image); !done)
        return done;
    next.external.all = std::move(*aliases);
  } else {
    next.external.steps = touched.external_steps;
  }
  for (const ExternalTarget& target : external_changed) {
    auto aliases = state.external_aliases(target);
    if (!aliases) return aliases.error();
    for (ExternalAlias& alias : *aliases)
      external_names.insert({alias.private_zone, std::move(alias.owner)});
  }
  external_changed.clear();

  external_taken.clear();
  for (const NameKey& name : external_names) {
    if (external_taken.size() == most_external_names || touched.names.size() >= most_touched) break;
    touched.names.insert(name);
    external_taken.insert(name);
  }
  next.more_waits = external_taken.size() < external_names.size();
  return {};
}

}  // namespace waymark::zones
