// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/async.h"
#include "base/shared_memory.h"
#include "dns/board.h"
#include "dns/responder.h"
#include "dns/server/tcp_session.h"

namespace waymark::dns {

/// All TCP of one worker: its listening sockets and the sessions that came of them.
class TcpListener {
 public:
  TcpListener(asio::io_context& loop, std::vector<FileDescriptor> sockets, Responder& responder,
              WorkerSlot& counters, const TcpLimits& limits);
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;
  ~TcpListener();

  /// Serves from now on; the loop must run.
  void start();
  /// Accepts no more; serves the connections that are there until they end, or for `limit`, and
  /// calls `done`.
  void drain(Duration limit, std::function<void()> done);

 private:
  using Sessions = std::list<std::shared_ptr<TcpSession>>;

  void wait(asio::posix::stream_descriptor& socket);
  bool accept(int socket);
  void admit(FileDescriptor connection, const Endpoint& from);
  /// Of that network, or of all. False when none is idle.
  bool close_oldest_idle(std::optional<std::uint64_t> network = std::nullopt);
  void sweep();
  Sessions::iterator remove(Sessions::iterator session) noexcept;

  asio::io_context& loop_;
  std::vector<asio::posix::stream_descriptor> sockets_;
  std::vector<asio::posix::stream_descriptor*> paused_;  // no descriptors left; tried at next sweep
  Responder& responder_;
  WorkerSlot& counters_;
  TcpLimits limits_;
  TcpWorkspace workspace_;
  Sessions sessions_;  // the one whose last turn is longest ago comes first
  std::unordered_map<std::uint64_t, std::size_t> networks_;  // sessions of each
  asio::steady_timer sweep_timer_;
  std::function<void()> drained_;  // set: accepts no more
  MonotonicTime drain_end_;
};

}  // namespace waymark::dns
