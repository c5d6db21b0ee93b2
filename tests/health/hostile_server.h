// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "base/async.h"

namespace waymark::health {

/// A server on a loopback port of its own, on the test's io_context. Each connection's request is
/// read up to its empty line, then `behave` does with the socket what it wants.
class HostileServer {
 public:
  using Socket = asio::ip::tcp::socket;
  using Behaviour = std::function<Awaitable<void>(Socket&)>;

  HostileServer(asio::io_context& io, Behaviour behave)
      : state_(std::make_shared<State>(io, std::move(behave))) {
    spawn(io, accept(state_));
  }
  ~HostileServer() { close(); }
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
  int connections() const noexcept { return state_->connections; }
  const std::string& request() const noexcept { return state_->request; }  // the last one
  void close() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
  }

  /// Writes all of it; false when the other side has closed.
  static Awaitable<bool> send(Socket& socket, std::string text) {
    boost::system::error_code error;
    co_await asio::async_write(socket, asio::buffer(text), Token(asio::use_awaitable, error));
    co_return !error;
  }
  static Awaitable<void> pause(Socket& socket, std::chrono::milliseconds time) {
    boost::system::error_code error;
    asio::steady_timer timer(socket.get_executor(), time);
    co_await timer.async_wait(Token(asio::use_awaitable, error));
  }
  /// Writes `text` for as long as the other side takes it.
  static Awaitable<void> send_for_ever(Socket& socket, std::string text,
                                       std::chrono::milliseconds between = {}) {
    bool open = true;
    while (open) {
      open = co_await send(socket, text);
      co_await pause(socket, between);
    }
  }
  /// Says nothing until the other side closes.
  static Awaitable<void> silence(Socket& socket) {
    boost::system::error_code error;
    char octet = 0;
    while (!error)
      co_await socket.async_read_some(asio::buffer(&octet, 1), Token(asio::use_awaitable, error));
  }
  static Behaviour answer(std::string text) {
    return [text](Socket& socket) -> Awaitable<void> { co_await send(socket, text); };
  }

 private:
  using Token = asio::redirect_error_t<asio::use_awaitable_t<>>;

  struct State {
    State(asio::io_context& io, Behaviour behaviour)
        : acceptor(io, {asio::ip::address_v4::loopback(), 0}), behave(std::move(behaviour)) {}

    asio::ip::tcp::acceptor acceptor;
    Behaviour behave;
    int connections = 0;
    std::string request;
  };

  static Awaitable<void> accept(std::shared_ptr<State> state) {
    boost::system::error_code error;
    while (true) {
      Socket socket = co_await state->acceptor.async_accept(Token(asio::use_awaitable, error));
      if (error) co_return;
      ++state->connections;
      spawn(socket.get_executor(), serve(state, std::move(socket)));
    }
  }
  static Awaitable<void> serve(std::shared_ptr<State> state, Socket socket) {
    boost::system::error_code error;
    std::string request;
    co_await asio::async_read_until(socket, asio::dynamic_buffer(request), "\r\n\r\n",
                                    Token(asio::use_awaitable, error));
    state->request = request;
    if (!error) co_await state->behave(socket);
  }

  std::shared_ptr<State> state_;  // its coroutines may outlive us
};

}  // namespace waymark::health
