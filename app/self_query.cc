// SPDX-License-Identifier: Apache-2.0
#include "app/self_query.h"

#include <array>
#include <chrono>
#include <cstring>

#include <boost/asio/buffer.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/bytes.h"

namespace waymark::app {
namespace {

using asio::ip::udp;
using boost::system::error_code;

// id 5741, one question: . SOA IN
constexpr std::array<Octet, 17> question = {0x57, 0x41, 0, 0, 0, 1, 0, 0, 0,
                                            0,    0,    0, 0, 0, 6, 0, 1};

/// Where a listener on that address is reached from this machine.
Endpoint reachable(Endpoint bound) {
  if (!bound.address.is_unspecified()) return bound;
  if (bound.address.is_v4()) return {IpAddress::loopback_v4(), bound.port};
  bound.address.octets[15] = 1;
  return bound;
}

Awaitable<bool> ask(Endpoint server) {
  sockaddr_storage storage;
  const socklen_t octets = reachable(server).to(storage);
  udp::endpoint remote;
  std::memcpy(remote.data(), &storage, octets);
  remote.resize(octets);

  udp::socket socket(co_await asio::this_coro::executor);
  error_code failed;
  socket.open(remote.protocol(), failed);
  if (!failed) socket.connect(remote, failed);
  if (failed) co_return false;
  co_await socket.async_send(asio::buffer(question),
                             asio::redirect_error(asio::use_awaitable, failed));
  std::array<Octet, 512> answer{};
  for (;;) {
    const std::size_t got = co_await socket.async_receive(
        asio::buffer(answer), asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return false;
    if (got >= 12 && answer[0] == question[0] && answer[1] == question[1] &&
        (answer[2] & 0x80) != 0)
      co_return true;
  }
}

Awaitable<void> second() {
  using namespace std::chrono_literals;
  asio::steady_timer timer(co_await asio::this_coro::executor, 1s);
  error_code ended;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
}

}  // namespace

Awaitable<bool> self_query(std::vector<Endpoint> dns) {
  using namespace asio::experimental::awaitable_operators;
  for (const Endpoint& server : dns) {
    const auto outcome = co_await (ask(server) || second());
    if (outcome.index() == 0 && std::get<0>(outcome)) co_return true;
  }
  co_return false;
}

}  // namespace waymark::app
