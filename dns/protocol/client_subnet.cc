// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/client_subnet.h"

#include <algorithm>
#include <cstring>

#include "dns/protocol/edns.h"

namespace waymark::dns {

std::optional<IpPrefix> parse_client_subnet(ByteView data) noexcept {
  if (data.size() < 4) return std::nullopt;
  const std::uint16_t family = load16(data.data());
  const std::uint8_t length = data[2];
  if (family != 1 && family != 2) return std::nullopt;
  if (length > (family == 1 ? 32 : 128) || data[3] != 0) return std::nullopt;
  const ByteView address = data.subspan(4);
  if (address.size() != (length + 7U) / 8) return std::nullopt;
  if (length % 8 != 0 && (address.back() & (0xFF >> (length % 8))) != 0) return std::nullopt;

  IpPrefix subnet;
  subnet.address.family = family == 1 ? IpAddress::Family::v4 : IpAddress::Family::v6;
  subnet.length = length;
  std::copy(address.begin(), address.end(), subnet.address.octets.begin());
  return subnet;
}

Octet* write_client_subnet(Octet* at, const IpPrefix& subnet, std::uint8_t scope) noexcept {
  const std::size_t octets = client_subnet_octets(subnet);
  store16(at, static_cast<std::uint16_t>(EdnsOption::client_subnet));
  store16(at + 2, static_cast<std::uint16_t>(octets - 4));
  store16(at + 4, subnet.address.is_v4() ? 1 : 2);
  at[6] = subnet.length;
  at[7] = scope;
  std::memcpy(at + 8, subnet.address.octets.data(), octets - 8);
  return at + octets;
}

}  // namespace waymark::dns
