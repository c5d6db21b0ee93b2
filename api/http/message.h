// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "zones/author.h"

namespace waymark::api {

/// Who asks, as the token said.
struct Principal {
  std::string id;
  bool may_write = false;
  std::vector<std::string> zones;  // ids or absolute names; empty: all
  std::string door = "rest";       // by which it came in
  std::string address{};           // of the client
  std::string request{};           // with an Idempotency-Key: its name, and what it asks for
  std::string content{};

  /// For the audit trail.
  std::string author() const { return zones::to_text({id, door, address, request, content}); }
};

/// One request, decoded and within its limits.
struct Request {
  std::string method, path;
  std::map<std::string, std::string, std::less<>> query;       // ?limit=5
  std::map<std::string, std::string, std::less<>> parameters;  // {zone} of the route
  std::string content_type, accept, if_match, idempotency_key;
  std::string body;
  Principal principal;

  const std::string& parameter(std::string_view name) const {
    return parameters.find(name)->second;
  }
  std::optional<std::string> value(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::nullopt : std::optional(found->second);
  }
  bool flag(std::string_view name) const {
    const auto found = query.find(name);
    return found != query.end() && found->second != "false" && found->second != "0";
  }
};

/// A request as it came, for a door that verifies it whole.
struct RawRequest {
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;  // in their order
  std::string body;
  std::string address{};  // of the client
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A failure is an Error; problem.h tells it in HTTP.
using Handler = std::function<Awaitable<Result<Response>>(const Request&)>;

}  // namespace waymark::api
