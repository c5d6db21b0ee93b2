// SPDX-License-Identifier: Apache-2.0
#include <cerrno>

#include "tests/dns/server/worker_fixture.h"

namespace waymark::dns {
namespace {

bool wait_until(const auto& condition) {
  for (int i = 0; i < 500 && !condition(); ++i)
    std::this_thread::sleep_for(10ms);
  return condition();
}

int option_of(int socket, int level, int name) {
  int value = -1;
  socklen_t octets = sizeof value;
  EXPECT_EQ(getsockopt(socket, level, name, &value, &octets), 0);
  return value;
}

TEST_F(WorkerTest, AnswersTwoQueriesHoweverTheirOctetsAreParted) {  // TCP-2
  start();
  publish(generation(1, "192.0.2.1"));
  Bytes both = framed(query(1));
  const Bytes second = framed(query(2));
  both.insert(both.end(), second.begin(), second.end());
  const auto socket = connected(SOCK_STREAM, tcp);
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    write_all(socket, ByteView(both).first(cut));
    std::this_thread::sleep_for(1ms);
    write_all(socket, ByteView(both).subspan(cut));
    ASSERT_EQ(read_framed(socket).id, 1) << cut;
    ASSERT_EQ(read_framed(socket).id, 2) << cut;
  }
}

TEST_F(WorkerTest, SendsAllAnswersOfOneReadWithOneWrite) {  // RFC 7766 §6.2.1, §8
  start();
  publish(generation(1, "192.0.2.1"));
  const auto socket = connected(SOCK_STREAM, tcp);
  Bytes many;
  for (std::uint16_t id = 0; id < 20; ++id) {
    const Bytes one = framed(query(id));
    many.insert(many.end(), one.begin(), one.end());
  }

  write_all(socket, many);
  ASSERT_TRUE(readable(socket));
  Bytes received(4096);  // what one send() gave is there as a whole
  const ssize_t octets = recv(socket.get(), received.data(), received.size(), 0);

  ASSERT_GT(octets, 0);
  ByteReader reader(ByteView(received).first(static_cast<std::size_t>(octets)));
  for (std::uint16_t id = 0; id < 20; ++id)
    ASSERT_EQ(fakes::Message::decode(reader.take(reader.u16())).id, id);
  EXPECT_TRUE(reader.ok() && reader.at_end());
}

TEST_F(WorkerTest, KeepsOneNetworkFromTakingAllConnections) {  // TCP-1
  limits = {.connections = 8, .connections_per_network = 2};
  start();
  const auto first = connected(SOCK_STREAM, tcp), second = connected(SOCK_STREAM, tcp);
  write_all(first, framed(query(1)));
  EXPECT_EQ(read_framed(first).id, 1);

  const auto third = connected(SOCK_STREAM, tcp);  // takes the place of the one that is idle
  EXPECT_TRUE(closed(first));
  EXPECT_TRUE(closed(connected(SOCK_STREAM, tcp)));  // the others have not had their turn yet
  EXPECT_EQ(board.worker(0).tcp_refused.value(), 1U);
  write_all(third, framed(query(3)));
  EXPECT_EQ(read_framed(third).id, 3);
}

TEST_F(WorkerTest, ForgetsConnectionsThatWentAway) {  // TCP-1
  limits = {.connections = 8, .connections_per_network = 2};
  start();
  for (std::uint16_t id = 0; id < 20; ++id) {
    const auto socket = connected(SOCK_STREAM, tcp);
    write_all(socket, framed(query(id)));
    ASSERT_EQ(read_framed(socket).id, id);
  }
  const WorkerSlot& slot = board.worker(0);
  EXPECT_TRUE(wait_until([&] { return slot.tcp_closed.value() == slot.tcp_accepted.value(); }));
  EXPECT_EQ(slot.tcp_accepted.value(), 20U);
}

TEST_F(WorkerTest, NeverAnswersItself) {  // ABU-5
  start();
  publish(generation(1, "192.0.2.1"));
  FileDescriptor raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!raw) GTEST_SKIP() << "a forged source needs CAP_NET_RAW";
  const Bytes packet = query(1);
  Bytes datagram;
  ByteWriter writer(datagram);
  writer.u16(udp.port), writer.u16(udp.port);
  writer.u16(static_cast<std::uint16_t>(8 + packet.size())), writer.u16(0);
  writer.put(packet);
  sockaddr_storage storage{};
  const socklen_t octets = udp.to(storage);

  ASSERT_EQ(sendto(raw.get(), datagram.data(), datagram.size(), 0,
                   reinterpret_cast<sockaddr*>(&storage), octets),
            static_cast<ssize_t>(datagram.size()));

  const WorkerSlot& slot = board.worker(0);
  EXPECT_TRUE(wait_until([&] { return slot.dropped_malformed.value() == 1; }));
  EXPECT_EQ(slot.responses[0][0].value(), 0U);
}

TEST(UdpSocket, ForbidsFragments) {  // RFC 9715 §3.1
  asio::io_context loop(1);
  const auto slot = std::make_unique<WorkerSlot>();
  Board board = std::move(*Board::create());
  Responder responder(board.health(), *slot, Random(1));
  const auto batch = std::make_unique<UdpBatch>();
  FileDescriptor socket = open_socket(SOCK_DGRAM, {IpAddress::loopback_v4(), 0});
  const FileDescriptor same = socket.duplicate();

  const UdpSocket udp(loop, std::move(socket), *batch, responder, *slot);

  EXPECT_EQ(option_of(same.get(), IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_PROBE);
}

TEST_F(WorkerTest, TakesCookieSecretsFromTheBoardWheneverTheyChange) {  // ABU-3
  CookieSecrets first, second;
  first.add({1, 1});
  second.add({2, 2});
  second.add({1, 1});
  board.set_cookie_secrets(first);
  start();
  const auto socket = connected(SOCK_DGRAM, udp);
  const auto ask = [&](const Bytes& cookie) {
    write_all(socket, fakes::QuerySpec{.opt = {{1232, 0, fakes::option(10, cookie)}}}.encode());
    Bytes answer(4096);
    const ssize_t octets =
        readable(socket) ? recv(socket.get(), answer.data(), answer.size(), 0) : 0;
    answer.resize(static_cast<std::size_t>(std::max<ssize_t>(octets, 0)));
    const Bytes opt = fakes::Message::decode(answer).opt.value_or(Bytes{});
    return opt.size() < 28 ? Bytes{} : Bytes(opt.begin() + 4, opt.begin() + 28);
  };
  const Bytes old_cookie = ask(Bytes(8, 'c'));
  ASSERT_EQ(old_cookie.size(), 24U);
  EXPECT_EQ(ask(old_cookie), old_cookie);

  board.set_cookie_secrets(second);

  EXPECT_TRUE(wait_until([&] { return ask(old_cookie) != old_cookie; }));  // a new one is given,
  EXPECT_EQ(board.worker(0).cookies_bad.value(), 0U);                      // the old one is good
}

TEST_F(WorkerTest, WritesSampledQueriesIntoItsRing) {
  answers.log_every = 3;
  start();
  const auto socket = connected(SOCK_DGRAM, udp);
  for (std::uint16_t id = 1; id <= 9; ++id)
    EXPECT_EQ(ask_udp(socket, id).id, id);

  LoggedQuery logged{};
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(board.query_log(0).take(logged));
  EXPECT_FALSE(board.query_log(0).take(logged));
  EXPECT_EQ(logged.port, bound(socket).port);
  EXPECT_EQ(logged.is_v4, 1);
  EXPECT_EQ(logged.rcode, 5);
  EXPECT_EQ(ByteView(logged.name)[0], 3);
  EXPECT_GT(logged.unix_us, std::uint64_t{1'700'000'000} * 1'000'000);
}

}  // namespace
}  // namespace waymark::dns
