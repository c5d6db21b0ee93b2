// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "api/http/authentication.h"
#include "api/http/connection.h"
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
  std::uint64_t max_text_octets;
  /// What the same request did before this process was started, told again; or none.
  std::function<Awaitable<Result<std::optional<Response>>>(const Request&)> done_before = {};
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
