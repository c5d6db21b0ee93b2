// SPDX-License-Identifier: Apache-2.0
#include "dns/image/layout.h"
#include "dns/image/part_check.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "policy/policy_tree.h"

namespace waymark::dns {
namespace {

using namespace layout;  // NOLINT(google-build-using-namespace): this file checks nothing else

constexpr std::size_t rr_fixed = 12;  // owner C00C, TYPE, CLASS, TTL, RDLENGTH

template <class T>
const T& at(ByteView block, std::size_t offset) noexcept {
  return *reinterpret_cast<const T*>(block.data() + offset);
}

bool inside(std::size_t offset, std::size_t octets, std::size_t of) noexcept {
  return offset <= of && octets <= of - offset;
}

/// Answers follow the names in these: they must be whole. `RDATA` of other types is only copied.
bool is_rdata(std::uint16_t type, ByteView rdata) noexcept {
  std::size_t name_at = 0;
  switch (static_cast<RrType>(type)) {
    case RrType::NS:
    case RrType::CNAME:
    case RrType::PTR:
    case RrType::DNAME:
      break;
    case RrType::MX:
      name_at = 2;
      break;
    case RrType::SRV:
      name_at = 6;
      break;
    case RrType::SVCB:
    case RrType::HTTPS: {
      std::size_t used = 0;
      return rdata.size() > 2 && count_labels(rdata.subspan(2), false, used) >= 0;
    }
    case RrType::SOA:
      return is_soa_rdata(rdata);
    default:
      return true;
  }
  std::size_t used = 0;
  return rdata.size() > name_at && count_labels(rdata.subspan(name_at), false, used) >= 0 &&
         name_at + used == rdata.size();
}

/// The RR at the front of `octets`, or 0.
std::size_t rr_octets(ByteView octets, std::uint16_t type) noexcept {
  if (octets.size() < rr_fixed) return 0;
  const std::size_t rdata_octets = load16(&octets[10]);
  if (load16(octets.data()) != 0xC00C || load16(&octets[2]) != type ||
      load16(&octets[4]) != static_cast<std::uint16_t>(RrClass::IN) ||
      rdata_octets > octets.size() - rr_fixed ||
      !is_rdata(type, octets.subspan(rr_fixed, rdata_octets)))
    return 0;
  return rr_fixed + rdata_octets;
}

/// `payload` is a RecordsHeader and what belongs to it, nothing more. 4-aligned.
bool are_records(ByteView payload, std::uint16_t type) noexcept {
  if (payload.size() < sizeof(RecordsHeader)) return false;
  const auto& header = at<RecordsHeader>(payload, 0);
  const std::size_t count = header.records;
  const std::size_t starts = header.stride == 0 ? 4 * count : 0;
  if (count == 0 || payload.size() != sizeof(RecordsHeader) + starts + header.octets) return false;
  const ByteView rrs = payload.subspan(sizeof(RecordsHeader) + starts);
  std::size_t offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (starts != 0 && at<std::uint32_t>(payload, sizeof(RecordsHeader) + 4 * i) != offset)
      return false;
    const std::size_t octets = rr_octets(rrs.subspan(offset), type);
    if (octets == 0 || (starts == 0 && octets != header.stride)) return false;
    offset += octets;
  }
  return offset == rrs.size();
}

/// How the names of one node are hashed.
struct Hashed {
  const HashKey& key;
  Space space;
};

bool is_target(ByteView payload, const Target& target, std::uint16_t type,
               const Hashed& hashed) noexcept {
  if (!inside(target.offset, target.octets, payload.size())) return false;
  const ByteView octets = payload.subspan(target.offset, target.octets);
  switch (target.kind) {
    case TargetKind::records:
      return target.offset % 4 == 0 && are_records(octets, type);
    case TargetKind::go_on: {
      std::size_t used = 0;
      return count_labels(octets, true, used) >= 0 && used == octets.size() &&
             target.hash == hash_name(octets, hashed.key, hashed.space);
    }
    case TargetKind::outside: {
      std::size_t used = 0;
      return count_labels(octets, true, used) >= 0 && used == octets.size() &&
             target.unresolved <= 1;
    }
  }
  return false;
}

const char* check_targets(ByteView payload, std::uint16_t type, const Hashed& hashed) noexcept {
  if (payload.size() < sizeof(TargetsHeader)) return "targets are cut short";
  const auto& header = at<TargetsHeader>(payload, 0);
  const std::size_t count = header.targets;
  if (count == 0 || !inside(sizeof(TargetsHeader), count * sizeof(Target), payload.size()))
    return "targets are cut short";
  for (std::size_t i = 0; i < count; ++i)
    if (!is_target(payload, at<Target>(payload, sizeof(TargetsHeader) + i * sizeof(Target)), type,
                   hashed))
      return "target is bad";
  if (header.policy_octets == 0) return count == 1 ? nullptr : "targets have no policy";
  if (header.policy_offset % 4 != 0 ||
      !inside(header.policy_offset, header.policy_octets, payload.size()))
    return "policy is outside";
  const auto policy = policy::PolicyTree::check(
      payload.subspan(header.policy_offset, header.policy_octets), header.targets);
  return policy ? nullptr : "policy is bad";
}

const char* check_entry(ByteView block, const Entry& entry, const Hashed& hashed) noexcept {
  if (!inside(entry.offset, entry.octets, block.size())) return "payload is outside";
  const ByteView payload = block.subspan(entry.offset, entry.octets);
  switch (entry.kind) {
    case EntryKind::records:
      if (entry.offset % 4 != 0) return "payload is not aligned";
      return are_records(payload, entry.type) ? nullptr : "records are bad";
    case EntryKind::targets:
      if (entry.offset % 8 != 4) return "payload is not aligned";
      return check_targets(payload, entry.type, hashed);
    case EntryKind::soa:
      return entry.type == static_cast<std::uint16_t>(RrType::SOA) ? nullptr
                                                                   : "SOA of another type";
  }
  return "entry kind is unknown";
}

/// RFC 6672 §2.4: a DNAME is alone of its type. The entry has been checked.
bool is_one_dname(ByteView block, const Entry& entry) noexcept {
  return entry.type == static_cast<std::uint16_t>(RrType::DNAME) &&
         entry.kind == EntryKind::records && at<RecordsHeader>(block, entry.offset).records == 1;
}

}  // namespace

int count_labels(ByteView octets, bool folded, std::size_t& used) noexcept {
  std::size_t at = 0;
  for (int labels = 0; at < octets.size() && at < max_name_octets; ++labels) {
    const std::size_t length = octets[at++];
    if (length == 0) {
      used = at;
      return labels;
    }
    if (length > max_label_octets || length > octets.size() - at) return -1;
    if (folded)
      for (std::size_t i = 0; i < length; ++i)
        if (octets[at + i] >= 'A' && octets[at + i] <= 'Z') return -1;
    at += length;
  }
  return -1;
}

bool is_soa_rdata(ByteView rdata) noexcept {
  std::size_t mname = 0;
  std::size_t rname = 0;
  return count_labels(rdata, false, mname) >= 0 &&
         count_labels(rdata.subspan(mname), false, rname) >= 0 &&
         rdata.size() - mname - rname == 20;
}

const char* check_node(ByteView block, const HashKey& key, std::size_t& at_offset) noexcept {
  const auto& node = at<Node>(block, 0);
  const std::size_t name_at = sizeof(Node) + node.entries * sizeof(Entry);
  if (!inside(name_at, node.name_octets, block.size())) return "entries are cut short";
  const ByteView name = block.subspan(name_at, node.name_octets);
  std::size_t used = 0;
  if (count_labels(name, true, used) != node.labels || used != name.size()) return "name is bad";
  const bool is_private = (node.flags & node_private) != 0;
  if (is_private && node.zone == 0) return "private node has no zone";
  const Hashed hashed{key, Space::of(is_private ? node.zone : 0)};
  if (node.hash != hash_name(name, key, hashed.space)) return "hash is not the name's";
  if (node.cut_labels > node.labels) return "cut is below the name";
  if ((node.flags & node_tombstone) != 0 && node.entries != 0) return "tombstone has entries";
  bool dname = false;
  for (std::size_t i = 0; i < node.entries; ++i) {
    at_offset = sizeof(Node) + i * sizeof(Entry);
    const auto& entry = at<Entry>(block, at_offset);
    if (i > 0 && entry.type <= at<Entry>(block, at_offset - sizeof(Entry)).type)
      return "entries are out of order";
    if (const char* fault = check_entry(block, entry, hashed)) return fault;
    dname |= is_one_dname(block, entry);
  }
  at_offset = 0;
  if (dname != ((node.flags & node_dname) != 0)) return "flag of a DNAME is wrong";
  return nullptr;
}

}  // namespace waymark::dns
