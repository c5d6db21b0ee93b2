// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/async_result.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "base/async.h"
#include "base/tls.h"

namespace waymark::api {

/// A TCP connection with a time limit, in the clear or under TLS: Beast's AsyncReadStream and
/// AsyncWriteStream, whichever it is. Not thread-safe.
class Connection {
 public:
  using Tcp = boost::beast::tcp_stream;
  using executor_type = Tcp::executor_type;

  /// Without `tls` in the clear. A client names the `host` whose certificate it wants; a server
  /// leaves it empty.
  Connection(asio::ip::tcp::socket socket, TlsContext tls, const std::string& host = {});
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  Tcp& tcp() noexcept { return tcp_; }
  void expires_after(std::chrono::steady_clock::duration limit) { tcp_.expires_after(limit); }
  void expires_never() { tcp_.expires_never(); }
  void cancel() { tcp_.cancel(); }
  /// The address at the other end, or empty.
  std::string peer() const;

  /// Nothing to do in the clear.
  template <class Handler>
  void async_handshake(Handler handler) {
    if (!tls_)
      return asio::post(get_executor(), [handler = std::move(handler)]() mutable {
        handler(boost::system::error_code());
      });
    tls_->async_handshake(role_, std::move(handler));
  }
  Awaitable<boost::system::error_code> handshake();
  /// Says goodbye, so that the other side knows the answer is whole.
  Awaitable<void> shut_down();

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& into) {
          if (tls_)
            tls_->async_read_some(into, std::move(handler));
          else
            tcp_.async_read_some(into, std::move(handler));
        },
        token, buffers);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
          if (tls_)
            tls_->async_write_some(from, std::move(handler));
          else
            tcp_.async_write_some(from, std::move(handler));
        },
        token, buffers);
  }

 private:
  Tcp tcp_;
  TlsContext context_;  // outlives the stream over it
  std::optional<asio::ssl::stream<Tcp&>> tls_;
  asio::ssl::stream_base::handshake_type role_ = asio::ssl::stream_base::server;
};

}  // namespace waymark::api
