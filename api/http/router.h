// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/message.h"

namespace waymark::api {

enum class Access : std::uint8_t { open, read, write };
enum class Body : std::uint8_t {
  none,
  json,
  table,  // of client networks: 64 MiB
  text    // as long as a zone file may be
};

/// One operation. The table of these is the router, the rights and the OpenAPI page.
struct Route {
  std::string method;
  std::string pattern;  // "/v1/zones/{zone}/records"
  Access access = Access::read;
  Body body = Body::none;
  std::vector<std::string> query;  // parameters it knows; others are refused
  std::string summary;
  Handler handler;
};

class Router {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }

  /// Splits and decodes `target`, fills path, query and parameters. Null with a failure in `fault`:
  /// `bad_request`, `not_found`; or `allow` when the path exists with other methods only.
  struct Match {
    const Route* route = nullptr;
    Error fault;
    std::string allow;
  };
  Match match(std::string_view method, std::string_view target, Request& request) const;

  const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  std::vector<Route> routes_;
};

/// RFC 3986 §2.1; fails with `bad_request`.
Result<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);

}  // namespace waymark::api
