// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>

#include <boost/asio/ip/tcp.hpp>

#include "api/http/session.h"
#include "base/shared_memory.h"

namespace waymark::api {

/// Accepts connections on a socket that listens already, and owns their sessions. Main thread.
class Listener {
 public:
  /// And no more than a quarter of the descriptors that this process may have: the rest is the
  /// store's, the publisher's and the prober's.
  static constexpr std::size_t max_sessions = 1024;

  Listener(asio::io_context& io, FileDescriptor listening_socket, Door& door);

  void start();
  /// Connections accepted from now on speak TLS with it.
  void use(TlsContext tls) { tls_ = std::move(tls); }
  /// Accepts no more; cuts idle sessions, lets the others finish their request.
  void stop();
  std::size_t sessions() const noexcept { return sessions_.size(); }

 private:
  Awaitable<void> accept();
  Awaitable<void> serve(std::shared_ptr<Session> session);

  asio::io_context& io_;
  asio::ip::tcp::acceptor acceptor_;
  Door& door_;
  std::size_t most_sessions_;
  TlsContext tls_;
  std::set<std::shared_ptr<Session>> sessions_;
};

}  // namespace waymark::api
