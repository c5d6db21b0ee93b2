// SPDX-License-Identifier: Apache-2.0
#include "health/dns_exchange.h"

#include <array>
#include <cstring>
#include <sys/random.h>
#include <utility>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/connect_error.h"

namespace waymark::health {
namespace {

using asio::ip::udp;
using boost::system::error_code;

udp::endpoint endpoint_of(const Endpoint& server) {
  sockaddr_storage storage;
  const socklen_t octets = server.to(storage);
  udp::endpoint endpoint;
  endpoint.resize(octets);
  std::memcpy(endpoint.data(), &storage, octets);
  return endpoint;
}

/// From the kernel: it guards against forged replies, so no test decides it.
std::uint16_t new_id() noexcept {
  std::uint16_t id = 0;
  return getrandom(&id, sizeof id, 0) == sizeof id ? id : std::uint16_t{0};
}

}  // namespace

struct DnsExchange::Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(asio::io_context& io, DnsQuestion asked, std::weak_ptr<const bool> owner, Done told)
      : socket(io),
        timer(io),
        question(std::move(asked)),
        query(write_query(id, question)),
        alive(std::move(owner)),
        done(std::move(told)) {}

  void run(const Endpoint& server, std::chrono::milliseconds limit) {
    timer.expires_after(limit);
    timer.async_wait([self = shared_from_this(), limit](const error_code& error) {
      if (!error) self->end(Error(ErrorCode::timed_out, timed_out_text(limit)));
    });
    const udp::endpoint remote = endpoint_of(server);
    error_code failed;
    socket.open(remote.protocol(), failed);
    // Connected: the kernel drops what comes from another address or port.
    if (!failed) socket.connect(remote, failed);
    if (!failed) socket.send(asio::buffer(query), 0, failed);
    if (!failed) return receive();
    asio::post(socket.get_executor(), [self = shared_from_this(), failed] { self->fail(failed); });
  }

  void receive() {
    socket.async_receive(asio::buffer(buffer), [self = shared_from_this()](const error_code& failed,
                                                                           std::size_t octets) {
      if (failed) return self->fail(failed);
      auto reply = read_reply({self->buffer.data(), octets}, self->id, self->question);
      if (!reply) return self->receive();  // not ours; time runs on
      self->end(std::move(*reply));
    });
  }

  void fail(const error_code& failed) {
    const int number = failed.value();
    const bool ours = is_local_shortage(number);
    end(Error(ours ? ErrorCode::unavailable : ErrorCode::io, connect_error_text(number)));
  }

  void end(Result<DnsReply> result) {
    if (!done) return;
    error_code ignored;
    socket.close(ignored);
    timer.cancel();
    const Done told = std::exchange(done, nullptr);
    if (!alive.expired()) told(std::move(result));
  }

  udp::socket socket;
  asio::steady_timer timer;
  const std::uint16_t id = new_id();
  DnsQuestion question;
  Bytes query;
  std::array<Octet, 4'096> buffer{};
  std::weak_ptr<const bool> alive;
  Done done;
};

void DnsExchange::ask(const Endpoint& server, const DnsQuestion& question,
                      std::chrono::milliseconds timeout, Done done) {
  std::make_shared<Attempt>(io_, question, alive_, std::move(done))->run(server, timeout);
}

}  // namespace waymark::health
