// SPDX-License-Identifier: Apache-2.0
#include "health/http_probe.h"

#include <utility>

namespace waymark::health {
namespace {

Cause cause_of(ErrorCode code) noexcept {
  if (code == ErrorCode::timed_out) return Cause::timeout;
  if (code == ErrorCode::not_found) return Cause::refused;
  return code == ErrorCode::unauthorized ? Cause::tls : Cause::other;
}

Outcome judge(const Result<HttpResponse>& response, const std::string& match) {
  using Kind = Outcome::Kind;
  if (!response) {
    const Error& error = response.error();
    return {error.code() == ErrorCode::unavailable ? Kind::unknown : Kind::failed, error.detail(),
            cause_of(error.code())};
  }
  const std::string status = "HTTP " + std::to_string(response->status);
  if (response->status < 200 || response->status > 399)
    return {Kind::failed, status + "; expected 200 to 399", Cause::status};
  if (response->body.find(match) == std::string::npos)
    return {Kind::failed, "\"" + match + "\" not found in the first 5,120 octets", Cause::body};
  return {Kind::passed, status, Cause::ok};
}

}  // namespace

HttpProbe::HttpProbe(asio::io_context& io, TargetRules rules, std::string tls_directory)
    : tls_directory_(std::move(tls_directory)),
      client_(io, [rules = std::move(rules)](const IpAddress& address, std::uint16_t port) {
        return rules.permit(address, port);
      }) {}

/// The API has refused names with a "/": no check reads files of elsewhere.
std::string HttpProbe::path_of(const std::string& file) const {
  return file.empty() ? std::string{} : tls_directory_ + "/" + file;
}

void HttpProbe::start(const HealthCheck& check, Done done) {
  HttpRequest request;
  request.tls = check.type == HealthCheck::Type::https;
  request.address = check.address;
  request.port = check.port;
  request.path = check.path.empty() ? "/" : check.path;
  request.host = check.host;
  request.verify = check.verify;
  request.sni = check.sni;
  request.ca_file = path_of(check.ca_file);
  request.client_certificate = path_of(check.client_certificate);
  request.client_key = path_of(check.client_key);
  request.timeout = check.timeout;
  request.until = check.match;
  client_.send(request, [match = check.match, done = std::move(done)](
                            const Result<HttpResponse>& r) { done(judge(r, match)); });
}

}  // namespace waymark::health
