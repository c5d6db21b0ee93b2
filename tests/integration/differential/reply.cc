// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/differential/reply.h"

#include <algorithm>

namespace waymark::differential {
namespace {

using dns::RrType;

/// Reads with decompression (RFC 1035 §4.1.4); after the first fault `ok` is false.
class Reader {
 public:
  explicit Reader(ByteView message) : message_(message) {}

  bool ok = true;

  std::uint16_t u16() {
    const ByteView octets = take(2);
    return octets.size() == 2 ? load16(octets.data()) : std::uint16_t{0};
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  ByteView take(std::size_t octets) {
    if (!ok || octets > message_.size() - at_) return ok = false, ByteView{};
    at_ += octets;
    return message_.subspan(at_ - octets, octets);
  }
  dns::Name name() {
    Bytes wire;
    std::size_t at = at_;
    bool jumped = false;
    while (ok) {
      if (at >= message_.size()) break;
      const Octet length = message_[at];
      if (length >= 0xC0) {
        if (at + 1 >= message_.size()) break;
        const std::size_t target = load16(&message_[at]) & 0x3FFFU;
        if (!jumped) at_ = at + 2;
        jumped = true;
        if (target >= at) break;
        at = target;
        continue;
      }
      if (at + 1U + length > message_.size() || wire.size() > dns::max_name_octets) break;
      const auto label = message_.subspan(at, 1U + length);
      wire.insert(wire.end(), label.begin(), label.end());
      at += 1U + length;
      if (length != 0) continue;
      if (!jumped) at_ = at;
      const auto name = dns::Name::from_wire(wire);
      if (name) return *name;
      break;
    }
    ok = false;
    return {};
  }
  bool at_end() const { return at_ == message_.size(); }
  std::size_t position() const { return at_; }

 private:
  ByteView message_;
  std::size_t at_ = 0;
};

/// Octets before the first name, and how many names follow: the types whose names a server may
/// compress (RFC 3597 §4), and DNAME, SRV and NAPTR that some do or did.
struct NamesIn {
  std::size_t before = 0, names = 0;
};
NamesIn names_in(RrType type) {
  switch (static_cast<std::uint16_t>(type)) {
    case 2:   // NS
    case 5:   // CNAME
    case 12:  // PTR
    case 39:  // DNAME
      return {0, 1};
    case 6:   // SOA
    case 17:  // RP
      return {0, 2};
    case 15:  // MX
    case 18:  // AFSDB
      return {2, 1};
    case 33:  // SRV
      return {6, 1};
    default:
      return {};
  }
}

Bytes read_rdata(Reader& in, RrType type, std::size_t octets) {
  const std::size_t end = in.position() + octets;
  const NamesIn names = names_in(type);
  Bytes rdata;
  ByteWriter out(rdata);
  if (names.names > 0) {
    out.put(in.take(names.before));
    for (std::size_t i = 0; i < names.names; ++i)
      out.put(in.name().wire());
  }
  if (!in.ok || in.position() > end) return in.ok = false, rdata;
  out.put(in.take(end - in.position()));
  return rdata;
}

std::string hex(ByteView octets) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const Octet octet : octets) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

}  // namespace

std::optional<Reply> read_reply(ByteView message) {
  Reader in(message);
  Reply reply;
  in.u16();
  const std::uint16_t flags = in.u16();
  reply.authoritative = (flags & 0x0400) != 0;
  reply.truncated = (flags & 0x0200) != 0;
  unsigned rcode = flags & 15;
  const std::uint16_t questions = in.u16();
  const std::array<std::uint16_t, 3> counts{in.u16(), in.u16(), in.u16()};
  for (unsigned i = 0; i < questions && in.ok; ++i)
    in.name(), in.u32();
  for (std::size_t section = 0; section < counts.size(); ++section) {
    for (unsigned i = 0; i < counts[section] && in.ok; ++i) {
      Record record;
      record.owner = in.name();
      record.type = RrType{in.u16()};
      in.u16();
      record.ttl = in.u32();
      const std::uint16_t octets = in.u16();
      record.rdata = read_rdata(in, record.type, octets);
      if (record.type == RrType::OPT)
        rcode |= record.ttl >> 24 << 4;
      else
        reply.sections[section].push_back(std::move(record));
    }
    std::sort(reply.sections[section].begin(), reply.sections[section].end());
  }
  reply.rcode = dns::Rcode{static_cast<std::uint16_t>(rcode)};
  if (!in.ok || !in.at_end()) return std::nullopt;
  return reply;
}

dns::Name name_in(const Record& record, std::size_t skip) {
  if (record.rdata.size() <= skip) return {};
  Reader in(ByteView(record.rdata).subspan(skip));
  return in.name();
}

std::string to_text(const Reply& reply) {
  std::string text = dns::to_string(reply.rcode) + (reply.authoritative ? " AA" : "") +
                     (reply.truncated ? " TC" : "");
  static constexpr std::array<const char*, 3> titles{"answer", "authority", "additional"};
  for (std::size_t i = 0; i < titles.size(); ++i)
    for (const Record& record : reply.sections[i]) {
      const NamesIn names = names_in(record.type);
      text += std::string("\n    ") + titles[i] + "  " + record.owner.to_string() + ' ' +
              std::to_string(record.ttl) + ' ' + dns::to_string(record.type) + ' ' +
              (names.names == 1 ? name_in(record, names.before).to_string() : hex(record.rdata));
    }
  return text;
}

}  // namespace waymark::differential
