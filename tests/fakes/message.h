// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns::fakes {

/// A query, written plainly; tests change its octets as they like.
struct QuerySpec {
  std::string_view name = "www.example.com.";
  RrType type = RrType::A;
  std::uint16_t rr_class = 1;
  std::uint16_t id = 0x1234;
  std::uint16_t flags = 0;
  struct Opt {
    std::uint16_t udp_octets = 1232;
    std::uint32_t ttl = 0;  // extended RCODE, version, flags
    Bytes options;
  };
  std::optional<Opt> opt = std::nullopt;

  Bytes encode() const;
};

/// An EDNS option: code, length, data.
Bytes option(std::uint16_t code, const Bytes& data);
/// A client subnet option (RFC 7871 §6) as given, sound or not.
Bytes client_subnet(std::uint16_t family, std::uint8_t source, std::uint8_t scope,
                    const Bytes& address);

/// A message taken apart by a plain reader that knows nothing of ours; every RR as a line of text.
/// Fails the running test on any octet out of place: bad pointer, counts, trailing octets.
struct Message {
  std::uint16_t id = 0, flags = 0;
  std::vector<std::string> question;                       // "www.example.com. A"
  std::vector<std::string> answer, authority, additional;  // "owner TTL TYPE rdata"
  std::optional<Bytes> opt;                                // RDATA of the OPT
  std::uint32_t opt_ttl = 0;
  std::uint16_t opt_class = 0;

  static Message decode(ByteView octets);
  Rcode rcode() const {
    return Rcode{static_cast<std::uint16_t>((flags & 15) | opt_ttl >> 24 << 4)};
  }
  bool aa() const { return (flags & 0x0400) != 0; }
  bool tc() const { return (flags & 0x0200) != 0; }
};

}  // namespace waymark::dns::fakes
