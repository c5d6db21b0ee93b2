// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include "api/http/authentication.h"
#include "api/http/connection.h"
#include "api/http/idempotency.h"
#include "api/http/request_stats.h"
#include "api/http/router.h"
#include "base/async.h"

namespace waymark::api {

/// The REST door: who asks is known from the header, before a body is read.
struct TokenDoor {
  const Router& router;
  Authenticator& authenticator;
  Idempotency idempotency;
  std::uint64_t max_text_octets;
};

/// A door whose requests are signed whole: who asks is known only when the body is there.
struct SignedDoor {
  std::uint64_t max_body_octets;
  bool only_local;  // nobody signs: only pages of this machine may ask
  std::function<Awaitable<Response>(const RawRequest&)> answer;
  std::function<Response(const Error&)> refuse;  // a request that could not be read
};

/// What all sessions share. Outlives them. Main thread.
struct Door {
  std::variant<TokenDoor, SignedDoor> kind;
  const Clock& clock;
  RequestStats stats;
  bool stopping = false;
};

/// One connection: requests one after the other until the client closes, is too slow, or
/// `stopping`.
struct Session {
  Session(asio::ip::tcp::socket socket, TlsContext tls)
      : stream(std::move(socket), std::move(tls)) {}

  Connection stream;
  bool idle = true;  // between requests: may be cut at any time

  Awaitable<void> run(Door& door);
};

}  // namespace waymark::api
