// SPDX-License-Identifier: Apache-2.0
#include "base/tls_crypto.h"

#include <array>
#include <memory>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include "base/result.h"

namespace waymark {

void limit_certificate_chain(void* ssl_context, long octets) noexcept {
  SSL_CTX_set_max_cert_list(static_cast<SSL_CTX*>(ssl_context), octets);
}

std::array<Octet, 32> sha256(std::span<const ByteView> pieces) {
  std::array<Octet, 32> digest{};
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  WAYMARK_ASSERT(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  for (const ByteView piece : pieces)
    WAYMARK_ASSERT(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1);
  WAYMARK_ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
  return digest;
}

std::string hex(ByteView octets) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const Octet octet : octets) {
    out.push_back(digits[octet >> 4]);
    out.push_back(digits[octet & 0xF]);
  }
  return out;
}

std::string hmac_sha256_hex(std::string_view secret, std::string_view text) {
  std::array<Octet, 32> digest{};
  unsigned int octets = 0;
  const ByteView message = as_octets(text);
  WAYMARK_ASSERT(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), message.data(),
                      message.size(), digest.data(), &octets) != nullptr &&
                 octets == digest.size());
  return hex(digest);
}

}  // namespace waymark
