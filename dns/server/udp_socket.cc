// SPDX-License-Identifier: Apache-2.0
#include "dns/server/udp_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "dns/server/bound_to.h"
#include "dns/server/heartbeat.h"

namespace waymark::dns {
namespace {

/// RFC 9715 §3.1: no fragments, and no belief in what others say of the path's MTU. Only one of
/// the families fits; the other's refusal is meant.
void forbid_fragments(int socket) noexcept {
  const int v4 = IP_PMTUDISC_PROBE, v6 = IPV6_PMTUDISC_PROBE, on = 1;
  (void)setsockopt(socket, IPPROTO_IP, IP_MTU_DISCOVER, &v4, sizeof v4);
  (void)setsockopt(socket, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &v6, sizeof v6);
  (void)setsockopt(socket, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof on);
}

/// Where a datagram was sent to, as IP_PKTINFO and IPV6_PKTINFO tell.
IpAddress destination(msghdr& header) noexcept {
  IpAddress to;
  const cmsghdr* message = CMSG_FIRSTHDR(&header);
  if (message == nullptr) return to;
  if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
    std::memcpy(to.octets.data(), CMSG_DATA(message) + offsetof(in_pktinfo, ipi_addr), 4);
  } else if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_PKTINFO) {
    to.family = IpAddress::Family::v6;
    std::memcpy(to.octets.data(), CMSG_DATA(message) + offsetof(in6_pktinfo, ipi6_addr), 16);
  }
  return to;
}

void ask_for_destination(int socket) noexcept {
  const int on = 1;
  // Only one of the two fits the family; the other's refusal is meant.
  (void)setsockopt(socket, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
  (void)setsockopt(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
}

/// Turns the destination of a query into the source of its answer. The interface is left to the
/// routes, but for link-local addresses, which mean nothing without one.
void turn_around(msghdr& header) noexcept {
  cmsghdr* message = CMSG_FIRSTHDR(&header);
  if (message == nullptr) return;
  if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
    in_pktinfo info;
    std::memcpy(&info, CMSG_DATA(message), sizeof info);
    info.ipi_ifindex = 0;
    std::memcpy(CMSG_DATA(message), &info, sizeof info);
  } else if (message->cmsg_level == IPPROTO_IPV6 && message->cmsg_type == IPV6_PKTINFO) {
    in6_pktinfo info;
    std::memcpy(&info, CMSG_DATA(message), sizeof info);
    if (info.ipi6_addr.s6_addr[0] == 0xFE && (info.ipi6_addr.s6_addr[1] & 0xC0) == 0x80) return;
    info.ipi6_ifindex = 0;
    std::memcpy(CMSG_DATA(message), &info, sizeof info);
  }
}

}  // namespace

UdpBatch::UdpBatch() : octets_(2 * capacity * stride), envelopes_{}, received_{}, replies_{} {
  for (std::size_t i = 0; i < capacity; ++i) {
    Octet* query = octets_.data() + i * stride;
    Octet* answer = octets_.data() + (capacity + i) * stride;
    envelopes_[i].query = {query, datagram_octets};
    envelopes_[i].answer.iov_base = answer;
    exchanges_[i].out = {answer, datagram_octets};
    received_[i].msg_hdr.msg_name = &envelopes_[i].from;
    received_[i].msg_hdr.msg_iov = &envelopes_[i].query;
    received_[i].msg_hdr.msg_iovlen = 1;
    replies_[i].msg_hdr.msg_iovlen = 1;
    exchanges_[i].transport = Transport::udp;
  }
  make_ready(capacity, false);
}

bool UdpBatch::from_self(const Exchange& exchange, const Endpoint& own, msghdr& header) noexcept {
  if (exchange.from.port != own.port) return false;
  const bool wildcard = own.address.is_unspecified();
  return exchange.from.address == (wildcard ? destination(header) : own.address);
}

void UdpBatch::make_ready(std::size_t count, bool with_destination) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    msghdr& header = received_[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_control = with_destination ? envelopes_[i].control.data() : nullptr;
    header.msg_controllen = with_destination ? envelopes_[i].control.size() : 0;
  }
  with_destination_ = with_destination;
}

std::size_t UdpBatch::receive(int socket, const Endpoint& own) noexcept {
  const bool with_destination = own.address.is_unspecified();
  make_ready(with_destination == with_destination_ ? used_ : capacity, with_destination);
  const int count = recvmmsg(socket, received_.data(), capacity, MSG_DONTWAIT, nullptr);
  used_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  if (count <= 0) return 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    // No query needs more than the buffer; what was cut is malformed, and an empty view says so.
    const bool cut = (received_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    Exchange& exchange = exchanges_[i];
    exchange.query = {static_cast<const Octet*>(envelopes_[i].query.iov_base),
                      cut ? 0 : received_[i].msg_len};
    exchange.from = Endpoint::from(reinterpret_cast<const sockaddr&>(envelopes_[i].from));
    if (from_self(exchange, own, received_[i].msg_hdr)) exchange.query = {};
  }
  return static_cast<std::size_t>(count);
}

std::span<const Endpoint> UdpBatch::locals(std::size_t count, const Endpoint& own) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    locals_[i] = own;
    if (with_destination_) locals_[i].address = destination(received_[i].msg_hdr);
  }
  return {locals_.data(), count};
}

void UdpBatch::send(int socket, std::size_t count, WorkerSlot& counters) noexcept {
  unsigned replies = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (exchanges_[i].verdict != Verdict::reply) continue;
    const msghdr& query = received_[i].msg_hdr;
    msghdr& header = replies_[replies++].msg_hdr;
    header.msg_name = query.msg_name;
    header.msg_namelen = query.msg_namelen;
    header.msg_iov = &envelopes_[i].answer;
    header.msg_iov->iov_len = exchanges_[i].octets;
    header.msg_controllen = query.msg_controllen;
    header.msg_control = query.msg_controllen != 0 ? query.msg_control : nullptr;
    if (header.msg_control != nullptr) turn_around(header);
  }
  for (unsigned sent = 0; sent < replies;) {
    const int now = sendmmsg(socket, &replies_[sent], replies - sent, MSG_DONTWAIT);
    if (now > 0) {
      sent += static_cast<unsigned>(now);
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      counters.dropped_send.add(replies -
                                sent);  // the queue is full: waiting would delay everybody
      return;
    } else if (errno != EINTR) {
      counters.dropped_send.add();  // EPERM, EINVAL (port 0), …: this one can not be sent
      ++sent;
    }
  }
}

UdpSocket::UdpSocket(asio::io_context& loop, FileDescriptor socket, UdpBatch& batch,
                     Responder& responder, WorkerSlot& counters)
    : socket_(loop, socket.release()),
      batch_(batch),
      responder_(responder),
      counters_(counters),
      own_(bound_to(socket_.native_handle())) {
  if (own_.address.is_unspecified()) ask_for_destination(socket_.native_handle());
  forbid_fragments(socket_.native_handle());
}

void UdpSocket::start() {
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     [this](const boost::system::error_code& error) {
                       if (error) return;
                       serve();
                       start();
                     });
}

void UdpSocket::stop() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void UdpSocket::serve() noexcept {
  responder_.set_time(beat(counters_));
  const int socket = socket_.native_handle();
  std::uint64_t begun = counters_.beat.load(std::memory_order_relaxed);
  for (int batch = 0; batch < batches_in_a_row; ++batch) {
    const std::size_t count = batch_.receive(socket, own_);
    if (count == 0) return;
    if (responder_.wants_local()) responder_.set_locals(batch_.locals(count, own_));
    responder_.respond(batch_.exchanges(count));
    batch_.send(socket, count, counters_);
    const std::uint64_t sent = monotonic_ns();
    counters_.durations[static_cast<std::size_t>(Transport::udp)].add(sent - begun, count);
    begun = sent;
    if (count < UdpBatch::capacity) return;
  }
}

}  // namespace waymark::dns
