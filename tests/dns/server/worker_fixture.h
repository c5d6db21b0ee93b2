// SPDX-License-Identifier: Apache-2.0
#pragma once

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

#include "dns/server/worker.h"
#include "tests/fakes/message.h"
#include "tests/fakes/rdata.h"

namespace waymark::dns {

using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers)

constexpr HashKey key{1, 2};

inline FileDescriptor open_socket(int type, const Endpoint& address) {
  FileDescriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  const socklen_t octets = address.to(storage);
  EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), octets), 0);
  return socket;
}

inline Endpoint bound(const FileDescriptor& socket) {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &octets), 0);
  return Endpoint::from(reinterpret_cast<const sockaddr&>(storage));
}

/// Answers that never come fail a test instead of hanging it.
inline bool readable(const FileDescriptor& socket, std::chrono::milliseconds patience = 5s) {
  pollfd wait{socket.get(), POLLIN, 0};
  return poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

inline FileDescriptor connected(int type, const Endpoint& to) {
  FileDescriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  const socklen_t octets = to.to(storage);
  EXPECT_EQ(connect(socket.get(), reinterpret_cast<sockaddr*>(&storage), octets), 0);
  return socket;
}

inline void write_all(const FileDescriptor& socket, ByteView octets) {
  EXPECT_EQ(send(socket.get(), octets.data(), octets.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(octets.size()));
}

/// Exactly so many octets, or fewer when the peer closed.
inline Bytes read_octets(const FileDescriptor& socket, std::size_t octets) {
  Bytes read;
  while (read.size() < octets && readable(socket)) {
    Bytes chunk(octets - read.size());
    const ssize_t got = recv(socket.get(), chunk.data(), chunk.size(), 0);
    if (got <= 0) break;
    read.insert(read.end(), chunk.begin(), chunk.begin() + got);
  }
  return read;
}

inline Bytes framed(const Bytes& message) {
  Bytes out;
  ByteWriter writer(out);
  writer.u16(static_cast<std::uint16_t>(message.size()));
  writer.put(message);
  return out;
}

inline fakes::Message read_framed(const FileDescriptor& socket) {
  const Bytes length = read_octets(socket, 2);
  if (length.size() != 2) {
    ADD_FAILURE() << "the connection was closed";
    return {};
  }
  return fakes::Message::decode(read_octets(socket, load16(length.data())));
}

inline bool closed(const FileDescriptor& socket) {
  Octet octet = 0;
  return readable(socket) && recv(socket.get(), &octet, 1, 0) <= 0;
}

inline Bytes query(std::uint16_t id) {
  return fakes::QuerySpec{.id = id, .opt = {}}.encode();
}

/// example.com with www.example.com A `address`: two parts and their manifest, sealed.
inline Message generation(std::uint64_t number, std::string_view address) {
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
                          {.index = 0,
                           .seed = 1,
                           .answers = answers,
                           .tcp = limits,
                           .wait_for_image = wait_for_image});
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
  ResponderSettings answers;
  Duration wait_for_image{};
  Endpoint udp, tcp;
  Channel channel;
  std::thread thread;
};

inline void WorkerTest::make_non_blocking(const FileDescriptor& socket) {
  // As the supervisor opens them: accept() must not wait.
  ASSERT_EQ(fcntl(socket.get(), F_SETFL, O_NONBLOCK), 0);
}

}  // namespace waymark::dns
