// SPDX-License-Identifier: Apache-2.0
#include "app/hand_over_wire.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

namespace waymark::app {
namespace {

constexpr std::size_t longest_text = 8192;

struct alignas(cmsghdr) Rights {
  std::array<char, CMSG_SPACE(most_handed_descriptors * sizeof(int))> octets{};
};

Error failure(const std::string& what) {
  return {ErrorCode::io, what + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

Result<sockaddr_un> address_of(const std::string& data_dir) {
  auto path = hand_over_path(data_dir);
  if (!path) return path.error();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path->copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

FileDescriptor unix_socket() {
  return FileDescriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

void take(const cmsghdr& header, std::vector<FileDescriptor>& into) {
  const std::size_t count = (header.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < count; ++i) {
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(&header) + i * sizeof(int), sizeof(int));
    into.emplace_back(descriptor);
  }
}

/// Since Linux 6.5 the kernel knows the process behind a socket; before, its number has to do, and
/// may be another's if it has gone: then it has hung up.
FileDescriptor handle_of(const FileDescriptor& socket, pid_t process) {
  constexpr int so_peerpidfd = 77;  // asm-generic/socket.h; not in older headers
  int handle = -1;
  socklen_t octets = sizeof handle;
  if (getsockopt(socket.get(), SOL_SOCKET, so_peerpidfd, &handle, &octets) == 0)
    return FileDescriptor(handle);
  if (process <= 0) return {};
  FileDescriptor opened(static_cast<int>(syscall(SYS_pidfd_open, process, 0)));
  pollfd look{socket.get(), 0, 0};
  if (poll(&look, 1, 0) != 0) return {};
  return opened;
}

}  // namespace

Result<std::string> hand_over_path(const std::string& data_dir) {
  std::string path = data_dir + "/takeover.sock";
  if (path.size() < sizeof(sockaddr_un{}.sun_path)) return path;
  return Error(ErrorCode::bad_value, path + " is too long for a socket's name");
}

Result<FileDescriptor> connect_to_predecessor(const std::string& data_dir) {
  const auto address = address_of(data_dir);
  if (!address) return address.error();
  FileDescriptor socket = unix_socket();
  if (!socket ||
      connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return Error(ErrorCode::unavailable,
                 "no waymark can be asked at " + std::string(address->sun_path) + ": " +
                     std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  return socket;
}

Result<FileDescriptor> listen_for_successor(const std::string& data_dir) {
  const auto address = address_of(data_dir);
  if (!address) return address.error();
  FileDescriptor socket = unix_socket();
  (void)unlink(address->sun_path);  // the lock of the directory is ours, so nobody else's is there
  if (!socket ||
      bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      chmod(address->sun_path, 0600) != 0 || listen(socket.get(), 4) != 0)
    return failure(address->sun_path);
  return socket;
}

Result<void> send_words(const FileDescriptor& socket, std::string_view text,
                        const std::vector<int>& descriptors) {
  WAYMARK_ASSERT(descriptors.size() <= most_handed_descriptors);
  std::string octets(text);
  iovec data{octets.data(), octets.size()};
  Rights rights;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  if (const std::size_t size = descriptors.size() * sizeof(int); size != 0) {
    header.msg_control = rights.octets.data();
    header.msg_controllen = CMSG_SPACE(size);
    cmsghdr* one = CMSG_FIRSTHDR(&header);
    one->cmsg_level = SOL_SOCKET;
    one->cmsg_type = SCM_RIGHTS;
    one->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(one), descriptors.data(), size);
  }
  while (sendmsg(socket.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    if (errno != EINTR) return failure("can not talk to the other waymark");
  return {};
}

Result<HandOverMessage> receive_words(const FileDescriptor& socket) {
  std::string octets(longest_text, '\0');
  iovec data{octets.data(), octets.size()};
  Rights rights;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = rights.octets.data();
  header.msg_controllen = rights.octets.size();
  ssize_t received = -1;
  do {
    received = recvmsg(socket.get(), &header, MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return failure("the other waymark says nothing");
  HandOverMessage message;
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at))
    if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS) take(*at, message.descriptors);
  if (received == 0) return Error(ErrorCode::io, "the other waymark has hung up");
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return Error(ErrorCode::io, "what the other waymark says was cut short");
  octets.resize(static_cast<std::size_t>(received));
  message.text = std::move(octets);
  return message;
}

Result<Peer> peer_of(const FileDescriptor& socket) {
  ucred credentials{};
  socklen_t octets = sizeof credentials;
  if (getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &octets) != 0)
    return failure("SO_PEERCRED");
  return Peer{credentials.pid, credentials.uid, handle_of(socket, credentials.pid)};
}

std::string refusal_of(const Peer& peer) {
  if (peer.process <= 0 || !peer.handle) return "this waymark can not see your process";
  if (peer.process == getpid()) return "this waymark does not take over from itself";
  if (peer.user != geteuid() && peer.user != 0) return "this waymark belongs to another user";
  return {};
}

bool end(const Peer& peer) {
  return peer.handle && syscall(SYS_pidfd_send_signal, peer.handle.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace waymark::app
