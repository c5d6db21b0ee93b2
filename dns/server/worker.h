// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/async.h"
#include "base/shared_memory.h"
#include "dns/board.h"
#include "dns/channel.h"
#include "dns/responder.h"
#include "dns/server/adoption.h"
#include "dns/server/tcp_listener.h"
#include "dns/server/udp_socket.h"

namespace waymark::dns {

struct WorkerSettings {
  std::uint32_t index = 0;            // its slot on the board
  std::optional<std::uint64_t> seed;  // of all workers; each adds its index
  ResponderSettings answers;
  TcpLimits tcp;
  /// A generation is on its way: until it is adopted, but no longer than this, questions stay in
  /// the sockets. Zero: they get REFUSED.
  Duration wait_for_image{};
  bool stand_by = false;  // reads nothing before release(): others serve the sockets yet
};

struct WorkerDescriptors {
  Channel channel;
  std::vector<FileDescriptor> udp, tcp;  // bound, listening and non-blocking
};

/// One loop on one thread: sockets, Responder, counters. Adopts new generations between batches.
class Worker {
 public:
  /// `loop` is run by one thread, and stopped when the channel ends. It must outlive the worker.
  Worker(asio::io_context& loop, Board& board, WorkerDescriptors descriptors,
         const WorkerSettings& settings);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Ends the stand-by.
  void release();
  /// Leaves the sockets to others that have them open: takes nothing new, serves the connections
  /// that are there for at most ten seconds, and stops the loop.
  void drain();

 private:
  void begin();
  void exchange(std::shared_ptr<const Image>& image) noexcept;
  void keep_beating();
  void renew_cookie_secrets() noexcept;

  asio::io_context& loop_;
  WorkerSlot& slot_;
  Responder responder_;
  const Board& board_;
  std::uint64_t cookie_version_ = 0;
  std::shared_ptr<const Image> image_;
  UdpBatch batch_;
  std::vector<std::unique_ptr<UdpSocket>> udp_;
  TcpListener tcp_;
  bool begun_ = false;  // to read from the sockets
  bool stand_by_;
  asio::steady_timer first_image_, heartbeat_;
  Adoption adoption_;  // last: its thread ends before the rest
};

}  // namespace waymark::dns
