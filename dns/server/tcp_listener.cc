// SPDX-License-Identifier: Apache-2.0
#include "dns/server/tcp_listener.h"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "dns/rate_limit.h"

namespace waymark::dns {
namespace {

constexpr int accepts_in_a_row = 64;

/// Deadlines are looked at four times within the shortest of them.
Duration sweep_interval(const TcpLimits& limits) noexcept {
  const Duration shortest = std::min({limits.idle, limits.first_octets, limits.message});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(5),
                              std::chrono::milliseconds(250));
}

}  // namespace

TcpListener::TcpListener(asio::io_context& loop, std::vector<FileDescriptor> sockets,
                         Responder& responder, WorkerSlot& counters, const TcpLimits& limits)
    : loop_(loop), responder_(responder), counters_(counters), limits_(limits), sweep_timer_(loop) {
  for (FileDescriptor& socket : sockets)
    sockets_.emplace_back(loop, socket.release());
}

TcpListener::~TcpListener() {
  while (!sessions_.empty())
    remove(sessions_.begin());
}

void TcpListener::start() {
  for (auto& socket : sockets_)
    wait(socket);
  sweep();
}

void TcpListener::drain(Duration limit, std::function<void()> done) {
  boost::system::error_code ignored;
  for (auto& socket : sockets_)
    socket.close(ignored);
  paused_.clear();
  drain_end_ = std::chrono::steady_clock::now() + limit;
  drained_ = std::move(done);
  sweep();
}

void TcpListener::wait(asio::posix::stream_descriptor& socket) {
  socket.async_wait(asio::posix::stream_descriptor::wait_read,
                    [this, &socket](const boost::system::error_code& error) {
                      if (error || drained_) return;
                      bool more = true;
                      for (int i = 0; more && i < accepts_in_a_row; ++i) {
                        more = accept(socket.native_handle());
                      }
                      const bool exhausted =
                          errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
                      if (!more && exhausted) {
                        close_oldest_idle();
                        paused_.push_back(&socket);
                      } else {
                        wait(socket);
                      }
                    });
}

bool TcpListener::accept(int socket) {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  FileDescriptor connection(accept4(socket, address, &octets, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!connection) return errno == ECONNABORTED || errno == EINTR;
  admit(std::move(connection), Endpoint::from(*address));
  return true;
}

void TcpListener::admit(FileDescriptor connection, const Endpoint& from) {
  const std::uint64_t network = client_network(from.address);
  const auto same = networks_.find(network);
  if ((same != networks_.end() && same->second >= limits_.connections_per_network &&
       !close_oldest_idle(network)) ||
      (sessions_.size() >= limits_.connections && !close_oldest_idle())) {
    counters_.tcp_refused.add();
    return;
  }
  counters_.tcp_accepted.add();
  ++networks_[network];
  const int on = 1;
  (void)setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto session = sessions_.insert(
      sessions_.end(), std::make_shared<TcpSession>(
                           loop_, std::move(connection), from, responder_, workspace_, limits_,
                           counters_.durations[static_cast<std::size_t>(Transport::tcp)]));
  (*session)->start([this, session](const TcpSession& turned) {
    if (turned.open()) {
      sessions_.splice(sessions_.end(), sessions_, session);
    } else {
      remove(session);
    }
  });
}

bool TcpListener::close_oldest_idle(std::optional<std::uint64_t> network) {
  const auto idle = std::find_if(sessions_.begin(), sessions_.end(), [&](const auto& session) {
    return session->idle() && (!network || client_network(session->from().address) == *network);
  });
  if (idle == sessions_.end()) return false;
  remove(idle);
  return true;
}

void TcpListener::sweep() {
  const MonotonicTime now = std::chrono::steady_clock::now();
  for (auto session = sessions_.begin(); session != sessions_.end();)
    session = (*session)->deadline() <= now ? remove(session) : std::next(session);
  for (auto* socket : std::exchange(paused_, {}))
    wait(*socket);

  if (drained_ && (sessions_.empty() || now >= drain_end_)) return drained_();
  sweep_timer_.expires_after(sweep_interval(limits_));
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

TcpListener::Sessions::iterator TcpListener::remove(Sessions::iterator session) noexcept {
  (*session)->close();
  counters_.tcp_closed.add();
  const auto same = networks_.find(client_network((*session)->from().address));
  if (--same->second == 0) networks_.erase(same);
  return sessions_.erase(session);
}

}  // namespace waymark::dns
