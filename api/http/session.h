// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>

#include "api/http/authentication.h"
#include "api/http/connection.h"
#include "api/http/guesses.h"
#include "api/http/idempotency.h"
#include "api/http/router.h"
#include "base/async.h"

namespace waymark::api {

/// Requests answered, by route pattern, method and status.
using RequestCounts = std::map<std::tuple<std::string, std::string, unsigned>, std::uint64_t>;

/// What all sessions share. Outlives them. Main thread.
struct Door {
  const Router& router;
  Authenticator& authenticator;
  Idempotency idempotency;
  Guesses guesses;
  std::uint64_t max_text_octets;
  RequestCounts counts = {};
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
