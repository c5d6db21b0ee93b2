// SPDX-License-Identifier: Apache-2.0
#include "dns/server/worker.h"

#include "tests/dns/server/worker_fixture.h"

namespace waymark::dns {
namespace {

TEST_F(WorkerTest, RefusesEverythingBeforeTheFirstGeneration) {
  start();

  EXPECT_EQ(ask_udp(connected(SOCK_DGRAM, udp), 1).rcode(), Rcode::REFUSED);
}

TEST_F(WorkerTest, LeavesQuestionsInTheSocketUntilTheGenerationOnItsWayIsAdopted) {  // AV-8
  wait_for_image = 1h;
  start();
  const auto datagrams = connected(SOCK_DGRAM, udp), stream = connected(SOCK_STREAM, tcp);
  write_all(datagrams, query(1));
  write_all(stream, framed(query(2)));

  publish(generation(1, "192.0.2.1"));

  EXPECT_EQ(read_framed(stream).answer.size(), 1U);
  Bytes answer(4096);
  ASSERT_TRUE(readable(datagrams));
  answer.resize(static_cast<std::size_t>(recv(datagrams.get(), answer.data(), answer.size(), 0)));
  EXPECT_EQ(fakes::Message::decode(answer).answer.size(), 1U);
}

TEST_F(WorkerTest, RefusesWhenTheGenerationOnItsWayDoesNotCome) {
  wait_for_image = 1ms;
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

TEST_F(WorkerTest, TellsHowLongItsAnswersAndAdoptionsTake) {
  start();
  publish(generation(1, "192.0.2.1"));
  const auto told = [](const Durations& durations) {
    std::uint64_t count = 0;
    for (std::size_t bucket = 0; bucket < Durations::buckets; ++bucket)
      count += durations.count(bucket);
    return count;
  };
  const auto stream = connected(SOCK_STREAM, tcp);
  write_all(stream, framed(query(1)));
  EXPECT_EQ(read_framed(stream).id, 1);
  // An answer leaves before it is counted, so the next one tells that it was.
  for (std::uint16_t id = 2; id < 5; ++id)
    (void)ask_udp(connected(SOCK_DGRAM, udp), id);

  const WorkerSlot& slot = board.worker(0);
  EXPECT_EQ(told(slot.adoptions), 1U);
  EXPECT_GE(told(slot.durations[static_cast<std::size_t>(Transport::udp)]), 2U);
  EXPECT_EQ(told(slot.durations[static_cast<std::size_t>(Transport::tcp)]), 1U);
  EXPECT_GT(slot.durations[0].total_ns(), 0U);
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
