// SPDX-License-Identifier: Apache-2.0
//
// The floor: the least a UDP server can do on this machine. Sets QR and sends each datagram back,
// padded to the size of a real answer, 64 at a time.
//
//   dns_echo PORT REPLY_OCTETS
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::size_t batch = 64, room = 2048;
std::array<std::array<unsigned char, room>, batch> datagrams;
std::array<sockaddr_in, batch> senders;
std::array<iovec, batch> pieces;
std::array<mmsghdr, batch> messages;

int open_socket(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
  const int octets = 4 << 20;
  (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
  (void)setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return socket;
  std::perror("dns_echo: bind");
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto reply_octets = std::min<std::size_t>(std::strtoul(argv[2], nullptr, 10), room);
  const int socket = open_socket(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)));
  alarm(3600);  // nobody forgets it for long
  for (std::size_t i = 0; i < batch; ++i)
    messages[i].msg_hdr = {&senders[i], sizeof senders[i], &pieces[i], 1, nullptr, 0, 0};
  for (;;) {
    for (std::size_t i = 0; i < batch; ++i) {
      pieces[i] = {datagrams[i].data(), room};
      messages[i].msg_hdr.msg_namelen = sizeof senders[i];
    }
    const int count = recvmmsg(socket, messages.data(), batch, MSG_WAITFORONE, nullptr);
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
      pieces[i].iov_len = std::max<std::size_t>(messages[i].msg_len, reply_octets);
      datagrams[i][2] |= 0x80;
    }
    if (count > 0) (void)sendmmsg(socket, messages.data(), static_cast<unsigned>(count), 0);
  }
}
