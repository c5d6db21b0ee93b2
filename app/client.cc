// SPDX-License-Identifier: Apache-2.0
#include "app/client.h"

#include <cstdlib>
#include <fstream>
#include <unistd.h>

#include "api/http/router.h"
#include "app/config.h"

namespace waymark::app {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? std::string{} : value;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

int exit_code_of(unsigned status) noexcept {
  switch (status) {
    case 401:
    case 403:
      return exit_denied;
    case 404:
      return exit_not_found;
    case 409:
    case 412:
      return exit_conflict;
    default:
      return exit_error;
  }
}

/// The server's problem document as lines for people.
std::string told(const api::ClientReply& reply) {
  const Json problem = Json::parse(reply.body, nullptr, false);
  if (!problem.is_object() || !problem.contains("detail"))
    return "the server answered " + std::to_string(reply.status) + ": " + reply.body.substr(0, 500);
  const auto line = [](const Json& fault) {
    const std::string pointer = fault.value("pointer", "");
    return fault.value("detail", "") + (pointer.empty() ? "" : "  (" + pointer + ")");
  };
  std::string text = line(problem);
  if (problem.contains("errors"))
    for (const Json& fault : problem["errors"])
      text += "\n  " + line(fault);
  return text;
}

}  // namespace

Client::Client(ClientOptions options) : options_(std::move(options)) {
  if (options_.server.empty()) options_.server = environment("WAYMARK_SERVER");
  if (options_.server.empty()) options_.server = "http://127.0.0.1:5380";
  while (options_.server.ends_with('/'))
    options_.server.pop_back();
  if (options_.token.empty()) options_.token = environment("WAYMARK_TOKEN");
  if (options_.ca_file.empty()) options_.ca_file = environment("WAYMARK_CA_FILE");
  if (options_.data_dir.empty()) options_.data_dir = environment("WAYMARK_DATA_DIR");
  if (options_.data_dir.empty()) options_.data_dir = default_data_dir();
  if (options_.token.empty()) options_.token = first_line(options_.data_dir + "/admin.token");
}

bool Client::colour() const noexcept {
  return !options_.no_color && isatty(STDOUT_FILENO) == 1;
}

api::ClientReply Client::exchange(const std::string& method, const std::string& target,
                                  const std::string& body, const std::string& content_type,
                                  const std::function<void(std::size_t)>& progress) {
  api::ClientRequest request;
  request.method = method;
  request.target = target;
  request.token = options_.token;
  request.content_type = body.empty() ? std::string{} : content_type;
  request.body = body;
  request.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(options_.timeout * 1000));
  request.progress = progress;
  request.ca_file = options_.ca_file;
  auto reply = api::http_call(options_.server, request);
  if (!reply)
    throw ClientFailure{
        reply.error().code() == ErrorCode::bad_value ? exit_usage : exit_unreachable,
        reply.error().detail() +
            "\nIs the server running? Name it with --server or WAYMARK_SERVER."};
  if (reply->status >= 300) {
    std::string message = told(*reply);
    if (reply->status == 401)
      message +=
          "\nGive a token with --token or WAYMARK_TOKEN; the first one is in DATA_DIR/admin.token.";
    throw ClientFailure{exit_code_of(reply->status), message};
  }
  return std::move(*reply);
}

Json Client::call(const std::string& method, const std::string& target, const std::string& body,
                  const std::string& content_type,
                  const std::function<void(std::size_t)>& progress) {
  const auto reply = exchange(method, target, body, content_type, progress);
  if (reply.body.empty()) return Json::object();
  Json json = Json::parse(reply.body, nullptr, false);
  if (json.is_discarded())
    throw ClientFailure{exit_error,
                        "the server's answer is not JSON: " + reply.body.substr(0, 200)};
  return json;
}

std::string Client::text(const std::string& target) {
  return exchange("GET", target, {}, {}, {}).body;
}

Json Client::list(const std::string& target) {
  Json items = Json::array();
  std::string cursor;
  do {
    const char* joint = target.find('?') == std::string::npos ? "?" : "&";
    const Json page =
        get(target + joint + "limit=1000" + (cursor.empty() ? "" : "&cursor=" + escaped(cursor)));
    for (const Json& item : page.at("items"))
      items.push_back(item);
    cursor = page.contains("next") && page["next"].is_string() ? page["next"].get<std::string>()
                                                               : std::string{};
  } while (!cursor.empty());
  return items;
}

std::string escaped(std::string_view text) {
  return api::percent_encode(text);
}

}  // namespace waymark::app
