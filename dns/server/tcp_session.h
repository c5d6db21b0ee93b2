// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/async.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ip.h"
#include "base/shared_memory.h"
#include "dns/responder.h"

namespace waymark::dns {

/// How long a peer may take, and how many there may be.
struct TcpLimits {
  Duration idle = std::chrono::seconds(10);  // RFC 7766 §6.2.3; also to read all its answers
  Duration first_octets = std::chrono::seconds(2);  // after the connection was made
  Duration message = std::chrono::seconds(5);       // from the first octet of a query to its last
  std::size_t connections = 1024;                   // of one worker
  std::size_t connections_per_network = 256;        // the same, from one /24 or /56
};

/// Buffers that sessions use in turn: an idle connection holds none of its own.
struct TcpWorkspace {
  static constexpr std::size_t max_message_octets = 2 + 65'535;
  Bytes in = Bytes(16'384);
  Bytes out = Bytes(2 * max_message_octets);
};

/// One connection, RFC 7766: pipelined queries, answers in order, all answers of one read in one
/// write. While the peer leaves answers unread nothing more is read from it, so both buffers are
/// bounded: one query, two answers.
class TcpSession : public std::enable_shared_from_this<TcpSession> {
 public:
  TcpSession(asio::io_context& loop, FileDescriptor socket, const Endpoint& from,
             Responder& responder, TcpWorkspace& workspace, const TcpLimits& limits,
             Durations& durations);

  /// `on_turn` runs after every turn, and may call close().
  void start(std::function<void(TcpSession&)> on_turn);
  void close() noexcept;
  bool open() const noexcept { return socket_.is_open(); }
  /// Nothing begun, nothing owed: may be closed at any time (RFC 7766 §6.2.3).
  bool idle() const noexcept { return state_ == State::idle; }
  MonotonicTime deadline() const noexcept { return deadline_; }
  const Endpoint& from() const noexcept { return from_; }

 private:
  enum class State : std::uint8_t { fresh, idle, reading, writing };

  void wait();
  void turn();
  bool receive();
  void answer_and_send();
  std::size_t answer_waiting();
  bool has_message() const noexcept;
  bool send(ByteView answers);
  void settle(bool progressed);
  Duration limit() const noexcept;

  asio::posix::stream_descriptor socket_;
  Endpoint from_, local_;
  Responder& responder_;
  TcpWorkspace& workspace_;
  const TcpLimits& limits_;
  Durations& durations_;        // of the worker: from readable to written
  std::uint64_t answered_ = 0;  // in this turn
  std::function<void(TcpSession&)> on_turn_;
  Bytes input_;   // what has come of queries not yet answered
  Bytes output_;  // answers that did not fit into the socket
  State state_ = State::fresh;
  MonotonicTime deadline_;
  bool last_ = false;  // closes when its answers are sent
};

}  // namespace waymark::dns
