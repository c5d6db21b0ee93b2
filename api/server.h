// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "api/rest/tokens.h"
#include "api/services.h"
#include "base/async.h"
#include "base/shared_memory.h"
#include "base/tls.h"

namespace waymark::api {

/// The second door, for clients of Amazon Route 53.
struct Route53Settings {
  FileDescriptor listening_socket;  // none: the door stays shut
  bool signatures = true;           // without, everybody on this machine may do all
};

/// The doors: routes, tokens and sessions behind their listening sockets. Main thread; outlives
/// the last turn of `io`.
class Server {
 public:
  /// `listening_socket` is REST's, is bound and listens. Without `auth` everybody on this machine
  /// may do all.
  Server(asio::io_context& io, FileDescriptor listening_socket, Services services, bool auth,
         Route53Settings route53 = {});
  ~Server();

  void start();
  /// Connections accepted from now on speak TLS with it (HTTPS).
  void use(TlsContext tls);
  /// Accepts no more; requests under way are answered while `io` still runs.
  void stop();
  /// Connections open now; after stop() only those with a request under way.
  std::size_t sessions() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::api
