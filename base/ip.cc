// SPDX-License-Identifier: Apache-2.0
#include "base/ip.h"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <netinet/in.h>
#include <optional>

namespace waymark {
namespace {

std::optional<unsigned> parse_number(std::string_view text, unsigned most) noexcept {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

}  // namespace

Result<IpAddress> IpAddress::parse(std::string_view text) {
  const std::string copy(text);
  IpAddress address;
  if (text.find('\0') != std::string_view::npos)  // inet_pton would stop reading there
    return Error(ErrorCode::bad_value, "an address has no NUL octet");
  if (inet_pton(AF_INET, copy.c_str(), address.octets.data()) == 1) return address;
  address.family = Family::v6;
  if (inet_pton(AF_INET6, copy.c_str(), address.octets.data()) == 1) return address;
  return Error(ErrorCode::bad_value, "\"" + copy + "\" is not an IPv4 or IPv6 address");
}

IpAddress IpAddress::v4(std::uint32_t host_order) noexcept {
  IpAddress address;
  store32(address.octets.data(), host_order);
  return address;
}

bool IpAddress::is_loopback() const noexcept {
  if (is_v4()) return octets[0] == 127;
  return octets[15] == 1 &&
         std::all_of(octets.begin(), octets.end() - 1, [](Octet o) { return o == 0; });
}

bool IpAddress::is_unspecified() const noexcept {
  return std::all_of(octets.begin(), octets.end(), [](Octet o) { return o == 0; });
}

std::string IpAddress::to_string() const {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(is_v4() ? AF_INET : AF_INET6, octets.data(), text, sizeof text);
  return text;
}

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return address.error();
  if (slash == std::string_view::npos) return IpPrefix{*address, address->bits()};
  const auto length = parse_number(text.substr(slash + 1), address->bits());
  if (!length)
    return Error(ErrorCode::bad_value, "prefix length in \"" + std::string(text) +
                                           "\" is out of range; use 0 to " +
                                           std::to_string(address->bits()));
  const IpPrefix prefix = of(*address, static_cast<std::uint8_t>(*length));
  if (prefix.address != *address)
    return Error(
        ErrorCode::bad_value,
        "\"" + std::string(text) + "\" has bits set behind its length; use " + prefix.to_string());
  return prefix;
}

IpPrefix IpPrefix::of(const IpAddress& address, std::uint8_t length) noexcept {
  IpPrefix prefix{address, std::min(length, address.bits())};
  for (std::size_t i = 0; i < 16; ++i) {
    const int keep = static_cast<int>(prefix.length) - static_cast<int>(i * 8);
    if (keep <= 0)
      prefix.address.octets[i] = 0;
    else if (keep < 8)
      prefix.address.octets[i] &= static_cast<Octet>(0xFF << (8 - keep));
  }
  return prefix;
}

bool IpPrefix::contains(const IpAddress& other) const noexcept {
  return other.family == address.family && of(other, length).address == address;
}

std::string IpPrefix::to_string() const {
  return address.to_string() + "/" + std::to_string(length);
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (colon == std::string_view::npos || (bracketed && (colon < 2 || text[colon - 1] != ']')) ||
      (!bracketed && text.find(':') != colon))
    return Error(ErrorCode::bad_value,
                 "\"" + std::string(text) + "\" is not ADDRESS:PORT; use 127.0.0.1:53 or [::1]:53");
  auto address = IpAddress::parse(bracketed ? text.substr(1, colon - 2) : text.substr(0, colon));
  if (!address) return address.error();
  const auto port = parse_number(text.substr(colon + 1), 65535);
  if (!port)
    return Error(ErrorCode::bad_value,
                 "port in \"" + std::string(text) + "\" is out of range; use 0 to 65535");
  return Endpoint{*address, static_cast<std::uint16_t>(*port)};
}

Endpoint Endpoint::from(const sockaddr& address) noexcept {
  Endpoint endpoint;
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &address, sizeof in);
    endpoint.address.family = IpAddress::Family::v6;
    std::memcpy(endpoint.address.octets.data(), &in.sin6_addr, 16);
    endpoint.port = ntohs(in.sin6_port);
  } else {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    std::memcpy(endpoint.address.octets.data(), &in.sin_addr, 4);
    endpoint.port = ntohs(in.sin_port);
  }
  return endpoint;
}

socklen_t Endpoint::to(sockaddr_storage& storage) const noexcept {
  storage = {};
  if (address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    std::memcpy(&in.sin_addr, address.octets.data(), 4);
    std::memcpy(&storage, &in, sizeof in);
    return sizeof in;
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  std::memcpy(&in.sin6_addr, address.octets.data(), 16);
  std::memcpy(&storage, &in, sizeof in);
  return sizeof in;
}

std::string Endpoint::to_string() const {
  const std::string text = address.to_string();
  return (address.is_v4() ? text : "[" + text + "]") + ":" + std::to_string(port);
}

}  // namespace waymark
