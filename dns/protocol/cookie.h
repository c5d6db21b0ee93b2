// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/ip.h"

namespace waymark::dns {

constexpr std::size_t client_cookie_octets = 8;
constexpr std::size_t full_cookie_octets = 24;  // with a server cookie of version 1

/// RFC 7873 §4: a client cookie, alone or with a server cookie of 8 to 32 octets.
constexpr bool is_cookie_length(std::size_t octets) noexcept {
  return octets == client_cookie_octets || (octets >= 16 && octets <= 40);
}

/// What the COOKIE option of a query is worth.
enum class CookieVerdict : std::uint8_t { none, client_only, bad, good };

/// A secret of 128 bits, as SipHash takes it.
struct CookieSecret {
  std::uint64_t first = 0, second = 0;

  /// 32 hexadecimal digits.
  static std::optional<CookieSecret> parse(std::string_view text) noexcept;
  friend bool operator==(const CookieSecret&, const CookieSecret&) = default;
};

/// Server cookies, RFC 7873 and 9018: made with the first secret, accepted by any (RFC 9018 §5).
/// Every server that shares the secrets accepts the cookies of the others.
class CookieSecrets {
 public:
  static constexpr std::size_t max_secrets = 4;
  static constexpr std::int32_t max_age = 3600;    // seconds; RFC 9018 §4.3
  static constexpr std::int32_t max_ahead = 300;   // of our clock
  static constexpr std::int32_t fresh_age = 1800;  // older ones are replaced

  /// False when there is no room for another.
  bool add(const CookieSecret& secret) noexcept;
  std::size_t size() const noexcept { return size_; }
  const CookieSecret& at(std::size_t index) const noexcept { return secrets_[index]; }

  /// Judges a cookie of allowed length, and writes the whole one for the answer into `out`.
  /// `now` is Unix time modulo 2^32. There must be a secret.
  CookieVerdict judge(ByteView cookie, const IpAddress& from, std::uint32_t now,
                      std::array<Octet, full_cookie_octets>& out) const noexcept;

  friend bool operator==(const CookieSecrets&, const CookieSecrets&) = default;

 private:
  std::array<CookieSecret, max_secrets> secrets_{};
  std::size_t size_ = 0;
};

}  // namespace waymark::dns
