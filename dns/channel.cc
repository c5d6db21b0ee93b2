// SPDX-License-Identifier: Apache-2.0
#include "dns/channel.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>

namespace waymark::dns {
namespace {

constexpr std::size_t max_message_octets = 64 * 1024;
constexpr std::size_t max_reason_octets = 4096;
constexpr std::size_t max_descriptors = 16;

/// Room for one SCM_RIGHTS header and its descriptors.
struct alignas(cmsghdr) Control {
  std::array<char, CMSG_SPACE(max_descriptors * sizeof(int))> octets{};
};

Error system_error(const char* what) {
  const bool gone = errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN;
  const bool full = errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
  return {gone || full ? ErrorCode::unavailable : ErrorCode::io,
          std::string(what) + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

Error bad_message(const char* what) {
  return {ErrorCode::io, std::string("message between processes: ") + what};
}

Bytes encode(const Message& message) {
  Bytes out;
  ByteWriter writer(out);
  writer.u8(static_cast<std::uint8_t>(message.kind));
  writer.u32(message.worker);
  writer.u64(message.generation);
  writer.text(std::string_view(message.reason).substr(0, max_reason_octets));
  writer.u8(message.manifest ? 1 : 0);
  if (message.manifest) writer.block(message.manifest->encode());
  writer.u8(static_cast<std::uint8_t>(message.part_ids.size()));
  for (const std::uint64_t id : message.part_ids)
    writer.u64(id);
  return out;
}

Result<Message> decode(ByteView octets) {
  ByteReader reader(octets);
  Message message;
  message.kind = static_cast<Message::Kind>(reader.u8());
  if (message.kind < Message::Kind::publish || message.kind > Message::Kind::ready)
    return bad_message("unknown kind");
  message.worker = reader.u32();
  message.generation = reader.u64();
  message.reason = reader.text();
  if (reader.u8() != 0) {
    auto manifest = Manifest::decode(reader.block());
    if (!manifest) return manifest.error();
    message.manifest = std::move(*manifest);
  }
  const std::size_t parts = reader.u8();
  if (parts > max_descriptors) return bad_message("too many parts");
  for (std::size_t i = 0; i < parts; ++i)
    message.part_ids.push_back(reader.u64());
  if (!reader.ok() || !reader.at_end()) return bad_message("bad length");
  return message;
}

/// Owns every descriptor that came, whatever is said about it.
std::vector<FileDescriptor> take_descriptors(msghdr& header) {
  std::vector<FileDescriptor> descriptors;
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(at) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(descriptor);
    }
  }
  return descriptors;
}

/// recvmsg that waits, also when somebody made the socket non-blocking.
ssize_t receive_datagram(int socket, msghdr& header) {
  const std::size_t control_octets = header.msg_controllen;
  while (true) {
    header.msg_controllen = control_octets;
    const ssize_t octets = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (octets >= 0) return octets;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd wait{socket, POLLIN, 0};
      if (poll(&wait, 1, -1) >= 0) continue;
    }
    if (errno != EINTR) return -1;
  }
}

}  // namespace

Result<std::pair<Channel, Channel>> Channel::pair() {
  std::array<int, 2> ends{-1, -1};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_error("socketpair");
  return std::pair(Channel(FileDescriptor(ends[0])), Channel(FileDescriptor(ends[1])));
}

Result<void> Channel::send(const Message& message) const {
  WAYMARK_ASSERT(message.descriptors.size() == message.part_ids.size());
  WAYMARK_ASSERT(message.descriptors.size() <= max_descriptors);
  Bytes octets = encode(message);
  WAYMARK_ASSERT(octets.size() <= max_message_octets);
  iovec data{octets.data(), octets.size()};
  Control control;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (const std::size_t count = message.descriptors.size(); count != 0) {
    header.msg_control = control.octets.data();
    header.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    for (std::size_t i = 0; i < count; ++i) {
      const int descriptor = message.descriptors[i].get();
      std::memcpy(CMSG_DATA(rights) + i * sizeof(int), &descriptor, sizeof(int));
    }
  }
  while (sendmsg(socket_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    if (errno != EINTR) return system_error("send to another process");
  return {};
}

Result<Message> Channel::receive() const {
  Bytes octets(max_message_octets);
  iovec data{octets.data(), octets.size()};
  Control control;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.octets.data();
  header.msg_controllen = control.octets.size();
  const ssize_t received = receive_datagram(socket_.get(), header);
  if (received < 0) return system_error("receive from another process");
  if (received == 0) return Error(ErrorCode::unavailable, "the other process is gone");

  auto descriptors = take_descriptors(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return bad_message("cut short");
  auto message = decode(ByteView(octets).first(static_cast<std::size_t>(received)));
  if (!message) return message.error();
  if (descriptors.size() != message->part_ids.size())
    return bad_message("parts and descriptors differ in number");
  message->descriptors = std::move(descriptors);
  return message;
}

}  // namespace waymark::dns
