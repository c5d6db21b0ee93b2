// SPDX-License-Identifier: Apache-2.0
#include "health/dns_message.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace waymark::health {
namespace {

constexpr std::size_t max_label = 63, max_name = 255, header_octets = 12;
constexpr std::uint16_t type_a = 1, type_cname = 5, type_aaaa = 28, type_opt = 41, class_in = 1;
constexpr int longest_chain = 8;  // CNAMEs
constexpr std::uint16_t udp_octets = 1'232;

char lower(Octet octet) noexcept {
  return static_cast<char>(octet >= 'A' && octet <= 'Z' ? octet + 32 : octet);
}

bool same_name(const Bytes& a, const Bytes& b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](Octet x, Octet y) { return lower(x) == lower(y); });
}

/// A name at `at`, decompressed; `at` moves behind it. A pointer must point backwards, so that
/// every name ends (RFC 1035 §4.1.4).
std::optional<Bytes> read_name(ByteView message, std::size_t& at) {
  Bytes name;
  std::size_t from = at, before = at;
  bool jumped = false;
  for (;;) {
    if (from >= message.size()) return std::nullopt;
    const Octet length = message[from];
    if (length >= 0xC0) {
      if (from + 1 >= message.size()) return std::nullopt;
      const std::size_t to = load16(&message[from]) & 0x3FFFU;
      if (!jumped) at = from + 2;
      if (to >= before) return std::nullopt;
      jumped = true;
      before = from = to;
      continue;
    }
    if (length > max_label || from + 1 + length > message.size()) return std::nullopt;
    if (name.size() + 1 + length > max_name) return std::nullopt;
    name.insert(name.end(), message.begin() + static_cast<std::ptrdiff_t>(from),
                message.begin() + static_cast<std::ptrdiff_t>(from + 1 + length));
    from += 1U + length;
    if (length != 0) continue;
    if (!jumped) at = from;
    return name;
  }
}

struct Record {
  Bytes owner;
  std::uint16_t type = 0;
  std::chrono::seconds ttl{};
  Bytes data;  // of a CNAME: the target, decompressed
};

std::optional<Record> read_record(ByteView message, std::size_t& at) {
  auto owner = read_name(message, at);
  if (!owner || message.size() - at < 10) return std::nullopt;
  ByteReader reader(message.subspan(at, 10));
  Record record{std::move(*owner), reader.u16(), {}, {}};
  const std::uint16_t rr_class = reader.u16();
  // RFC 2181 §8: a TTL with its first bit set counts as zero.
  const std::uint32_t ttl = reader.u32();
  const bool zero = ttl > 0x7FFF'FFFF && record.type != type_opt;
  record.ttl = std::chrono::seconds(zero ? 0 : ttl);
  const std::uint16_t octets = reader.u16();
  at += 10;
  if (message.size() - at < octets) return std::nullopt;
  if (record.type == type_cname) {
    std::size_t inside = at;
    auto target = read_name(message, inside);
    if (!target || inside != at + octets) return std::nullopt;
    record.data = std::move(*target);
  } else {
    const ByteView data = message.subspan(at, octets);
    record.data.assign(data.begin(), data.end());
  }
  if (rr_class != class_in && record.type != type_opt) record.type = 0;
  at += octets;
  return record;
}

std::vector<DnsReply::Address> addresses_of(const std::vector<Record>& records, Bytes name) {
  std::vector<DnsReply::Address> out;
  std::chrono::seconds least = std::chrono::seconds::max();
  for (int links = 0; links <= longest_chain; ++links) {
    const Record* cname = nullptr;
    for (const Record& record : records) {
      if (!same_name(record.owner, name)) continue;
      if (record.type == type_cname) cname = &record;
      const bool v4 = record.type == type_a && record.data.size() == 4;
      if (!v4 && (record.type != type_aaaa || record.data.size() != 16)) continue;
      IpAddress address{v4 ? IpAddress::Family::v4 : IpAddress::Family::v6, {}};
      std::copy(record.data.begin(), record.data.end(), address.octets.begin());
      out.push_back({address, std::min(least, record.ttl)});
    }
    if (!out.empty() || cname == nullptr) return out;
    least = std::min(least, cname->ttl);
    name = cname->data;
  }
  return out;
}

}  // namespace

Result<DnsQuestion> DnsQuestion::make(std::string_view text, std::uint16_t type) {
  const auto bad = [&](const char* why) {
    return Error(ErrorCode::bad_name, "\"" + std::string(text) + "\": " + why);
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  DnsQuestion question{{}, type};
  Bytes label;
  const auto end_label = [&] {
    question.name.push_back(static_cast<Octet>(label.size()));
    question.name.insert(question.name.end(), label.begin(), label.end());
    label.clear();
  };
  if (text.empty()) return bad("a name has no octets; the root is \".\"");
  if (text != ".") {
    for (std::size_t i = 0; i < text.size(); ++i) {
      char c = text[i];
      if (c == '.') {
        if (label.empty()) return bad("a label is empty");
        end_label();
        continue;
      }
      if (c == '\\') {
        const std::string_view rest = text.substr(i + 1);
        if (rest.empty()) return bad("\"\\\" ends it");
        c = rest[0];
        ++i;
        if (digit(c)) {
          if (rest.size() < 3 || !digit(rest[1]) || !digit(rest[2]))
            return bad("\\DDD has three digits");
          const int value = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
          if (value > 255) return bad("\\DDD is at most 255");
          c = static_cast<char>(value);
          i += 2;
        }
      }
      label.push_back(static_cast<Octet>(c));
      if (label.size() > max_label) return bad("a label has more than 63 octets");
    }
    if (!label.empty()) end_label();
  }
  question.name.push_back(0);
  if (question.name.size() > max_name) return bad("it has more than 255 octets");
  return question;
}

Bytes write_query(std::uint16_t id, const DnsQuestion& question) {
  Bytes out;
  ByteWriter writer(out);
  writer.u16(id);
  writer.u16(0x0100);       // RD
  writer.u32(0x0001'0000);  // one question, no answer
  writer.u32(0x0000'0001);  // no authority, one additional: the OPT
  writer.put(question.name);
  writer.u16(question.type);
  writer.u16(class_in);
  writer.u8(0);  // OPT: the root, 1,232 octets, no flags, no options
  writer.u16(type_opt);
  writer.u16(udp_octets);
  writer.u32(0);
  writer.u16(0);
  return out;
}

std::optional<DnsReply> read_reply(ByteView message, std::uint16_t id,
                                   const DnsQuestion& question) {
  if (message.size() < header_octets) return std::nullopt;
  ByteReader header(message.first(header_octets));
  const std::uint16_t their_id = header.u16(), flags = header.u16(), questions = header.u16(),
                      answers = header.u16(), authorities = header.u16(), more = header.u16();
  if (their_id != id || (flags & 0xF800) != 0x8000 || questions != 1) return std::nullopt;
  std::size_t at = header_octets;
  const auto name = read_name(message, at);
  if (!name || !same_name(*name, question.name) || message.size() - at < 4) return std::nullopt;
  if (load16(&message[at]) != question.type || load16(&message[at + 2]) != class_in)
    return std::nullopt;
  at += 4;

  DnsReply reply;
  reply.rcode = flags & 0xF;
  reply.truncated = (flags & 0x0200) != 0;
  std::vector<Record> records;
  const std::uint32_t total = std::uint32_t{answers} + authorities + more;
  for (std::uint32_t i = 0; i < total && at < message.size(); ++i) {
    auto record = read_record(message, at);
    if (!record) return std::nullopt;
    if (record->type == type_opt)  // RFC 6891 §6.1.3: the rcode's upper eight bits
      reply.rcode = static_cast<std::uint16_t>(reply.rcode | (record->ttl.count() >> 24) << 4);
    if (i < answers) records.push_back(std::move(*record));
  }
  reply.addresses = addresses_of(records, question.name);
  return reply;
}

std::string rcode_text(std::uint16_t rcode) {
  static constexpr std::array<const char*, 12> names{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN",
                                                     "NOTIMP",  "REFUSED", "YXDOMAIN", "YXRRSET",
                                                     "NXRRSET", "NOTAUTH", "NOTZONE",  "DSOTYPENI"};
  if (rcode < names.size()) return names[rcode];
  if (rcode == 16) return "BADVERS";
  if (rcode == 23) return "BADCOOKIE";
  return "RCODE" + std::to_string(rcode);
}

}  // namespace waymark::health
