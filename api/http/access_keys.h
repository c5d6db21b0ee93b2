// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/grant.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "zones/store/store.h"

namespace waymark::api {

/// A key that requests are signed with (AWS Signature Version 4), as it is stored. Its secret must
/// be known to verify a signature, so it is kept enciphered instead of hashed.
struct AccessKey : Grant {
  std::string sealed_secret;  // hex
};

Result<AccessKey> decode_access_key(const std::string& id, std::string_view json);
std::string encode_access_key(const AccessKey& key);

/// What access keys' secrets are enciphered with (AES-256-GCM, bound to the id of the key). It is
/// in DATA_DIR/key.secret and never in the database: who has a copy of that alone can sign nothing.
class KeyVault {
 public:
  /// Fails with `io` when the file is missing or damaged.
  static Result<KeyVault> open(const std::string& data_dir);
  /// The same; makes the file (mode 0600) when there is none.
  static Result<KeyVault> open_or_make(const std::string& data_dir);

  std::string seal(std::string_view secret, std::string_view id) const;
  /// None when it was sealed by another vault or for another id, or is damaged.
  std::optional<std::string> unseal(std::string_view sealed, std::string_view id) const;

 private:
  std::array<Octet, 32> key_{};
};

/// Fills id and sealed_secret of `key`; returns the secret: 40 characters, 240 random bits.
std::string make_access_key(AccessKey& key, const KeyVault& vault);

/// An access key that may be used now.
struct SigningKey {
  Principal principal;
  std::string secret;
};

/// Finds keys for the signatures that come in. Main thread.
class AccessKeys {
 public:
  AccessKeys(const zones::Store& store, const Clock& clock, std::string data_dir)
      : store_(store), clock_(clock), data_dir_(std::move(data_dir)) {}

  /// None: not known, expired, or its secret can not be read. Fails with `unavailable`.
  Result<std::optional<SigningKey>> find(const std::string& id) const;

 private:
  const zones::Store& store_;
  const Clock& clock_;
  std::string data_dir_;
};

}  // namespace waymark::api
