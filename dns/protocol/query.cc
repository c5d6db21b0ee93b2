// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/query.h"

#include <algorithm>
#include <memory>

#include "dns/protocol/name.h"

namespace waymark::dns {
namespace {

constexpr std::size_t rr_fixed_octets = 10;  // TYPE, CLASS, TTL, RDLENGTH

/// Question at octet 12: uncompressed name, type, class. False when it is none.
bool read_question(const HashKey& key, Query& query) noexcept {
  const Octet* const name = query.packet.data() + header_octets;
  const std::size_t room = query.packet.size() - header_octets;
  const std::size_t limit = std::min(room, max_name_octets);
  std::size_t at = 0;
  std::uint8_t labels = 0;
  for (; at < limit && name[at] - 1U < max_label_octets; ++labels)
    at += 1U + name[at];
  if (at >= limit || name[at] != 0) return false;  // a pointer has nothing before it to point to
  ++at;
  if (room - at < 4) return false;

  query.name_octets = static_cast<std::uint16_t>(at);
  query.labels = labels;
  query.hash = fold_and_hash(name, at, key, query.name.data());
  query.type = RrType{load16(name + at)};
  query.rr_class = RrClass{load16(name + at + 2)};
  query.question_octets = static_cast<std::uint16_t>(at + 4);
  return true;
}

/// Moves `at` behind an owner name, compressed or not. Pointers lead backward (RFC 1035 §4.1.4)
/// and are not followed: nobody reads these names.
bool skip_name(ByteView packet, std::size_t& at) noexcept {
  const std::size_t start = at;
  while (at < packet.size() && at - start < max_name_octets) {
    const Octet length = packet[at];
    if (length >= 0xC0) {
      if (packet.size() - at < 2) return false;
      const std::size_t target = load16(&packet[at]) & 0x3FFFU;
      at += 2;
      return target >= header_octets && target < start;
    }
    if (length > max_label_octets) return false;
    at += 1U + length;
    if (length == 0) return true;
  }
  return false;
}

/// One RR of another section than the question.
struct RrHead {
  bool root_owner = false;
  std::uint16_t type = 0, rr_class = 0;
  std::uint32_t ttl = 0;
  ByteView rdata;
};

bool read_rr(ByteView packet, std::size_t& at, RrHead& rr) noexcept {
  if (at >= packet.size()) return false;
  rr.root_owner = packet[at] == 0;
  if (!skip_name(packet, at) || at > packet.size()) return false;
  if (packet.size() - at < rr_fixed_octets) return false;
  rr.type = load16(&packet[at]);
  rr.rr_class = load16(&packet[at + 2]);
  rr.ttl = load32(&packet[at + 4]);
  const std::size_t octets = load16(&packet[at + 8]);
  at += rr_fixed_octets;
  if (packet.size() - at < octets) return false;
  rr.rdata = packet.subspan(at, octets);
  at += octets;
  return true;
}

/// What follows the question when it is as usual: nothing, or one OPT. False: it is not.
bool read_usual_rest(Query& query, Rcode& verdict) noexcept {
  constexpr std::size_t opt_fixed_octets = 1 + rr_fixed_octets;  // the root owns it
  const Octet* const packet = query.packet.data();
  const Octet* const opt = packet + header_octets + query.question_octets;
  const std::size_t octets = query.packet.size() - header_octets - query.question_octets;
  const std::uint16_t additionals = load16(packet + 10);
  if (load32(packet + 6) != 0 || additionals > 1) return false;
  if (additionals == 0) return octets == 0;
  if (octets < opt_fixed_octets || opt[0] != 0 || RrType{load16(opt + 1)} != RrType::OPT ||
      load16(opt + 9) != octets - opt_fixed_octets)
    return false;
  verdict = parse_edns(load16(opt + 3), load32(opt + 5),
                       {opt + opt_fixed_octets, octets - opt_fixed_octets}, query.edns);
  return true;
}

/// Everything behind the question. Only IXFR has something in authority (RFC 1995 §3).
[[gnu::noinline]] Rcode read_any_rest(Query& query) noexcept {
  Rcode verdict = Rcode::NOERROR;
  const ByteView packet = query.packet;
  std::size_t at = header_octets + query.question_octets;
  const unsigned answers = load16(&packet[6]), authorities = load16(&packet[8]);
  if (answers != 0 || (authorities != 0 && query.type != RrType::IXFR)) return Rcode::FORMERR;

  RrHead rr;
  for (unsigned i = 0; i < authorities; ++i)
    if (!read_rr(packet, at, rr) || RrType{rr.type} == RrType::OPT) return Rcode::FORMERR;

  bool tsig = false;
  for (unsigned i = load16(&packet[10]); i > 0; --i) {
    if (!read_rr(packet, at, rr) || tsig) return Rcode::FORMERR;  // RFC 8945 §5.1: TSIG is last
    tsig = RrType{rr.type} == RrType::TSIG;
    if (RrType{rr.type} != RrType::OPT) continue;
    if (query.edns.present || !rr.root_owner) return Rcode::FORMERR;  // RFC 6891 §6.1.1
    verdict = parse_edns(rr.rr_class, rr.ttl, rr.rdata, query.edns);
    if (verdict == Rcode::FORMERR) return verdict;
  }
  return at == packet.size() ? verdict : Rcode::FORMERR;
}

Rcode read_rest(Query& query) noexcept {
  Rcode verdict = Rcode::NOERROR;
  return read_usual_rest(query, verdict) ? verdict : read_any_rest(query);
}

void forget_question(Query& query) noexcept {
  query.question_octets = query.name_octets = 0;
  query.labels = 0;
  query.type = RrType{};
  query.rr_class = RrClass{};
  query.hash = 0;
}

/// QTYPEs and classes that are no question to an authoritative server.
Rcode judge(const Query& query) noexcept {
  if (query.rr_class != RrClass::IN) return Rcode::REFUSED;
  if (query.type == RrType::OPT) return Rcode::FORMERR;  // RFC 6891 §6.1.1: never asked for
  const auto type = static_cast<std::uint16_t>(query.type);
  if (type < 249) return Rcode::NOERROR;
  if (query.type == RrType::AXFR || query.type == RrType::IXFR) return Rcode::REFUSED;
  if (type <= 254) return Rcode::NOTIMP;  // TKEY, TSIG, MAILB, MAILA
  return Rcode::NOERROR;
}

}  // namespace

bool parse_query(ByteView packet, const HashKey& key, Query& query) noexcept {
  if (packet.size() < header_octets || (packet[2] & 0x80) != 0) return false;
  query.packet = packet;
  std::construct_at(&query.edns);
  const std::uint16_t questions = load16(&packet[4]);
  const bool one_question = questions == 1 && read_question(key, query);
  if (!one_question) forget_question(query);
  const bool is_query = (packet[2] & 0x78) == 0;
  if (!is_query) {
    // Other opcodes fill the sections as they like; an OPT is answered when it can be found.
    if (read_rest(query) == Rcode::FORMERR) query.edns.forget_options();
    query.rcode = Rcode::NOTIMP;
    return true;
  }
  // RFC 9619 §4: one question, or none in a query for a cookie (RFC 7873 §5.4).
  query.rcode = one_question || questions == 0 ? read_rest(query) : Rcode::FORMERR;
  if (!one_question && query.rcode == Rcode::NOERROR && query.edns.cookie.empty())
    query.rcode = Rcode::FORMERR;
  if (query.rcode != Rcode::NOERROR) {
    query.edns.forget_options();
  } else if (one_question) {
    query.rcode = judge(query);
  }
  return true;
}

}  // namespace waymark::dns
