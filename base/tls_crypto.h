// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace waymark {

/// Of an SSL_CTX, as libcurl hands it over: a peer that sends a longer chain ends the handshake.
void limit_certificate_chain(void* ssl_context, long octets) noexcept;

/// HMAC-SHA256 (RFC 2104, FIPS 180-4) in lower-case hexadecimal.
std::string hmac_sha256_hex(std::string_view secret, std::string_view text);

}  // namespace waymark
