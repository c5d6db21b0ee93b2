// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/bytes.h"
#include "base/ip.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

constexpr std::uint16_t min_udp_octets = 512;    // RFC 1035 §4.2.1; RFC 6891 §6.2.3
constexpr std::uint16_t own_udp_octets = 1232;   // what we say we can receive
constexpr std::uint32_t opt_dnssec_ok = 0x8000;  // in the TTL: RFC 6891 §6.1.3

enum class EdnsOption : std::uint16_t {
  nsid = 3,             // RFC 5001
  client_subnet = 8,    // RFC 7871
  expire = 9,           // RFC 7314
  cookie = 10,          // RFC 7873
  tcp_keepalive = 11,   // RFC 7828
  extended_error = 15,  // RFC 8914
  report_channel = 18,  // RFC 9567
  zone_version = 19,    // RFC 9660
};

/// RFC 8914 §4.
enum class ExtendedError : std::uint16_t {
  not_authoritative = 20,
  not_supported = 21,
  invalid_data = 24
};

/// What a query's OPT record said (RFC 6891 §6.1). Absent by default.
struct Edns {
  bool present = false;
  bool dnssec_ok = false;
  bool has_subnet = false;
  std::uint8_t version = 0;
  std::uint16_t udp_octets = min_udp_octets;
  IpPrefix subnet;  // with has_subnet
  ByteView cookie;  // of allowed length, or empty

  /// `report_channel` is asked for by any OPT record, where there is one to tell (RFC 9567 §6).
  enum Asked : std::uint8_t {
    nsid = 1,
    expire = 2,
    tcp_keepalive = 4,
    zone_version = 8,
    report_channel = 16
  };
  std::uint8_t asked = 0;

  /// After a fault there is nothing sound to answer but the OPT itself.
  void forget_options() noexcept {
    has_subnet = false;
    cookie = {};
    asked = 0;
  }
};

/// NOERROR, or FORMERR for an option beyond the RDATA or one whose data can not be. Unknown options
/// and padding are passed over: the answer has neither (RFC 6891 §6.1.2, RFC 7830 §3).
Rcode parse_options(ByteView rdata, Edns& edns) noexcept;

/// Takes CLASS, TTL and RDATA of an OPT record. What parse_options() says, or BADVERS: options are
/// then not looked at.
inline Rcode parse_edns(std::uint16_t rr_class, std::uint32_t ttl, ByteView rdata,
                        Edns& edns) noexcept {
  edns.present = true;
  edns.udp_octets = rr_class > min_udp_octets ? rr_class : min_udp_octets;
  edns.version = static_cast<std::uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & opt_dnssec_ok) != 0;
  if (edns.version > 0) return Rcode::BADVERS;
  return rdata.empty() ? Rcode::NOERROR : parse_options(rdata, edns);
}

/// The options of one answer's OPT record, but the client subnet.
class OptionWriter {
 public:
  static constexpr std::size_t max_octets = 200;

  OptionWriter() noexcept {}  // NOLINT(modernize-use-equals-default): the octets are not cleared
  /// There must be room.
  void put(EdnsOption code, ByteView data) noexcept;
  /// The same for a whole cookie: the one option that many answers have.
  void put_cookie(const std::array<Octet, 24>& cookie) noexcept {
    Octet* to = octets_.data() + size_;
    store16(to, static_cast<std::uint16_t>(EdnsOption::cookie));
    store16(to + 2, static_cast<std::uint16_t>(cookie.size()));
    std::memcpy(to + 4, cookie.data(), cookie.size());
    size_ += 4 + cookie.size();
  }
  ByteView octets() const noexcept { return {octets_.data(), size_}; }

 private:
  std::array<Octet, max_octets> octets_;
  std::size_t size_ = 0;
};

/// Octets of the OPT record that answers `edns`, without what an OptionWriter adds; 0 when there
/// is none to answer.
std::size_t opt_octets(const Edns& edns) noexcept;
/// Writes it; returns what follows. `rcode` gives the upper eight bits of the extended RCODE.
Octet* write_opt(Octet* at, const Edns& edns, Rcode rcode, std::uint8_t scope,
                 ByteView options = {}) noexcept;

}  // namespace waymark::dns
