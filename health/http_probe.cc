// SPDX-License-Identifier: Apache-2.0
#include "health/http_probe.h"

#include <utility>

namespace waymark::health {
namespace {

Outcome judge(const Result<HttpResponse>& response, const std::string& match) {
  using Kind = Outcome::Kind;
  if (!response) {
    const Error& error = response.error();
    return {error.code() == ErrorCode::unavailable ? Kind::unknown : Kind::failed, error.detail()};
  }
  const std::string status = "HTTP " + std::to_string(response->status);
  if (response->status < 200 || response->status > 399)
    return {Kind::failed, status + "; expected 200 to 399"};
  if (response->body.find(match) == std::string::npos)
    return {Kind::failed, "\"" + match + "\" not found in the first 5,120 octets"};
  return {Kind::passed, status};
}

}  // namespace

HttpProbe::HttpProbe(asio::io_context& io, TargetRules rules)
    : client_(io, [rules = std::move(rules)](const IpAddress& address, std::uint16_t port) {
        return rules.permit(address, port);
      }) {}

void HttpProbe::start(const HealthCheck& check, Done done) {
  HttpRequest request;
  request.tls = check.type == HealthCheck::Type::https;
  request.address = check.address;
  request.port = check.port;
  request.path = check.path;
  request.host = check.host;
  request.verify = check.verify;
  request.timeout = check.timeout;
  request.until = check.match;
  client_.get(request, [match = check.match, done = std::move(done)](
                           const Result<HttpResponse>& r) { done(judge(r, match)); });
}

}  // namespace waymark::health
