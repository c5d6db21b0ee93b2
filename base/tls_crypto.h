// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace waymark {

/// Of an SSL_CTX, as libcurl hands it over: a peer that sends a longer chain ends the handshake.
void limit_certificate_chain(void* ssl_context, long octets) noexcept;

/// SHA-256 (FIPS 180-4) of the pieces, one after the other.
std::array<Octet, 32> sha256(std::span<const ByteView> pieces);

/// In lower-case hexadecimal.
std::string hex(ByteView octets);

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) in lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view secret, std::string_view text);

}  // namespace waymark
