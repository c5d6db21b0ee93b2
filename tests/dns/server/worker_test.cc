// SPDX-License-Identifier: Apache-2.0
#include "dns/server/worker.h"

#include <atomic>
#include <chrono>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/fakes/message.h"
#include "tests/fakes/rdata.h"

namespace waymark::dns {
namespace {

using namespace std::chrono_literals;

constexpr HashKey key{1, 2};

FileDescriptor open_socket(int type, const Endpoint& address) {
  FileDescriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  const socklen_t octets = address.to(storage);
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), octets), 0);
  return socket;
}

Endpoint bound(const FileDescriptor& socket) {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &octets), 0);
  return Endpoint::from(reinterpret_cast<const sockaddr&>(storage));
}

/// Answers that never come fail a test instead of hanging it.
bool readable(const FileDescriptor& socket, std::chrono::milliseconds patience = 5s) {
  pollfd wait{socket.get(), POLLIN, 0};
  return poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

FileDescriptor connected(int type, const Endpoint& to) {
  FileDescriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  const socklen_t octets = to.to(storage);
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<sockaddr*>(&storage), octets), 0);
  return socket;
}

void write_all(const FileDescriptor& socket, ByteView octets) {
  EXPECT_EQ(send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(octets.size()));
}

/// Exactly so many octets, or fewer when the peer closed.
Bytes read_octets(const FileDescriptor& socket, std::size_t octets) {
  Bytes read;
  while (read.size() < octets && readable(socket)) {
    Bytes chunk(octets - read.size());
    const ssize_t got = recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) break;
    read.insert(read.end(), chunk.begin(), chunk.begin() + got);
  }
  return read;
}

Bytes framed(const Bytes& message) {
  Bytes out;
  ByteWriter writer(out);
  writer.u16(static_cast<std::uint16_t>(message.size()));
  writer.put(message);
  return out;
}

fakes::Message read_framed(const FileDescriptor& socket) {
  const Bytes length = read_octets(socket, 2);
  if (length.size() != 2) {
    ADD_FAILURE() << "the connection was closed";
    return {};
  }
  return fakes::Message::decode(read_octets(socket, load16(length.data())));
}

bool closed(const FileDescriptor& socket) {
  Octet octet = 0;
  return readable(socket) && recv(socket.get(), &octet, 1, 0) <= 0;
}

Bytes query(std::uint16_t id) {
  return fakes::QuerySpec{.id = id, .opt = {}}.encode();
}

/// example.com with www.example.com A `address`: two parts and their manifest, sealed.
Message generation(std::uint64_t number, std::string_view address) {
  const Name apex = *Name::parse("example.com."), www = *Name::parse("www.example.com.");
  NamesWriter names(key);
  names.add(*write_node({.name = apex,
                         .zone = 1,
                         .flags = layout::node_apex,
                         .entries = {{RrType::SOA, EntrySpec::Soa{}}}},
                        key));
  names.add(
      *write_node({.name = www,
                   .zone = 1,
                   .entries = {{RrType::A, RRset{www, RrType::A, 300, {fakes::address(address)}}}}},
                  key));
  const std::vector<ZoneSpec> zones{{1, apex, 900, fakes::soa(1, 300)}};
  Message message;
  message.kind = Message::Kind::publish;
  message.generation = number;
  message.manifest.emplace();
  message.manifest->generation = number;
  const auto add = [&](layout::PartKind kind, std::uint64_t id, const Bytes& content) {
    message.manifest->parts.push_back({kind, id, content.size(), ContentHash::of(content)});
    message.part_ids.push_back(id);
    message.descriptors.push_back(std::move(*seal("part", content)));
  };
  add(layout::PartKind::names, 2 * number, names.finish(2 * number, false));
  add(layout::PartKind::zones, 2 * number + 1, write_zones(zones, 2 * number + 1));
  return message;
}

/// A worker's loop on a thread of this process, with the supervisor's end of its channel.
class WorkerTest : public ::testing::Test {
 protected:
  void SetUp() override { limits.connections = 8; }

  void start(const IpAddress& address = IpAddress::loopback_v4()) {
    WorkerDescriptors descriptors;
    FileDescriptor udp_socket = open_socket(SOCK_DGRAM, {address, 0});
    FileDescriptor tcp_socket = open_socket(SOCK_STREAM, {address, 0});
    ASSERT_EQ(listen(tcp_socket.get(), 64), 0);
    udp = {IpAddress::loopback_v4(), bound(udp_socket).port};
    tcp = {IpAddress::loopback_v4(), bound(tcp_socket).port};
    make_non_blocking(tcp_socket);
    descriptors.udp.push_back(std::move(udp_socket));
    descriptors.tcp.push_back(std::move(tcp_socket));
    auto channels = Channel::pair();
    ASSERT_TRUE(channels);
    channel = std::move(channels->first);
    descriptors.channel = std::move(channels->second);
    thread = std::thread([this, owned = std::move(descriptors)]() mutable {
      asio::io_context loop(1);
      const Worker worker(loop, board, std::move(owned),
                          {.index = 0, .seed = 1, .answers = {}, .tcp = limits});
      loop.run();
    });
  }
  void TearDown() override {
    if (channel.descriptor() >= 0)
      (void)shutdown(channel.descriptor(), SHUT_RDWR);  // it ends by itself
    if (thread.joinable()) thread.join();
  }

  static void make_non_blocking(const FileDescriptor& socket);

  Message publish(const Message& message) {
    EXPECT_TRUE(channel.send(message));
    EXPECT_TRUE(readable(channel.socket().duplicate()));
    auto answer = channel.receive();
    EXPECT_TRUE(answer);
    return answer ? std::move(*answer) : Message{};
  }
  fakes::Message ask_udp(const FileDescriptor& socket, std::uint16_t id) {
    write_all(socket, query(id));
    if (!readable(socket)) {
      ADD_FAILURE() << "query " << id << " was lost";
      return {};
    }
    Bytes answer(4096);
    const ssize_t octets = recv(socket.get(), answer.data(), answer.size(), 0);
    answer.resize(octets < 0 ? 0 : static_cast<std::size_t>(octets));
    return fakes::Message::decode(answer);
  }

  Board board = std::move(*Board::create());
  TcpLimits limits;
  Endpoint udp, tcp;
  Channel channel;
  std::thread thread;
};

void WorkerTest::make_non_blocking(const FileDescriptor& socket) {
  // As the supervisor opens them: accept() must not wait.
  ASSERT_EQ(fcntl(socket.get(), F_SETFL, O_NONBLOCK), 0);
}

TEST_F(WorkerTest, RefusesEverythingBeforeTheFirstGeneration) {
  start();

  EXPECT_EQ(ask_udp(connected(SOCK_DGRAM, udp), 1).rcode(), Rcode::REFUSED);
}

TEST_F(WorkerTest, AnswersOverUdpOnceAGenerationIsAdopted) {
  start();

  const Message adopted = publish(generation(1, "192.0.2.1"));
  const fakes::Message answer = ask_udp(connected(SOCK_DGRAM, udp), 7);

  EXPECT_EQ(adopted.kind, Message::Kind::adopted);
  EXPECT_EQ(adopted.generation, 1U);
  EXPECT_EQ(board.worker(0).adopted.load(), 1U);
  EXPECT_EQ(answer.id, 7);
  ASSERT_EQ(answer.answer.size(), 1U);
  EXPECT_NE(answer.answer[0].find("192.0.2.1"), std::string::npos);
}

TEST_F(WorkerTest, AnswersFromTheAddressThatWasAskedOnAWildcardSocket) {
  start(IpAddress::v4(0));
  publish(generation(1, "192.0.2.1"));

  // A connected socket takes datagrams of its peer only: 127.0.0.9 must be the source.
  const auto socket = connected(SOCK_DGRAM, {IpAddress::v4(0x7F000009), udp.port});

  EXPECT_EQ(ask_udp(socket, 1).rcode(), Rcode::NOERROR);
}

TEST_F(WorkerTest, AnswersALongBurstOfDatagrams) {
  start();
  publish(generation(1, "192.0.2.1"));
  const auto socket = connected(SOCK_DGRAM, udp);

  for (std::uint16_t id = 0; id < 150; ++id)
    write_all(socket, query(id));

  for (std::uint16_t id = 0; id < 150; ++id) {
    ASSERT_TRUE(readable(socket));
    Bytes answer(4096);
    ASSERT_GT(recv(socket.get(), answer.data(), answer.size(), 0), 12);
    EXPECT_EQ(load16(answer.data()), id);
  }
}

TEST_F(WorkerTest, AnswersPipelinedQueriesInOrder) {
  start();
  publish(generation(1, "192.0.2.1"));
  const auto socket = connected(SOCK_STREAM, tcp);
  Bytes queries;
  for (std::uint16_t id = 0; id < 100; ++id) {
    const Bytes one = framed(query(id));
    queries.insert(queries.end(), one.begin(), one.end());
  }

  write_all(socket, queries);

  for (std::uint16_t id = 0; id < 100; ++id)
    EXPECT_EQ(read_framed(socket).id, id);
}

TEST_F(WorkerTest, AnswersAQueryThatIsSplitAtAnyOctet) {
  start();
  publish(generation(1, "192.0.2.1"));
  const auto socket = connected(SOCK_STREAM, tcp);
  const int on = 1;
  ASSERT_EQ(setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  const Bytes whole = framed(query(3));

  for (std::size_t at = 1; at < whole.size(); ++at) {
    write_all(socket, ByteView(whole).first(at));
    // Answered only after the second half: a whole exchange on UDP lets the loop see the first.
    (void)ask_udp(connected(SOCK_DGRAM, udp), 1);
    write_all(socket, ByteView(whole).subspan(at));
    EXPECT_EQ(read_framed(socket).id, 3) << "split at " << at;
  }
}

TEST_F(WorkerTest, ClosesOnlyTheConnectionWithAMalformedLength) {
  start();
  publish(generation(1, "192.0.2.1"));
  const auto bad = connected(SOCK_STREAM, tcp), good = connected(SOCK_STREAM, tcp);
  Bytes octets = framed(query(1));
  octets.insert(octets.end(), {0, 3, 1, 2, 3});  // no DNS message has three octets

  write_all(bad, octets);
  write_all(good, framed(query(2)));

  EXPECT_EQ(read_framed(bad).id, 1);
  EXPECT_TRUE(closed(bad));
  EXPECT_EQ(read_framed(good).id, 2);
}

TEST_F(WorkerTest, ClosesConnectionsThatTakeTooLong) {
  limits = {.idle = 50ms, .first_octets = 50ms, .message = 50ms, .connections = 8};
  start();
  const auto silent = connected(SOCK_STREAM, tcp), slow = connected(SOCK_STREAM, tcp),
             idle = connected(SOCK_STREAM, tcp);

  write_all(slow, Bytes{0});
  write_all(idle, framed(query(1)));

  EXPECT_EQ(read_framed(idle).id, 1);
  EXPECT_TRUE(closed(silent));
  EXPECT_TRUE(closed(slow));
  EXPECT_TRUE(closed(idle));
}

TEST_F(WorkerTest, ClosesTheOldestIdleConnectionToMakeRoom) {
  limits.connections = 2;
  start();
  const auto first = connected(SOCK_STREAM, tcp), second = connected(SOCK_STREAM, tcp);
  for (const auto* socket : {&first, &second}) {
    write_all(*socket, framed(query(1)));
    EXPECT_EQ(read_framed(*socket).id, 1);
  }

  const auto third = connected(SOCK_STREAM, tcp);
  write_all(third, framed(query(3)));

  EXPECT_EQ(read_framed(third).id, 3);
  EXPECT_TRUE(closed(first));
  write_all(second, framed(query(2)));
  EXPECT_EQ(read_framed(second).id, 2);
}

TEST_F(WorkerTest, KeepsItsGenerationWhenItRefusesAnother) {
  start();
  publish(generation(1, "192.0.2.1"));
  Message damaged = generation(2, "192.0.2.2");
  damaged.descriptors[0] = std::move(*seal("part", Bytes(4096)));

  const Message refused = publish(damaged);

  EXPECT_EQ(refused.kind, Message::Kind::refused);
  EXPECT_EQ(refused.generation, 2U);
  EXPECT_FALSE(refused.reason.empty());
  EXPECT_EQ(board.worker(0).adopted.load(), 1U);
  const fakes::Message answer = ask_udp(connected(SOCK_DGRAM, udp), 1);
  ASSERT_EQ(answer.answer.size(), 1U);
  EXPECT_NE(answer.answer[0].find("192.0.2.1"), std::string::npos);
}

TEST_F(WorkerTest, RefusesAGenerationWhosePartsItWasNeverGiven) {
  start();
  Message message = generation(1, "192.0.2.1");
  message.part_ids.pop_back();
  message.descriptors.pop_back();

  EXPECT_EQ(publish(message).kind, Message::Kind::refused);
}

TEST_F(WorkerTest, AdoptsAGenerationThatSharesPartsWithTheOneBefore) {
  start();
  publish(generation(1, "192.0.2.1"));
  Message next = generation(2, "192.0.2.2");
  next.manifest->parts[1] = generation(1, "192.0.2.1").manifest->parts[1];
  next.part_ids.pop_back();
  next.descriptors.pop_back();

  EXPECT_EQ(publish(next).kind, Message::Kind::adopted);
}

TEST_F(WorkerTest, LosesNoQueryWhileItAdopts) {
  start();
  publish(generation(1, "192.0.2.1"));
  std::atomic<bool> done{false};  // this thread writes
  std::thread asking([&] {
    const auto socket = connected(SOCK_DGRAM, udp);
    for (std::uint16_t id = 0; !done.load(std::memory_order_relaxed); ++id) {
      const fakes::Message answer = ask_udp(socket, id);
      ASSERT_EQ(answer.answer.size(), 1U);
    }
  });

  for (std::uint64_t number = 2; number < 40; ++number)
    EXPECT_EQ(publish(generation(number, "192.0.2.7")).generation, number);
  done.store(true, std::memory_order_relaxed);
  asking.join();

  EXPECT_EQ(board.worker(0).adopted.load(), 39U);
}

TEST_F(WorkerTest, EndsWhenItsChannelIsClosed) {
  start();

  channel = Channel();

  thread.join();
}

}  // namespace
}  // namespace waymark::dns
