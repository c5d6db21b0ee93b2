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

/// What the image answers with for one of `count` sets of a name; nothing: it knows nothing.
std::optional<ExternalAnswer> image_answer(const dns::NodeView& node, dns::RrType type,
                                           std::size_t index, std::size_t count) {
  const dns::layout::Entry* entry = node ? node.find(type) : nullptr;
  if (entry == nullptr) return std::nullopt;
  const Octet* payload = node.at(entry->offset);
  if (entry->kind == dns::layout::EntryKind::records)
    return count == 1 ? std::optional(answer_at(payload, type)) : std::nullopt;
  if (entry->kind != dns::layout::EntryKind::targets) return std::nullopt;
  dns::layout::TargetsHeader header;
  std::memcpy(&header, payload, sizeof header);
  if (header.targets != count) return std::nullopt;
  dns::layout::Target target;
  std::memcpy(&target, payload + sizeof header + index * sizeof target, sizeof target);
  if (target.kind == dns::layout::TargetKind::records)
    return answer_at(payload + target.offset, type);
  const bool answered = target.kind == dns::layout::TargetKind::outside && target.unresolved == 0;
  return answered ? std::optional<ExternalAnswer>(std::in_place) : std::nullopt;
}

bool same(const std::optional<ExternalAnswer>& a, const ExternalAnswer& b) {
  if (!a) return false;
  return a->addresses == b.addresses && (a->ttl == b.ttl || a->addresses.empty());
}

}  // namespace

/// After a start, of the names that no commit has touched since the image: what is known to be
/// otherwise is compiled anew, and what nobody has kept stays as the image has it.
Result<void> ImageCompiler::Impl::compare_external(const Snapshot& state, const Touched& touched,
                                                   const std::vector<ExternalAlias>& aliases,
                                                   ExternalAnswers& seeds) {
  std::set<std::pair<NameKey, dns::RrType>> seen;
  for (const ExternalAlias& alias : aliases) {
    NameKey owner{alias.private_zone, alias.owner};
    if (touched.names.contains(owner) || !seen.emplace(owner, alias.target.type).second) continue;
    const auto zone = zone_of(state, owner);
    if (!zone) return zone.error();
    if (!*zone) continue;
    auto sets = state.record_sets_at(**zone, owner.name);
    if (!sets) return sets.error();
    std::erase_if(*sets, [&](const RecordSet& set) { return set.type != alias.target.type; });
    const dns::NodeView node = node_of(owner);
    for (std::size_t i = 0; i < sets->size(); ++i) {
      const auto one = external_alias_of(**zone, (*sets)[i]);
      if (!one) continue;
      auto answer = image_answer(node, one->target.type, i, sets->size());
      if (const auto kept = outside.external.find(one->target); kept != outside.external.end()) {
        if (!seeds.contains(one->target) && !same(answer, kept->second))
          external_names.insert(owner);
      } else if (answer) {
        seeds.emplace(one->target, *answer);
        outside.external.emplace(one->target, std::move(*answer));
      }
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
