// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "api/http/client.h"
#include "base/result.h"

namespace waymark::app {

using Json = nlohmann::ordered_json;

/// How a client verb ends. Part of the outside: scripts rest on it.
enum ExitCode : int {
  exit_ok = 0,
  exit_error = 1,
  exit_usage = 2,
  exit_not_found = 3,
  exit_conflict = 4,
  exit_denied = 6,
  exit_unreachable = 7
};

/// What stands before every client verb.
struct ClientOptions {
  std::string server, token;  // empty: from the environment, then the defaults
  std::string data_dir;       // where to look for admin.token
  std::string ca_file;        // https: empty: from the environment, then the system's
  std::string output = "table";
  bool dry_run = false, yes = false, no_color = false;
  double timeout = 30;  // seconds
};

/// Ends a verb: message and exit code. Caught once, in main.
struct ClientFailure {
  int exit_code;
  std::string message;
};

/// The REST client that every client verb uses. Failures are thrown as ClientFailure, with what the
/// server said, every fault of a batch on a line of its own.
class Client {
 public:
  explicit Client(ClientOptions options);

  Json get(const std::string& target) { return call("GET", target); }
  Json send(const std::string& method, const std::string& target, const Json& body) {
    return call(method, target, body.dump());
  }
  Json call(const std::string& method, const std::string& target, const std::string& body = {},
            const std::string& content_type = "application/json",
            const std::function<void(std::size_t)>& progress = {});
  std::string text(const std::string& target);
  /// All items of a paged list.
  Json list(const std::string& target);
  bool json() const noexcept { return options_.output == "json"; }
  bool colour() const noexcept;
  const ClientOptions& options() const noexcept { return options_; }

 private:
  api::ClientReply exchange(const std::string& method, const std::string& target,
                            const std::string& body, const std::string& content_type,
                            const std::function<void(std::size_t)>& progress);

  ClientOptions options_;
};

/// RFC 3986 for one path segment or query value.
std::string escaped(std::string_view text);

}  // namespace waymark::app
