// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/differential/peer.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace waymark::differential {
namespace {

[[noreturn]] void end(const std::string& name, const char* what) {
  std::fprintf(stderr, "differential: %s: %s\n", name.c_str(), what);
  std::exit(2);
}

int connected(const std::string& name, int type, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  const int socket = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    end(name, std::strerror(errno));
  return socket;
}

void read_all(const std::string& name, int socket, Octet* to, std::size_t octets) {
  while (octets > 0) {
    const ssize_t got = ::read(socket, to, octets);
    if (got <= 0) end(name, "the TCP connection ended early");
    to += got;
    octets -= static_cast<std::size_t>(got);
  }
}

}  // namespace

Peer::Peer(std::string name, std::uint16_t port)
    : name_(std::move(name)), port_(port), socket_(connected(name_, SOCK_DGRAM, port)) {
  const int octets = 4 << 20;
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
}

Peer::~Peer() {
  ::close(socket_);
}

std::vector<Bytes> Peer::ask(const std::vector<Bytes>& queries) {
  constexpr int patience_ms = 1000, attempts = 10;
  std::unordered_map<std::uint16_t, std::size_t> waiting;  // id → query
  for (std::size_t i = 0; i < queries.size(); ++i)
    waiting.emplace(load16(queries[i].data()), i);
  std::vector<Bytes> replies(queries.size());
  std::array<Octet, 65536> room;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    for (const auto& [id, i] : waiting)
      ::send(socket_, queries[i].data(), queries[i].size(), 0);
    while (!waiting.empty()) {
      pollfd readable{socket_, POLLIN, 0};
      if (::poll(&readable, 1, patience_ms) != 1) break;
      const ssize_t got = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
      if (got < 12) continue;
      const auto asked = waiting.find(load16(room.data()));
      if (asked == waiting.end()) continue;  // a reply to a query sent twice
      replies[asked->second].assign(room.begin(), room.begin() + got);
      waiting.erase(asked);
    }
    if (waiting.empty()) return replies;
  }
  end(name_, "no reply");
}

Bytes Peer::ask_over_tcp(ByteView query) {
  const int socket = connected(name_, SOCK_STREAM, port_);
  Bytes framed;
  ByteWriter out(framed);
  out.u16(static_cast<std::uint16_t>(query.size()));
  out.put(query);
  if (::write(socket, framed.data(), framed.size()) != static_cast<ssize_t>(framed.size()))
    end(name_, "the TCP connection takes no query");
  std::array<Octet, 2> length;
  read_all(name_, socket, length.data(), length.size());
  Bytes reply(load16(length.data()));
  read_all(name_, socket, reply.data(), reply.size());
  ::close(socket);
  return reply;
}

}  // namespace waymark::differential
