// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/async.h"
#include "base/bytes.h"
#include "base/shared_memory.h"
#include "dns/board.h"
#include "dns/responder.h"

namespace waymark::dns {

/// The room for one batch: allocated once, shared by all sockets of a worker.
class UdpBatch {
 public:
  static constexpr std::size_t capacity = 64;
  static constexpr std::size_t datagram_octets = 4096;
  // 66 cache lines: a power of two would put the first line of every buffer in the same cache set.
  static constexpr std::size_t stride = datagram_octets + 128;

  UdpBatch();
  UdpBatch(const UdpBatch&) = delete;
  UdpBatch& operator=(const UdpBatch&) = delete;

  /// Fills from `socket`; returns how many datagrams came, 0 for none. What seems to come from
  /// the socket itself, bound to `own`, is emptied: nobody answers himself.
  std::size_t receive(int socket, const Endpoint& own) noexcept;
  /// Where the first `count` came in, at the socket bound to `own`.
  std::span<const Endpoint> locals(std::size_t count, const Endpoint& own) noexcept;
  /// Sends the answers of the first `count` exchanges.
  void send(int socket, std::size_t count, WorkerSlot& counters) noexcept;
  std::span<Exchange> exchanges(std::size_t count) noexcept { return {exchanges_.data(), count}; }

 private:
  static bool from_self(const Exchange& exchange, const Endpoint& own, msghdr& header) noexcept;

  // One datagram's address and, for sockets bound to a wildcard, where it was sent to.
  struct Envelope {
    sockaddr_storage from;
    iovec query, answer;
    alignas(cmsghdr) std::array<Octet, CMSG_SPACE(sizeof(in6_pktinfo))> control;
  };

  // The kernel writes over what a message may take; only those that it filled are made ready anew.
  void make_ready(std::size_t count, bool with_destination) noexcept;

  Bytes octets_;
  bool with_destination_ = false;
  std::size_t used_ = 0;
  std::array<Envelope, capacity> envelopes_;
  std::array<mmsghdr, capacity> received_, replies_;
  std::array<Exchange, capacity> exchanges_;
  std::array<Endpoint, capacity> locals_;
};

/// One bound UDP socket on the worker's loop.
class UdpSocket {
 public:
  UdpSocket(asio::io_context& loop, FileDescriptor socket, UdpBatch& batch, Responder& responder,
            WorkerSlot& counters);

  /// Serves from now on; the loop must run.
  void start();
  /// Reads no more; what waits in the socket stays there for others that have it open.
  void stop() noexcept;

 private:
  // So many full batches in a row, then TCP, timers and adoption have their turn.
  static constexpr int batches_in_a_row = 16;

  void serve() noexcept;

  asio::posix::stream_descriptor socket_;
  UdpBatch& batch_;
  Responder& responder_;
  WorkerSlot& counters_;
  Endpoint own_;  // when unspecified, answers leave from the address that was asked
};

}  // namespace waymark::dns
