// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/ip.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

constexpr std::uint16_t min_udp_octets = 512;   // RFC 1035 §4.2.1; RFC 6891 §6.2.3
constexpr std::uint16_t own_udp_octets = 1232;  // what we say we can receive

enum class EdnsOption : std::uint16_t { client_subnet = 8 };

/// What a query's OPT record said (RFC 6891 §6.1). Absent by default.
struct Edns {
  bool present = false;
  bool dnssec_ok = false;
  bool has_subnet = false;
  std::uint8_t version = 0;
  std::uint16_t udp_octets = min_udp_octets;
  IpPrefix subnet;  // with has_subnet
};

/// Takes CLASS, TTL and RDATA of an OPT record. NOERROR, BADVERS (options are then not looked at),
/// or FORMERR for an option beyond the RDATA and a bad or second client subnet.
Rcode parse_edns(std::uint16_t rr_class, std::uint32_t ttl, ByteView rdata, Edns& edns) noexcept;

/// Octets of the OPT record that answers `edns`; 0 when there is none to answer.
std::size_t opt_octets(const Edns& edns) noexcept;
/// Writes it; returns what follows. `rcode` gives the upper eight bits of the extended RCODE.
Octet* write_opt(Octet* at, const Edns& edns, Rcode rcode, std::uint8_t scope) noexcept;

}  // namespace waymark::dns
