// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/ip.h"
#include "base/result.h"

namespace waymark {

/// One request, to an address: no name is ever looked up for it.
struct HttpRequest {
  bool tls = false;
  IpAddress address;
  std::uint16_t port = 80;
  std::string path = "/";  // sent as it stands; a missing leading "/" is added
  std::string host;        // Host header, SNI and the certificate's name; empty: the address
  bool verify = false;     // tls: certificate chain and name
  bool sni = true;         // tls: the host is named in the handshake; needed to verify
  std::string ca_file;     // tls: PEM; empty: the system's list
  std::string client_certificate, client_key;  // tls: PEM files; empty: none is shown
  std::chrono::milliseconds timeout{4'000};    // of everything; connecting has 4 s of it at most
  std::string until;                 // stops reading when the body has this; empty: no body
  std::size_t body_limit = 5'120;    // octets after inflation; reading stops there
  std::optional<std::string> post;   // none: GET; else a POST with this body
  std::vector<std::string> headers;  // "Name: value"
};

struct HttpResponse {
  int status = 0;
  std::string body;  // as far as it was read
};

/// Fetches from servers that nobody trusts (PRB-3, PRB-4): one fresh connection each (a reused one
/// would not tell that the server still accepts), HTTP/1.1, no redirects, proxies, cookies or
/// passwords; header block at most 16 KiB, certificate chain at most 64 KiB. Runs on `io`'s one
/// thread.
class HttpClient {
 public:
  /// Asked with the real address of every socket before it is connected (PRB-1).
  using Permit = std::function<Result<void>(const IpAddress&, std::uint16_t port)>;
  /// Fails with what Permit said, `timed_out`, `too_large` (header), `bad_value` (path, host, a TLS
  /// file), `unauthorized` (TLS), `not_found` (connection refused), `unavailable` (our own lack of
  /// sockets, memory or network) or `io`.
  using Done = std::function<void(Result<HttpResponse>)>;

  HttpClient(asio::io_context& io, Permit permit);
  /// Ends what is in flight; its Done is not called.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// `done` is called later, once, never from within send().
  void send(const HttpRequest& request, Done done);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace waymark
