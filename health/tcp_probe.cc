// SPDX-License-Identifier: Apache-2.0
#include "health/tcp_probe.h"

#include <cstring>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/connect_error.h"

namespace waymark::health {
namespace {

using asio::ip::tcp;

tcp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port) {
  sockaddr_storage storage;
  const socklen_t octets = Endpoint{address, port}.to(storage);
  tcp::endpoint endpoint;
  endpoint.resize(octets);
  std::memcpy(endpoint.data(), &storage, octets);
  return endpoint;
}

}  // namespace

/// Kept alive by its two handlers; whichever comes first decides, and ends the other.
struct TcpProbe::Attempt : std::enable_shared_from_this<Attempt> {
  Attempt(asio::io_context& io, std::weak_ptr<const bool> probe, Done told)
      : socket(io), timer(io), alive(std::move(probe)), done(std::move(told)) {}

  void run(const tcp::endpoint& target, std::chrono::milliseconds limit) {
    timer.expires_after(limit);
    timer.async_wait([self = shared_from_this(), limit](const boost::system::error_code& error) {
      if (!error) self->end({Outcome::Kind::failed, timed_out_text(limit), Cause::timeout});
    });
    socket.async_connect(target,
                         [self = shared_from_this()](const boost::system::error_code& error) {
                           self->connected(error);
                         });
  }

  void connected(const boost::system::error_code& error) {
    if (!error) return end({Outcome::Kind::passed, "connected", Cause::ok});
    const bool ours = is_local_shortage(error.value());
    const bool refused = error == asio::error::connection_refused;
    end({ours ? Outcome::Kind::unknown : Outcome::Kind::failed, connect_error_text(error.value()),
         refused ? Cause::refused : Cause::other});
  }

  void end(Outcome outcome) {
    if (!done) return;
    boost::system::error_code ignored;
    socket.close(ignored);
    timer.cancel();
    const Done told = std::exchange(done, nullptr);
    if (!alive.expired()) told(std::move(outcome));
  }

  tcp::socket socket;
  asio::steady_timer timer;
  std::weak_ptr<const bool> alive;
  Done done;
};

TcpProbe::TcpProbe(asio::io_context& io, TargetRules rules) : io_(io), rules_(std::move(rules)) {}

void TcpProbe::start(const HealthCheck& check, Done done) {
  const auto attempt = std::make_shared<Attempt>(io_, alive_, std::move(done));
  if (const auto permitted = rules_.permit(check.address, check.port); !permitted) {
    asio::post(io_, [attempt, why = permitted.error().detail()] {
      attempt->end({Outcome::Kind::failed, why, Cause::other});
    });
    return;
  }
  attempt->run(endpoint_of(check.address, check.port), check.timeout);
}

}  // namespace waymark::health
