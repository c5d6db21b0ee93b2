// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waymark::dns {

/// RR types by their IANA mnemonics; any other number is a legal value too (RFC 3597).
enum class RrType : std::uint16_t {
  A = 1,
  NS = 2,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  HINFO = 13,
  MX = 15,
  TXT = 16,
  RP = 17,
  AFSDB = 18,
  AAAA = 28,
  LOC = 29,
  SRV = 33,
  NAPTR = 35,
  CERT = 37,
  DNAME = 39,
  OPT = 41,
  APL = 42,
  DS = 43,
  SSHFP = 44,
  RRSIG = 46,
  NSEC = 47,
  DNSKEY = 48,
  NSEC3 = 50,
  TLSA = 52,
  SMIMEA = 53,
  OPENPGPKEY = 61,
  SVCB = 64,
  HTTPS = 65,
  SPF = 99,
  TSIG = 250,
  IXFR = 251,
  AXFR = 252,
  ANY = 255,
  URI = 256,
  CAA = 257,
};

enum class Rcode : std::uint16_t {
  NOERROR = 0,
  FORMERR = 1,
  SERVFAIL = 2,
  NXDOMAIN = 3,
  NOTIMP = 4,
  REFUSED = 5,
  YXDOMAIN = 6,
  BADVERS = 16,
  BADCOOKIE = 23,
};

enum class RrClass : std::uint16_t { IN = 1, CH = 3, HS = 4, NONE = 254, ANY = 255 };

/// "AAAA", or "TYPE65280" for a number without a mnemonic (RFC 3597 §5).
std::string to_string(RrType type);
std::string to_string(Rcode rcode);
/// Mnemonic in any case, or TYPEnnn.
std::optional<RrType> parse_rr_type(std::string_view text) noexcept;

/// OPT, TSIG and the QTYPEs (RFC 6895 §3.1): 128 to 255 and OPT are never stored in a zone.
constexpr bool is_meta(RrType type) noexcept {
  const auto number = static_cast<std::uint16_t>(type);
  return number == 0 || type == RrType::OPT || (number >= 128 && number <= 255);
}

}  // namespace waymark::dns
