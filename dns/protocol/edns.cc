// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/edns.h"

#include <cstring>

#include "dns/protocol/client_subnet.h"
#include "dns/protocol/cookie.h"

namespace waymark::dns {
namespace {

constexpr std::size_t bare_opt_octets = 11;

/// False when the data can not be the option's.
bool read_option(EdnsOption code, ByteView data, Edns& edns) noexcept {
  switch (code) {
    case EdnsOption::client_subnet: {
      const auto subnet = parse_client_subnet(data);
      if (!subnet || edns.has_subnet) return false;
      edns.has_subnet = true;
      edns.subnet = *subnet;
      return true;
    }
    case EdnsOption::cookie:
      if (!edns.cookie.empty()) return true;  // RFC 7873 §5.2: all but the first are ignored
      edns.cookie = data;
      return is_cookie_length(data.size());
    case EdnsOption::nsid:
      edns.asked |= Edns::nsid;  // RFC 5001 §2.1: what a query says in it is ignored
      return true;
    case EdnsOption::expire:
      edns.asked |= Edns::expire;
      return true;
    case EdnsOption::tcp_keepalive:
      edns.asked |= Edns::tcp_keepalive;
      return true;
    case EdnsOption::zone_version:
      edns.asked |= Edns::zone_version;
      return data.empty();  // RFC 9660 §3.1
    case EdnsOption::extended_error:
    case EdnsOption::report_channel:  // RFC 9567 §6: not for questions, and no harm in one
      return true;
  }
  return true;
}

}  // namespace

Rcode parse_options(ByteView rdata, Edns& edns) noexcept {
  while (!rdata.empty()) {
    if (rdata.size() < 4) return Rcode::FORMERR;
    const std::size_t octets = load16(rdata.data() + 2);
    if (octets > rdata.size() - 4) return Rcode::FORMERR;
    if (!read_option(EdnsOption{load16(rdata.data())}, rdata.subspan(4, octets), edns))
      return Rcode::FORMERR;
    rdata = rdata.subspan(4 + octets);
  }
  return Rcode::NOERROR;
}

std::size_t opt_octets(const Edns& edns) noexcept {
  if (!edns.present) return 0;
  return bare_opt_octets + (edns.has_subnet ? client_subnet_octets(edns.subnet) : 0);
}

void OptionWriter::put(EdnsOption code, ByteView data) noexcept {
  Octet* to = octets_.data() + size_;
  store16(to, static_cast<std::uint16_t>(code));
  store16(to + 2, static_cast<std::uint16_t>(data.size()));
  if (!data.empty()) std::memcpy(to + 4, data.data(), data.size());
  size_ += 4 + data.size();
}

Octet* write_opt(Octet* at, const Edns& edns, Rcode rcode, std::uint8_t scope,
                 ByteView options) noexcept {
  at[0] = 0;  // the root
  store16(at + 1, static_cast<std::uint16_t>(RrType::OPT));
  store16(at + 3, own_udp_octets);
  at[5] = static_cast<Octet>(static_cast<std::uint16_t>(rcode) >> 4);
  at[6] = 0;                                             // version
  store16(at + 7, edns.dnssec_ok ? opt_dnssec_ok : 0U);  // RFC 3225 §3: the bit is copied
  store16(at + 9, static_cast<std::uint16_t>(opt_octets(edns) - bare_opt_octets + options.size()));
  at += bare_opt_octets;
  if (edns.has_subnet) at = write_client_subnet(at, edns.subnet, scope);
  if (options.empty()) return at;
  std::memcpy(at, options.data(), options.size());
  return at + options.size();
}

}  // namespace waymark::dns
