// SPDX-License-Identifier: Apache-2.0
#include "api/http/authentication.h"

#include <fstream>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "api/http/json.h"
#include "api/http/times.h"
#include "base/tls_crypto.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_known_tokens = 4096;  // guesses of ids must not fill the memory

std::string random_hex(std::size_t octets) {
  Bytes random(octets);
  WAYMARK_ASSERT(RAND_bytes(random.data(), static_cast<int>(octets)) == 1);
  return hex(random);
}

std::string sha256_hex(std::string_view text) {
  const ByteView piece = as_octets(text);
  return hex(waymark::sha256({&piece, 1}));
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// The id in `wm_<id>_<secret>`, or empty.
std::string id_in(std::string_view secret) {
  if (!secret.starts_with("wm_")) return {};
  const std::size_t end = secret.find('_', 3);
  return end == std::string_view::npos ? std::string{} : std::string(secret.substr(3, end - 3));
}

}  // namespace

Result<Token> decode_token(const std::string& id, std::string_view json) {
  const auto document = parse_json(json);
  if (!document) return document.error();
  auto grant = decode_grant(id, *document);
  if (!grant) return grant.error();
  const auto hash = document->find("hash");
  if (hash == document->end() || !hash->is_string())
    return Error(ErrorCode::bad_json, "token " + id + " has no hash");
  return Token{*std::move(grant), hash->get<std::string>()};
}

std::string encode_token(const Token& token) {
  Json out = grant_json(token);
  out["hash"] = token.hash;
  return to_text(out);
}

std::string make_secret(Token& token) {
  token.id = random_hex(6);
  std::string secret = "wm_" + token.id + "_" + random_hex(24);
  token.hash = sha256_hex(secret);
  return secret;
}

std::optional<std::string> read_admin_token(const std::string& data_dir) {
  std::ifstream file(data_dir + "/admin.token");
  std::string secret;
  if (!std::getline(file, secret) || id_in(secret).empty()) return std::nullopt;
  return secret;
}

std::optional<Token> admin_token_of(const std::string& data_dir) {
  const auto secret = read_admin_token(data_dir);
  if (!secret) return std::nullopt;
  Token token;
  token.id = id_in(*secret);
  token.name = "admin.token";
  token.may_write = true;
  token.hash = sha256_hex(*secret);
  return token;
}

std::optional<Token> Authenticator::token(const std::string& id) {
  const zones::Revision now = store_.applied();
  if (now != known_at_ || known_.size() > most_known_tokens) {
    if (store_.fault().empty()) known_.clear();
    known_at_ = now;
  }
  if (const auto found = known_.find(id); found != known_.end()) return found->second;

  const auto snapshot = store_.snapshot();
  if (!snapshot) {
    const auto admin = admin_token_of(data_dir_);
    return admin && admin->id == id ? admin : std::nullopt;
  }
  const auto stored = (*snapshot)->object({zones::ObjectKind::token, id});
  if (!stored) return std::nullopt;
  std::optional<Token> token;
  if (*stored) {
    auto decoded = decode_token(id, **stored);
    if (decoded) token = std::move(*decoded);
  }
  return known_[id] = token;
}

Result<Principal> Authenticator::authenticate(std::string_view authorization) {
  if (!enabled_) return Principal{"anyone", true, {}};
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.empty())
    return Error(ErrorCode::unauthorized, "send \"Authorization: Bearer <token>\"");
  if (!authorization.starts_with(scheme))
    return Error(ErrorCode::unauthorized, "only bearer tokens are known here");
  const std::string_view secret = authorization.substr(scheme.size());
  const std::string id = id_in(secret);
  const auto known = id.empty() ? std::nullopt : token(id);
  if (!known || !equal(known->hash, sha256_hex(secret)))
    return Error(ErrorCode::unauthorized, "this token is not known; it may have been revoked");
  if (known->expires && *known->expires <= clock_.now())
    return Error(ErrorCode::unauthorized, "this token expired at " + format_time(*known->expires));
  return known->principal();
}

}  // namespace waymark::api
