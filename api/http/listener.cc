// SPDX-License-Identifier: Apache-2.0
#include "api/http/listener.h"

#include <algorithm>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/log.h"

namespace waymark::api {
namespace {

asio::ip::tcp protocol_of(int descriptor) {
  sockaddr_storage address{};
  socklen_t octets = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &octets);
  return address.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4();
}

}  // namespace

Listener::Listener(asio::io_context& io, FileDescriptor listening_socket, Door& door)
    : io_(io), acceptor_(io), door_(door), most_sessions_(max_sessions) {
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0)
    most_sessions_ = std::min<rlim_t>(most_sessions_, descriptors.rlim_cur / 4);
  acceptor_.assign(protocol_of(listening_socket.get()), listening_socket.get());
  static_cast<void>(listening_socket.release());
}

void Listener::start() {
  spawn(io_, accept());
}

void Listener::stop() {
  door_.stopping = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (const auto& session : sessions_)
    if (session->idle) session->stream.cancel();
}

Awaitable<void> Listener::accept() {
  while (acceptor_.is_open()) {
    auto [failure, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (!acceptor_.is_open()) break;
    if (failure) {  // out of descriptors, most likely: wait for some to come back
      log::warning("api_accept_failed", {{"reason", failure.message()}});
      asio::steady_timer pause(io_, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    if (sessions_.size() >= most_sessions_) continue;  // closes it
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    auto session = std::make_shared<Session>(std::move(socket), tls_);
    sessions_.insert(session);
    spawn(io_, serve(std::move(session)));
  }
}

Awaitable<void> Listener::serve(std::shared_ptr<Session> session) {
  co_await session->run(door_);
  sessions_.erase(session);
}

}  // namespace waymark::api
