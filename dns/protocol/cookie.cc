// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/cookie.h"

#include <algorithm>
#include <cstring>

#include "dns/protocol/siphash.h"

namespace waymark::dns {
namespace {

constexpr std::size_t hashed_octets = 16;  // client cookie, version, reserved, timestamp
constexpr Octet version = 1;

using Digest = std::array<Octet, 8>;

/// RFC 9018 §4.4: what the last eight octets of a cookie must be.
Digest digest(const CookieSecret& secret, const Octet* cookie, const IpAddress& from) noexcept {
  std::array<Octet, hashed_octets + 16> input;
  const ByteView address = from.wire();
  std::memcpy(input.data(), cookie, hashed_octets);
  std::memcpy(input.data() + hashed_octets, address.data(), address.size());
  const std::uint64_t hash = SipHash(secret.first, secret.second)
                                 .of(ByteView(input).first(hashed_octets + address.size()));
  Digest octets;
  std::memcpy(octets.data(), &hash, octets.size());
  return octets;
}

/// Takes as long for any difference.
bool equal(const Digest& a, const Octet* b) noexcept {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<CookieSecret> CookieSecret::parse(std::string_view text) noexcept {
  if (text.size() != 32) return std::nullopt;
  std::array<Octet, 16> octets;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    octets[i] = static_cast<Octet>(high * 16 + low);
  }
  CookieSecret secret;
  std::memcpy(&secret.first, octets.data(), 8);
  std::memcpy(&secret.second, octets.data() + 8, 8);
  return secret;
}

bool CookieSecrets::add(const CookieSecret& secret) noexcept {
  if (size_ == max_secrets) return false;
  secrets_[size_++] = secret;
  return true;
}

CookieVerdict CookieSecrets::judge(ByteView cookie, const IpAddress& from, std::uint32_t now,
                                   std::array<Octet, full_cookie_octets>& out) const noexcept {
  CookieVerdict verdict =
      cookie.size() == client_cookie_octets ? CookieVerdict::client_only : CookieVerdict::bad;
  if (cookie.size() == full_cookie_octets && cookie[client_cookie_octets] == version) {
    // Serial arithmetic, so that 2038 and 2106 are days like others (RFC 9018 §4.3).
    const auto age = static_cast<std::int32_t>(now - load32(&cookie[12]));
    for (std::size_t i = 0; i < size_ && age <= max_age && age >= -max_ahead; ++i) {
      if (!equal(digest(secrets_[i], cookie.data(), from), &cookie[hashed_octets])) continue;
      verdict = CookieVerdict::good;
      if (i != 0 || age > fresh_age) break;
      std::copy(cookie.begin(), cookie.end(), out.begin());
      return verdict;
    }
  }
  std::memcpy(out.data(), cookie.data(), client_cookie_octets);
  store32(&out[client_cookie_octets], std::uint32_t{version} << 24);
  store32(&out[12], now);
  const Digest fresh = digest(secrets_[0], out.data(), from);
  std::copy(fresh.begin(), fresh.end(), out.begin() + hashed_octets);
  return verdict;
}

}  // namespace waymark::dns
