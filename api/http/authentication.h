// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/grant.h"
#include "base/clock.h"
#include "zones/change_pipeline.h"
#include "zones/store/store.h"

namespace waymark::api {

/// A token as it is stored: never the secret, only its SHA-256.
struct Token : Grant {
  std::string hash;  // hex
};

Result<Token> decode_token(const std::string& id, std::string_view json);
std::string encode_token(const Token& token);

/// `wm_<id>_<secret>`, 192 random bits in the secret; fills id and hash of `token`.
std::string make_secret(Token& token);

/// Who the bearer of a token is. Tokens are read from the store once and again when it has moved
/// on; while it can not be read, those already known go on, and DATA_DIR/admin.token's.
/// Main thread.
class Authenticator {
 public:
  Authenticator(const zones::Store& store, const Clock& clock, std::string data_dir, bool enabled)
      : store_(store), clock_(clock), data_dir_(std::move(data_dir)), enabled_(enabled) {}

  bool enabled() const noexcept { return enabled_; }
  /// Of an Authorization header. Fails with `unauthorized`.
  Result<Principal> authenticate(std::string_view authorization);

 private:
  std::optional<Token> token(const std::string& id);

  const zones::Store& store_;
  const Clock& clock_;
  std::string data_dir_;
  bool enabled_;
  zones::Revision known_at_;
  std::map<std::string, std::optional<Token>> known_;
};

/// The token in DATA_DIR/admin.token, when there is one: as a secret, and as it would be stored.
std::optional<std::string> read_admin_token(const std::string& data_dir);
std::optional<Token> admin_token_of(const std::string& data_dir);

}  // namespace waymark::api
