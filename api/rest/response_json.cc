// SPDX-License-Identifier: Apache-2.0
#include "api/rest/response_json.h"

#include <optional>

#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "zones/records/rdata.h"

namespace waymark::api {
namespace {

constexpr std::size_t header_octets = 12;
constexpr std::size_t most_pointers = 16;

/// The name at `at`, and `at` moved behind it; pointers (RFC 1035 §4.1.4) only lead backwards.
std::optional<dns::Name> read_name(ByteView message, std::size_t& at) {
  Bytes wire;
  std::size_t here = at, pointers = 0;
  for (;;) {
    if (here >= message.size()) return std::nullopt;
    const Octet length = message[here];
    if ((length & 0xC0) == 0xC0) {
      if (here + 1 >= message.size() || ++pointers > most_pointers) return std::nullopt;
      const std::size_t target = load16(&message[here]) & 0x3FFFU;
      if (target >= here) return std::nullopt;
      if (pointers == 1) at = here + 2;
      here = target;
      continue;
    }
    if (here + 1 + length > message.size() || wire.size() + 1 + length > dns::max_name_octets)
      return std::nullopt;
    wire.insert(wire.end(), message.begin() + static_cast<std::ptrdiff_t>(here),
                message.begin() + static_cast<std::ptrdiff_t>(here + 1 + length));
    here += 1U + length;
    if (length == 0) break;
  }
  if (pointers == 0) at = here;
  const auto name = dns::Name::from_wire(wire);
  return name ? std::optional(*name) : std::nullopt;
}

/// `count` records from `at` on.
Json read_records(ByteView message, std::size_t& at, std::size_t count) {
  Json out = Json::array();
  for (std::size_t i = 0; i < count; ++i) {
    const auto owner = read_name(message, at);
    if (!owner) break;
    ByteReader reader(message.subspan(at));
    const dns::RrType type{reader.u16()};
    reader.u16();  // class
    const std::uint32_t ttl = reader.u32();
    const ByteView rdata = reader.take(reader.u16());
    if (!reader.ok()) break;
    at += reader.position();
    out.push_back({{"name", owner->to_string()},
                   {"type", dns::to_string(type)},
                   {"ttl", ttl},
                   {"value", zones::rdata_to_string(type, rdata)}});
  }
  return out;
}

}  // namespace

Json show_response(ByteView message) {
  if (message.size() < header_octets) return Json::object();
  const std::uint16_t flags = load16(&message[2]);
  Json out{{"rcode", dns::to_string(dns::Rcode{static_cast<std::uint16_t>(flags & 15)})},
           {"authoritative", (flags & 0x0400) != 0},
           {"octets", message.size()}};
  std::size_t at = header_octets;
  for (int i = 0; i < load16(&message[4]); ++i) {
    if (!read_name(message, at)) return out;
    at += 4;
  }
  out["answer"] = read_records(message, at, load16(&message[6]));
  out["authority"] = read_records(message, at, load16(&message[8]));
  return out;
}

}  // namespace waymark::api
