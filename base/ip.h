// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/result.h"

namespace waymark {

/// An IPv4 or IPv6 address, in network order. IPv4 uses the first four octets; the rest are zero.
struct IpAddress {
  enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

  Family family = Family::v4;
  std::array<Octet, 16> octets{};

  /// Fails with `bad_value`. No zone ids, no ports, no short IPv4 forms.
  static Result<IpAddress> parse(std::string_view text);
  static IpAddress v4(std::uint32_t host_order) noexcept;
  static IpAddress loopback_v4() noexcept { return v4(0x7F000001); }

  bool is_v4() const noexcept { return family == Family::v4; }
  std::uint8_t bits() const noexcept { return is_v4() ? 32 : 128; }
  std::uint32_t v4_value() const noexcept { return load32(octets.data()); }
  bool is_loopback() const noexcept;
  bool is_unspecified() const noexcept;
  ByteView wire() const noexcept { return {octets.data(), is_v4() ? 4U : 16U}; }
  std::string to_string() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// The first `length` bits of an address; the bits behind are zero.
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;  // 0 to 32, or 0 to 128

  /// "192.0.2.0/24", or an address alone for a full-length prefix. Fails with `bad_value`: bad
  /// address, length out of range, or host bits set (the message shows the prefix without them).
  static Result<IpPrefix> parse(std::string_view text);
  /// Clears what stands behind `length`.
  static IpPrefix of(const IpAddress& address, std::uint8_t length) noexcept;

  bool contains(const IpAddress& other) const noexcept;
  std::string to_string() const;

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;
};

/// An address and a port.
struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;  // host order

  /// "127.0.0.1:53" or "[::1]:53". Fails with `bad_value`.
  static Result<Endpoint> parse(std::string_view text);
  static Endpoint from(const sockaddr& address) noexcept;
  /// Fills `storage`; returns the length for bind() and connect().
  socklen_t to(sockaddr_storage& storage) const noexcept;
  std::string to_string() const;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace waymark
