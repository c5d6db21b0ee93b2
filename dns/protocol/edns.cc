// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/edns.h"

#include <algorithm>

#include "dns/protocol/client_subnet.h"

namespace waymark::dns {
namespace {

constexpr std::size_t bare_opt_octets = 11;
constexpr std::uint32_t dnssec_ok_bit = 0x8000;

}  // namespace

Rcode parse_edns(std::uint16_t rr_class, std::uint32_t ttl, ByteView rdata, Edns& edns) noexcept {
  edns.present = true;
  edns.udp_octets = std::max(rr_class, min_udp_octets);
  edns.version = static_cast<std::uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & dnssec_ok_bit) != 0;
  if (edns.version > 0) return Rcode::BADVERS;

  while (!rdata.empty()) {
    if (rdata.size() < 4) return Rcode::FORMERR;
    const std::size_t octets = load16(rdata.data() + 2);
    if (octets > rdata.size() - 4) return Rcode::FORMERR;
    if (load16(rdata.data()) == static_cast<std::uint16_t>(EdnsOption::client_subnet)) {
      const auto subnet = parse_client_subnet(rdata.subspan(4, octets));
      if (!subnet || edns.has_subnet) {
        edns.has_subnet = false;  // nothing sound to echo
        return Rcode::FORMERR;
      }
      edns.has_subnet = true;
      edns.subnet = *subnet;
    }
    rdata = rdata.subspan(4 + octets);
  }
  return Rcode::NOERROR;
}

std::size_t opt_octets(const Edns& edns) noexcept {
  if (!edns.present) return 0;
  return bare_opt_octets + (edns.has_subnet ? client_subnet_octets(edns.subnet) : 0);
}

Octet* write_opt(Octet* at, const Edns& edns, Rcode rcode, std::uint8_t scope) noexcept {
  at[0] = 0;  // the root
  store16(at + 1, static_cast<std::uint16_t>(RrType::OPT));
  store16(at + 3, own_udp_octets);
  at[5] = static_cast<Octet>(static_cast<std::uint16_t>(rcode) >> 4);
  at[6] = 0;                                             // version
  store16(at + 7, edns.dnssec_ok ? dnssec_ok_bit : 0U);  // RFC 3225 §3: the bit is copied
  store16(at + 9, static_cast<std::uint16_t>(opt_octets(edns) - bare_opt_octets));
  at += bare_opt_octets;
  return edns.has_subnet ? write_client_subnet(at, edns.subnet, scope) : at;
}

}  // namespace waymark::dns
