// SPDX-License-Identifier: Apache-2.0
#include "api/http/authentication.h"

#include <algorithm>
#include <array>
#include <fstream>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "api/http/json.h"
#include "api/http/times.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_known_tokens = 4096;  // guesses of ids must not fill the memory

std::string hex(ByteView octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const Octet octet : octets) {
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

std::string random_hex(std::size_t octets) {
  Bytes random(octets);
  WAYMARK_ASSERT(RAND_bytes(random.data(), static_cast<int>(octets)) == 1);
  return hex(random);
}

std::string sha256(std::string_view text) {
  std::array<Octet, 32> digest{};
  WAYMARK_ASSERT(
      EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return hex(digest);
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

bool permitted(const Principal& who, const zones::HostedZone& zone) {
  if (who.zones.empty()) return true;
  return std::any_of(who.zones.begin(), who.zones.end(), [&](const std::string& allowed) {
    // A name is the public zone's: a private one of the same name was not meant.
    return allowed == zone.id.text || (!zone.is_private() && allowed == zone.name.to_string());
  });
}

Result<Token> decode_token(const std::string& id, std::string_view json) {
  const auto document = parse_json(json);
  if (!document) return document.error();
  Token token;
  token.id = id;
  try {
    token.name = document->value("name", "");
    token.may_write = document->value("scope", "") == "admin";
    token.zones = document->value("zones", std::vector<std::string>{});
    token.hash = document->value("hash", "");
    token.created = parse_time(document->value("created", "")).value_or(TimePoint{});
    token.expires = parse_time(document->value("expires", ""));
    if (document->contains("expires") && !token.expires)  // it must not live for ever instead
      return Error(ErrorCode::bad_json, "token " + id + " has an unreadable end");
  } catch (const Json::exception& wrong) {
    return Error(ErrorCode::bad_json, "token " + id + ": " + wrong.what());
  }
  return token;
}

std::string encode_token(const Token& token) {
  Json out{{"name", token.name},
           {"scope", token.may_write ? "admin" : "read-only"},
           {"zones", token.zones},
           {"hash", token.hash},
           {"created", format_time(token.created)}};
  if (token.expires) out["expires"] = format_time(*token.expires);
  return to_text(out);
}

std::string make_secret(Token& token) {
  token.id = random_hex(6);
  std::string secret = "wm_" + token.id + "_" + random_hex(24);
  token.hash = sha256(secret);
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
  token.hash = sha256(*secret);
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
  if (!known || !equal(known->hash, sha256(secret)))
    return Error(ErrorCode::unauthorized, "this token is not known; it may have been revoked");
  if (known->expires && *known->expires <= clock_.now())
    return Error(ErrorCode::unauthorized, "this token expired at " + format_time(*known->expires));
  return Principal{known->id, known->may_write, known->zones};
}

}  // namespace waymark::api
