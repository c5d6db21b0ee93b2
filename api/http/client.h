// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace waymark::api {

inline constexpr const char* cli_user_agent = "waymark";  // of the command line

struct ClientReply {
  unsigned status = 0;
  std::string content_type;
  std::string body;
};

struct ClientRequest {
  std::string method = "GET";
  std::string target;        // path and query
  std::string token;         // bearer; may be empty
  std::string content_type;  // of the body
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string ca_file;                        // https: PEM file; empty: the system's authorities
  std::chrono::milliseconds timeout{30'000};  // of the whole exchange
  std::function<void(std::size_t)> progress;  // octets of the body that have left
};

/// One blocking exchange with "http://HOST:PORT" or "https://…", whose certificate and name are
/// checked. Fails with `bad_value` (the URL),
/// `unavailable` (no connection), `timed_out`, `io`.
Result<ClientReply> http_call(std::string_view server, const ClientRequest& request);

}  // namespace waymark::api
