// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/random.h"
#include "dns/alias_health.h"
#include "dns/answer_additional.h"
#include "dns/image/image.h"
#include "dns/lookup.h"
#include "dns/protocol/name.h"
#include "dns/protocol/query.h"
#include "dns/protocol/response_writer.h"
#include "dns/silent_trace.h"
#include "dns/walk_ends.h"
#include "health/health_table.h"
#include "policy/policy_tree.h"

namespace waymark::dns {

/// From a question to the sections of its answer: RFC 1034 §4.3.2 with RFC 2308, 4592, 6604, 6672,
/// 8482 and 9471, over one image. Used once for each query.
/// Seen: Sight, or PublicSight.
template <class Trace, class Seen>
class AnswerWalk {
 public:
  static constexpr unsigned max_links = 16;    // CNAMEs and DNAMEs
  static constexpr unsigned max_aliases = 32;  // in one answer; validation lets no chain be longer
  static constexpr std::uint32_t any_ttl = 3600;

  /// `query.hash` is in the space of `sight`, whose VPC has the say at every link of the walk.
  AnswerWalk(const Image& image, health::HealthTable health, const IpAddress& source,
             const Seen& sight, Random& random, const Query& query, ResponseWriter& writer,
             Trace& trace) noexcept
      : image_(image),
        health_(health),
        source_(source),
        sight_(sight),
        random_(random),
        query_(query),
        writer_(writer),
        trace_(trace) {
    place_ = {query.name.data(), query.hash, query.name_octets, question_offset, query.labels};
  }

  /// `candidate` is what the names' prefetch_node() gave for the query's hash.
  WalkResult answer(NodeView candidate) noexcept {
    const NameTable& names = image_.names();
    NodeView exact = names.find_from(candidate, place_.name, place_.octets, place_.hash);
    while (step(exact))
      exact = names.find(place_.name, place_.octets, place_.hash);
    if (result_.truncated || result_.rcode == Rcode::SERVFAIL) writer_.clear();
    return result_;
  }

 private:
  // What is inlined or not is so that a plain answer is one straight piece of code.

  /// Answers for `place_`, whose node is `exact`. True: a CNAME leads on, and `place_` is its
  /// target.
  bool step(NodeView exact) noexcept {
    if (!exact) return answer_below(find_encloser(image_.names(), place_, sight_.space));
    trace_.zone(image_, exact.zone());
    const std::uint8_t cut = exact.header().cut_labels;
    // RFC 4035 §3.1.4.1: DS stands on the parent's side of the cut.
    if (cut > 0 && !(cut == place_.labels && query_.type == RrType::DS)) return refer(exact);

    result_.authoritative = true;
    trace_.exact(exact);
    if (query_.type == RrType::DS && exact.has(layout::node_apex)) return answer_ds(exact);
    return answer_from(exact);
  }

  /// The same for a name that has no node.
  bool answer_below(const Found& found) noexcept {
    if (!found.encloser) return outside();
    trace_.zone(image_, found.encloser.zone());
    if (found.encloser.header().cut_labels > 0) return refer(found.encloser);

    result_.authoritative = true;
    if (found.encloser.has(layout::node_dname)) return substitute(found.encloser);
    if (!found.wildcard) return negative(Rcode::NXDOMAIN, found.encloser.zone());
    trace_.wildcard(found.wildcard);
    return answer_from(found.wildcard);
  }

  bool outside() noexcept {
    // It is in a private zone, whose answer is final.
    if (!sight_.space.is_public()) return fail("its zone is not in the image");
    trace_.outside(place_);
    if (links_ == 0) result_.rcode = Rcode::REFUSED;
    return false;
  }

  [[gnu::always_inline]] bool answer_from(NodeView node) noexcept {
    if (query_.type == RrType::ANY) return answer_any(node);
    if (const layout::Entry* entry = node.find(query_.type)) return put_entry(node, *entry);
    if (const layout::Entry* cname = node.find(RrType::CNAME)) return follow(node, *cname);
    return negative(Rcode::NOERROR, node.zone());
  }

  /// DS of a zone of ours: the compiler has put it into the node. That there is none is for the
  /// zone above to say, when it is ours too (RFC 4035 §3.1.4.1).
  [[gnu::noinline]] bool answer_ds(NodeView node) noexcept {
    if (node.find(RrType::DS) != nullptr || place_.labels == 0) return answer_from(node);
    Place above = place_;
    const ByteView name = place_.suffix(--above.labels);
    above.name = name.data();
    above.octets = static_cast<std::uint16_t>(name.size());
    above.hash = hash_name(name, image_.names().key(), sight_.space);
    const Found found = find_place(image_.names(), above, sight_.space);
    const NodeView parent = found.exact ? found.exact : found.encloser;
    if (!parent) return answer_from(node);
    if (parent.header().cut_labels > 0) {
      result_.authoritative = links_ > 0;
      return refer(parent);
    }
    return negative(Rcode::NOERROR, parent.zone());
  }

  /// RFC 8482 §4.2: a synthesized HINFO, so that ANY amplifies nothing; a CNAME as it is (§4.3).
  [[gnu::noinline]] bool answer_any(NodeView node) noexcept {
    static constexpr std::array<Octet, 9> hinfo{7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
    if (const layout::Entry* cname = node.find(RrType::CNAME)) return put_entry(node, *cname);
    if (node.entries().empty()) return negative(Rcode::NOERROR, node.zone());
    trace_.answer(RrType::HINFO, 1);
    put(writer_.add(Section::answer, place_.owner(), RrType::HINFO, any_ttl, hinfo));
    return false;
  }

  [[gnu::always_inline]] bool put_entry(NodeView node, const layout::Entry& entry) noexcept {
    const std::size_t begin = writer_.position();
    if (entry.kind == layout::EntryKind::soa) return put_soa(node.zone());
    if (entry.kind == layout::EntryKind::targets) return put_targets(node, entry);
    if (dnames_ != 0 && entry.type == static_cast<std::uint16_t>(RrType::DNAME) && holds(node))
      return false;  // asked for, and met on the way: once is enough
    const WireRRs rrs = records_at(node.at(entry.offset));
    trace_.answer(RrType{entry.type}, rrs.records);
    if (put_answer(rrs) && names_hosts(RrType{entry.type})) add_addresses(node, entry, begin);
    return false;
  }

  [[gnu::noinline]] bool put_targets(NodeView node, const layout::Entry& entry) noexcept {
    const std::size_t begin = writer_.position();
    Chosen chosen;
    collect_targets(node, entry, chosen);
    if (chosen.count == 0 && result_.rcode != Rcode::SERVFAIL)
      return negative(Rcode::NOERROR, node.zone());
    for (std::size_t i = 0; i < chosen.count; ++i) {
      trace_.answer(RrType{entry.type}, chosen.sets[i].records);
      if (!put_answer(chosen.sets[i])) return false;
    }
    if (names_hosts(RrType{entry.type})) add_addresses(node, entry, begin);
    return false;
  }

  bool put_soa(ZoneNumber number) noexcept {
    const auto zone = image_.zone(number);
    if (!zone) return fail("its zone is not in the image");
    trace_.answer(RrType::SOA, 1);
    put(writer_.add(Section::answer, place_.owner(), RrType::SOA, zone->soa_ttl, zone->soa_rdata));
    return false;
  }

  /// NXDOMAIN or NODATA with the SOA of the zone that says so (RFC 2308 §2, §3).
  [[gnu::flatten]] bool negative(Rcode rcode, ZoneNumber number) noexcept {
    const auto zone = image_.zone(number);
    if (!zone || zone->labels > place_.labels) return fail("its zone is not in the image");
    trace_.absent(rcode, *zone);
    result_.rcode = rcode;
    put(writer_.add(Section::authority, place_.owner(zone->name.size()), RrType::SOA,
                    zone->negative_ttl, zone->soa_rdata));
    return false;
  }

  /// One CNAME into the answer; `place_` becomes its target.
  bool follow(NodeView node, const layout::Entry& entry) noexcept {
    Chosen chosen;
    collect(node, entry, chosen);
    if (chosen.count == 0)
      return result_.rcode == Rcode::SERVFAIL ? false : negative(Rcode::NOERROR, node.zone());
    if (links_ == max_links) return fail("more than 16 links");
    visited_[links_++] = place_.hash;

    const std::size_t begin = writer_.position();
    const Owner owner = place_.owner();
    trace_.answer(RrType::CNAME, 1);
    if (!put(put_rrs(Section::answer, chosen.sets[0], owner))) return false;
    return go_on_at(begin + owner.octets() + 10);
  }

  /// RFC 6672 §3.2 step 3C: the DNAME above, once, and a CNAME made from it.
  bool substitute(NodeView node) noexcept {
    const layout::Entry* entry = node.find(RrType::DNAME);
    const std::size_t suffix = node.name().size();
    if (entry == nullptr || entry->kind != layout::EntryKind::records || suffix > place_.octets)
      return fail("a DNAME that is none");
    if (links_ == max_links) return fail("more than 16 links");
    visited_[links_++] = place_.hash;

    const WireRRs dname = records_at(node.at(entry->offset));
    const ByteView target(dname.first + 12, load16(dname.first + 10));
    trace_.dname(node, target);
    if (!holds(node)) {
      given_[dnames_++] = &node.header();
      if (!put(put_rrs(Section::answer, dname, place_.owner(suffix)))) return false;
    }
    const std::size_t kept = place_.octets - suffix;
    std::array<Octet, max_name_octets> rdata;
    if (kept + target.size() > rdata.size()) {
      result_.rcode = Rcode::YXDOMAIN;
      trace_.gave_up("the new name would be longer than 255 octets");
      return false;
    }
    // From the message, so that letters stay as they were asked for.
    std::memcpy(rdata.data(), place_.offset != 0 ? writer_.data() + place_.offset : place_.name,
                kept);
    std::memcpy(rdata.data() + kept, target.data(), target.size());
    const std::size_t begin = writer_.position();
    const Owner owner = place_.owner();
    if (!put(writer_.add(Section::answer, owner, RrType::CNAME, load32(dname.first + 6),
                         {rdata.data(), kept + target.size()})))
      return false;
    if (query_.type == RrType::CNAME) return false;  // that is the answer, RFC 1034 §4.3.2 step 3a
    return go_on_at(begin + owner.octets() + 10);
  }

  /// Whether the answer holds this DNAME.
  bool holds(NodeView node) const noexcept {
    const auto end = given_.begin() + dnames_;
    return std::find(given_.begin(), end, &node.header()) != end;
  }

  /// `place_` becomes the name that was written there as RDATA. False: it was met before.
  bool go_on_at(std::size_t offset) noexcept {
    const Octet* target = writer_.data() + offset;
    const std::size_t octets = load16(target - 2);
    const std::uint8_t labels = count_labels({target, octets});
    if (labels > 127) return fail("a target that is no name");

    trace_.cname({target, octets});
    std::uint64_t hash = fold_and_hash(target, octets, image_.names().key(), chain_name_.data());
    if (sight_.vpc != 0) hash ^= look_again({chain_name_.data(), octets}, labels).mark;
    for (unsigned i = 0; i < links_; ++i)
      if (visited_[i] == hash) return trace_.loop(), false;
    place_ = {chain_name_.data(), hash, static_cast<std::uint16_t>(octets),
              static_cast<std::uint16_t>(offset < pointer_limit ? offset : 0), labels};
    return true;
  }

  /// Every link is looked up anew: in the longest private zone of the VPC, or among the public.
  Space look_again(ByteView name, std::uint8_t labels) noexcept {
    const ZoneNumber zone = image_.views().zone_of(sight_.vpc, name, labels);
    trace_.view(image_, sight_.vpc, name, zone);
    if constexpr (!std::is_empty_v<Seen>) sight_.space = Space::of(zone);
    return sight_.space;
  }

  void collect(NodeView node, const layout::Entry& entry, Chosen& chosen) noexcept {
    if (entry.kind == layout::EntryKind::records && chosen.count < chosen.sets.size())
      chosen.sets[chosen.count++] = records_at(node.at(entry.offset));
    if (entry.kind == layout::EntryKind::targets) collect_targets(node, entry, chosen);
  }

  [[gnu::always_inline]] void collect_targets(NodeView node, const layout::Entry& entry,
                                              Chosen& chosen) noexcept {
    const Octet* base = node.at(entry.offset);
    layout::TargetsHeader header;
    std::memcpy(&header, base, sizeof header);
    if (header.policy_octets == 0) return collect_target(base, 0, RrType{entry.type}, chosen);

    const policy::Client client = client_of(source_, query_.edns, sight_.space);
    const policy::Facts facts{client, image_.tables(), health_};
    const policy::PolicyTree tree(ByteView(base + header.policy_offset, header.policy_octets));
    const policy::Selection selection =
        trace_.select(tree, facts, random_, node, RrType{entry.type},
                      AliasHealth(image_.names(), facts, base, RrType{entry.type}));
    // RFC 7871 §7.1.2: the scope is 0 where the source prefix was.
    if (selection.used_client && goes_by_subnet(query_.edns, sight_.space))
      result_.scope = std::max(result_.scope, selection.scope_prefix);
    result_.failed_open |= selection.failed_open;
    for (std::size_t i = 0; i < selection.count; ++i)
      collect_target(base, selection.targets[i], RrType{entry.type}, chosen);
  }

  void collect_target(const Octet* base, std::size_t index, RrType type, Chosen& chosen) noexcept {
    layout::Target target;
    std::memcpy(&target, base + sizeof(layout::TargetsHeader) + index * sizeof target,
                sizeof target);
    if (target.kind != layout::TargetKind::records)
      return collect_alias({base + target.offset, target.octets}, target, type, chosen);
    if (chosen.count < chosen.sets.size())
      chosen.sets[chosen.count++] = records_at(base + target.offset);
  }

  /// The records of that type at another name, which must exist as such: no wildcard, no CNAME.
  [[gnu::noinline]] void collect_alias(ByteView name, const layout::Target& target, RrType type,
                                       Chosen& chosen) noexcept {
    if (++aliases_ > max_aliases) return static_cast<void>(fail("more than 32 aliases"));
    if (target.kind == layout::TargetKind::outside) {
      trace_.alias(name, false);
      if (target.unresolved != 0) fail("nobody has resolved this external alias yet");
      return;
    }
    const NodeView node = image_.names().find(name.data(), name.size(), target.hash);
    const layout::Entry* entry = node && node.header().cut_labels == 0 ? node.find(type) : nullptr;
    trace_.alias(name, entry != nullptr);
    if (entry != nullptr) collect(node, *entry, chosen);
  }

  /// A referral: NS of the cut that `reached` stands at or below, and the addresses of those
  /// servers that stand below it.
  [[gnu::flatten]] bool refer(NodeView reached) noexcept {
    const std::size_t cut_labels = reached.header().cut_labels;
    if (cut_labels > place_.labels) return fail("a cut below its name");
    const ByteView cut = place_.suffix(cut_labels);
    const NodeView node =
        reached.header().labels == cut_labels
            ? reached
            : image_.names().find(cut.data(), cut.size(),
                                  hash_name(cut, image_.names().key(), sight_.space));
    const layout::Entry* entry = node ? node.find(RrType::NS) : nullptr;
    if (entry == nullptr || entry->kind != layout::EntryKind::records)
      return fail("a cut without NS");
    trace_.delegation(node);
    const std::size_t begin = writer_.position();
    const Owner owner = place_.owner(cut.size());
    if (put(put_rrs(Section::authority, records_at(node.at(entry->offset)), owner)))
      put(AdditionalSection(image_, sight_, node.zone(), random_, writer_)
              .add_glue(begin, owner.octets(), node));
    return false;
  }

  /// For the answers from `begin` on.
  [[gnu::noinline]] void add_addresses(NodeView node, const layout::Entry& entry,
                                       std::size_t begin) noexcept {
    AdditionalSection(image_, sight_, node.zone(), random_, writer_)
        .add_addresses(begin, place_, RrType{entry.type});
  }

  /// RRs of `place_` into the answer.
  [[gnu::always_inline]] bool put_answer(const WireRRs& rrs) noexcept {
    const bool as_stored = rrs.records == 1 && place_.offset == question_offset;
    return put(as_stored ? writer_.add_as_stored(Section::answer, rrs)
                         : put_rrs(Section::answer, rrs, place_.owner()));
  }

  /// Sets start at a random record, so that clients that take the first spread.
  bool put_rrs(Section section, const WireRRs& rrs, const Owner& owner) noexcept {
    return writer_.add(section, rrs, owner, rrs.records > 1 ? random_.below(rrs.records) : 0);
  }

  /// What had to fit and did not makes the answer TC (RFC 2181 §9).
  bool put(bool fitted) noexcept {
    if (!fitted) trace_.gave_up("it does not fit");
    result_.truncated |= !fitted;
    return fitted;
  }

  bool fail(const char* why) noexcept {
    trace_.gave_up(why);
    result_.rcode = Rcode::SERVFAIL;
    result_.authoritative = false;
    return false;
  }

  const Image& image_;
  const health::HealthTable health_;
  const IpAddress& source_;
  [[no_unique_address]] Seen sight_;
  Random& random_;
  const Query& query_;
  ResponseWriter& writer_;
  Trace& trace_;
  Place place_;
  WalkResult result_;
  unsigned links_ = 0, aliases_ = 0, dnames_ = 0;
  std::array<std::uint64_t, max_links> visited_;
  std::array<const layout::Node*, max_links> given_;
  std::array<Octet, folded_name_room> chain_name_;
};

}  // namespace waymark::dns
