// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/ip.h"

namespace waymark::dns {

/// The EDNS client subnet option (RFC 7871 §6), its OPTION-DATA.
///
/// Nothing when malformed: family not 1 or 2, prefix too long for it, more or fewer octets than
/// the prefix needs, bits set behind the prefix, or a scope in a query.
std::optional<IpPrefix> parse_client_subnet(ByteView data) noexcept;

/// Octets of the whole option, code and length included.
constexpr std::size_t client_subnet_octets(const IpPrefix& subnet) noexcept {
  return 4 + 4 + (std::size_t{subnet.length} + 7) / 8;
}
/// Writes the whole option; returns what follows it. There must be room.
Octet* write_client_subnet(Octet* at, const IpPrefix& subnet, std::uint8_t scope) noexcept;

}  // namespace waymark::dns
