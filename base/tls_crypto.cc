// SPDX-License-Identifier: Apache-2.0
#include "base/tls_crypto.h"

#include <array>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include "base/bytes.h"
#include "base/result.h"

namespace waymark {

void limit_certificate_chain(void* ssl_context, long octets) noexcept {
  SSL_CTX_set_max_cert_list(static_cast<SSL_CTX*>(ssl_context), octets);
}

std::string hmac_sha256_hex(std::string_view secret, std::string_view text) {
  std::array<Octet, 32> digest{};
  unsigned int octets = 0;
  const ByteView message = as_octets(text);
  WAYMARK_ASSERT(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), message.data(),
                      message.size(), digest.data(), &octets) != nullptr &&
                 octets == digest.size());
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const Octet octet : digest) {
    hex.push_back(digits[octet >> 4]);
    hex.push_back(digits[octet & 0xF]);
  }
  return hex;
}

}  // namespace waymark
