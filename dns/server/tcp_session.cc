// SPDX-License-Identifier: Apache-2.0
#include "dns/server/tcp_session.h"

#include <array>
#include <cerrno>
#include <functional>
#include <sys/socket.h>
#include <utility>

#include "dns/server/bound_to.h"
#include "dns/server/heartbeat.h"

namespace waymark::dns {
namespace {

constexpr std::size_t header_octets = 12;  // RFC 1035 §4.1.1

bool would_block() noexcept {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

TcpSession::TcpSession(asio::io_context& loop, FileDescriptor socket, const Endpoint& from,
                       Responder& responder, TcpWorkspace& workspace, const TcpLimits& limits,
                       Durations& durations)
    : socket_(loop, socket.release()),
      from_(from),
      local_(bound_to(socket_.native_handle())),
      responder_(responder),
      workspace_(workspace),
      limits_(limits),
      durations_(durations),
      deadline_(std::chrono::steady_clock::now() + limits.first_octets) {}

void TcpSession::start(std::function<void(TcpSession&)> on_turn) {
  on_turn_ = std::move(on_turn);
  wait();
}

void TcpSession::close() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void TcpSession::wait() {
  const auto what = output_.empty() ? asio::posix::stream_descriptor::wait_read
                                    : asio::posix::stream_descriptor::wait_write;
  socket_.async_wait(what, [self = shared_from_this()](const boost::system::error_code& error) {
    if (error || !self->open()) return;
    const std::uint64_t begun = monotonic_ns();
    self->turn();
    if (const auto count = std::exchange(self->answered_, 0); count != 0)
      self->durations_.add(monotonic_ns() - begun, count);
    self->on_turn_(*self);
    if (self->open()) self->wait();
  });
}

void TcpSession::turn() {
  if (output_.empty()) {
    if (!receive()) return close();
  } else {
    const Bytes waiting = std::exchange(output_, {});
    if (!send(waiting)) return close();
  }
  answer_and_send();
}

bool TcpSession::receive() {
  const ssize_t octets =
      recv(socket_.native_handle(), workspace_.in.data(), workspace_.in.size(), MSG_DONTWAIT);
  if (octets < 0) return would_block();
  input_.insert(input_.end(), workspace_.in.begin(), workspace_.in.begin() + octets);
  return octets > 0;
}

void TcpSession::answer_and_send() {
  bool progressed = false;
  while (output_.empty() && !last_ && has_message()) {
    progressed = true;
    if (!send({workspace_.out.data(), answer_waiting()})) return close();
  }
  if (last_ && output_.empty()) return close();
  if (input_.empty()) input_.shrink_to_fit();
  settle(progressed);
}

bool TcpSession::has_message() const noexcept {
  return input_.size() >= 2 && input_.size() - 2 >= load16(input_.data());
}

/// Answers whole queries as long as any answer would fit into the workspace; returns the octets
/// there. A message that is none ends the connection, after the answers before it.
std::size_t TcpSession::answer_waiting() {
  std::size_t written = 0, read = 0;
  const std::size_t room = workspace_.out.size() - TcpWorkspace::max_message_octets;
  while (!last_ && written <= room && input_.size() - read >= 2) {
    const std::size_t octets = load16(&input_[read]);
    if (input_.size() - read - 2 < octets) break;
    Octet* out = workspace_.out.data() + written;
    Exchange exchange{.query = ByteView(input_).subspan(read + 2, octets),
                      .from = from_,
                      .transport = Transport::tcp,
                      .out = {out + 2, TcpWorkspace::max_message_octets - 2}};
    responder_.set_locals({&local_, 1});
    if (octets >= header_octets) responder_.respond({&exchange, 1});
    read += 2 + octets;
    if (exchange.verdict == Verdict::drop) {
      last_ = true;
    } else {
      store16(out, exchange.octets);
      written += 2U + exchange.octets;
      ++answered_;
    }
  }
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(read));
  return written;
}

/// What the socket does not take now is kept in `output_`. False when the peer is gone.
bool TcpSession::send(ByteView answers) {
  while (!answers.empty()) {
    const ssize_t octets = ::send(socket_.native_handle(), answers.data(), answers.size(),
                                  MSG_DONTWAIT | MSG_NOSIGNAL);
    if (octets < 0) {
      if (errno == EINTR) continue;
      if (!would_block()) return false;
      output_.assign(answers.begin(), answers.end());
      return true;
    }
    answers = answers.subspan(static_cast<std::size_t>(octets));
  }
  return true;
}

/// A deadline counts from the beginning of a state, or of the next query in it: a peer that sends
/// or reads octet by octet gains no time.
void TcpSession::settle(bool progressed) {
  const State next = !output_.empty()  ? State::writing
                     : !input_.empty() ? State::reading
                                       : State::idle;
  if (next == state_ && !progressed) return;
  state_ = next;
  deadline_ = std::chrono::steady_clock::now() + limit();
}

Duration TcpSession::limit() const noexcept {
  switch (state_) {
    case State::fresh:
      return limits_.first_octets;
    case State::reading:
      return limits_.message;
    case State::idle:
    case State::writing:
      return limits_.idle;
  }
  return limits_.idle;
}

}  // namespace waymark::dns
