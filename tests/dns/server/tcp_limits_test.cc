// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "tests/dns/server/worker_fixture.h"

namespace waymark::dns {
namespace {

/// Sends questions and reads no answer until the worker has closed the connection; false when the
/// worker waits for ever.
bool closed_without_reading(const FileDescriptor& socket) {
  const Bytes one = framed(query(1));
  for (;;) {
    pollfd room{socket.get(), POLLOUT, 0};
    if (poll(&room, 1, 20'000) != 1) return false;
    if (send(socket.get(), one.data(), one.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
        errno != EAGAIN)
      return true;
  }
}

TEST_F(WorkerTest, StopsReadingFromWhoReadsNoAnswersAndClosesInTheEnd) {  // TCP-1
  limits.idle = 50ms;
  start();
  publish(generation(1, "192.0.2.1"));
  FileDescriptor greedy(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int little = 4096;
  setsockopt(greedy.get(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  sockaddr_storage storage{};
  const socklen_t octets = tcp.to(storage);
  ASSERT_EQ(connect(greedy.get(), reinterpret_cast<sockaddr*>(&storage), octets), 0);

  EXPECT_TRUE(closed_without_reading(greedy));

  EXPECT_EQ(ask_udp(connected(SOCK_DGRAM, udp), 1).answer.size(), 1U);
  const auto next = connected(SOCK_STREAM, tcp);
  write_all(next, framed(query(2)));
  EXPECT_EQ(read_framed(next).id, 2);
  const WorkerSlot& slot = board.worker(0);
  EXPECT_EQ(slot.tcp_accepted.value(), 2U);
  EXPECT_GE(slot.tcp_closed.value(), 1U);
}

}  // namespace
}  // namespace waymark::dns
