// SPDX-License-Identifier: Apache-2.0
#include "api/http/access_keys.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "api/http/json.h"
#include "api/http/times.h"
#include "base/log.h"
#include "base/shared_memory.h"
#include "base/tls_crypto.h"

namespace waymark::api {
namespace {

constexpr std::size_t nonce_octets = 12, tag_octets = 16;  // NIST SP 800-38D §5.2.1
constexpr std::string_view id_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view secret_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void fill_random(Octet* at, std::size_t octets) {
  WAYMARK_ASSERT(RAND_bytes(at, static_cast<int>(octets)) == 1);
}

/// Letters of an alphabet whose length is a power of two, so that none is more likely.
std::string random_text(std::string_view alphabet, std::size_t length) {
  Bytes random(length);
  fill_random(random.data(), length);
  std::string out;
  for (const Octet octet : random)
    out += alphabet[octet % alphabet.size()];
  return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = digits.find(text[i]), low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    out.push_back(static_cast<Octet>(high << 4 | low));
  }
  return out;
}

std::string path_of(const std::string& data_dir) {
  return data_dir + "/key.secret";
}

/// A new file with a new key; one that stands already stays. It is whole and in its directory on
/// disk before a key that needs it is acknowledged: without it no signature could be verified.
Result<void> make_file(const std::string& data_dir) {
  const std::string path = path_of(data_dir), made = path + ".new";
  const auto failed = [&] { return Error(ErrorCode::io, path + ": " + std::strerror(errno)); };
  if (::access(path.c_str(), F_OK) == 0) return {};
  ::unlink(made.c_str());  // what an interrupted start of this left
  const FileDescriptor file(
      ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  std::array<Octet, 32> key{};
  fill_random(key.data(), key.size());
  const std::string line = hex(key) + "\n";
  if (!file || ::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) ||
      ::fsync(file.get()) != 0 || ::rename(made.c_str(), path.c_str()) != 0)
    return failed();
  const FileDescriptor folder(::open(data_dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return failed();
  return {};
}

}  // namespace

Result<AccessKey> decode_access_key(const std::string& id, std::string_view json) {
  const auto document = parse_json(json);
  if (!document) return document.error();
  auto grant = decode_grant(id, *document);
  if (!grant) return grant.error();
  const auto sealed = document->find("sealed_secret");
  if (sealed == document->end() || !sealed->is_string())
    return Error(ErrorCode::bad_json, "access key " + id + " has no secret");
  return AccessKey{*std::move(grant), sealed->get<std::string>()};
}

std::string encode_access_key(const AccessKey& key) {
  Json out = grant_json(key);
  out["sealed_secret"] = key.sealed_secret;
  return to_text(out);
}

Result<KeyVault> KeyVault::open(const std::string& data_dir) {
  std::ifstream file(path_of(data_dir));
  std::string line;
  std::getline(file, line);
  const auto octets = from_hex(line);
  KeyVault vault;
  if (!octets || octets->size() != vault.key_.size())
    return Error(ErrorCode::io, path_of(data_dir) + " is missing or does not hold a key");
  std::copy(octets->begin(), octets->end(), vault.key_.begin());
  return vault;
}

Result<KeyVault> KeyVault::open_or_make(const std::string& data_dir) {
  if (const auto made = make_file(data_dir); !made) return made.error();
  return open(data_dir);
}

std::string KeyVault::seal(std::string_view secret, std::string_view id) const {
  Bytes sealed(nonce_octets + secret.size() + tag_octets);
  Octet* const text = sealed.data() + nonce_octets;
  Octet* const tag = text + secret.size();
  fill_random(sealed.data(), nonce_octets);
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  WAYMARK_ASSERT(cipher != nullptr &&
                 EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                                    sealed.data()) == 1 &&
                 EVP_EncryptUpdate(cipher.get(), nullptr, &written, as_octets(id).data(),
                                   static_cast<int>(id.size())) == 1 &&
                 EVP_EncryptUpdate(cipher.get(), text, &written, as_octets(secret).data(),
                                   static_cast<int>(secret.size())) == 1 &&
                 EVP_EncryptFinal_ex(cipher.get(), tag, &written) == 1 &&
                 EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_octets, tag) == 1);
  return hex(sealed);
}

std::optional<std::string> KeyVault::unseal(std::string_view sealed, std::string_view id) const {
  auto octets = from_hex(sealed);
  if (!octets || octets->size() < nonce_octets + tag_octets) return std::nullopt;
  const std::size_t length = octets->size() - nonce_octets - tag_octets;
  std::string secret(length, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  auto* const out = reinterpret_cast<Octet*>(secret.data());
  const bool genuine = cipher != nullptr &&
                       EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(),
                                          octets->data()) == 1 &&
                       EVP_DecryptUpdate(cipher.get(), nullptr, &written, as_octets(id).data(),
                                         static_cast<int>(id.size())) == 1 &&
                       EVP_DecryptUpdate(cipher.get(), out, &written, octets->data() + nonce_octets,
                                         static_cast<int>(length)) == 1 &&
                       EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_octets,
                                           octets->data() + nonce_octets + length) == 1 &&
                       EVP_DecryptFinal_ex(cipher.get(), out + length, &written) == 1;
  if (!genuine) return std::nullopt;
  return secret;
}

std::string make_access_key(AccessKey& key, const KeyVault& vault) {
  key.id = "AKWM" + random_text(id_letters, 16);
  std::string secret = random_text(secret_letters, 40);
  key.sealed_secret = vault.seal(secret, key.id);
  return secret;
}

Result<std::optional<SigningKey>> AccessKeys::find(const std::string& id) const {
  const auto snapshot = store_.snapshot();
  if (!snapshot) return snapshot.error();
  const auto stored = (*snapshot)->object({zones::ObjectKind::access_key, id});
  if (!stored) return stored.error();
  if (!*stored) return std::optional<SigningKey>{};
  const auto key = decode_access_key(id, **stored);
  if (!key || (key->expires && *key->expires <= clock_.now())) return std::optional<SigningKey>{};
  const auto vault = KeyVault::open(data_dir_);
  auto secret = vault ? vault->unseal(key->sealed_secret, id) : std::nullopt;
  if (!secret) {
    log::error("access_key_unreadable", {{"key", id},
                                         {"reason", vault ? "it was not sealed with this key.secret"
                                                          : vault.error().detail()}});
    return std::optional<SigningKey>{};
  }
  return std::optional(SigningKey{key->principal(), std::move(*secret)});
}

}  // namespace waymark::api
