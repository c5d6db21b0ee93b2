// SPDX-License-Identifier: Apache-2.0
#include "dns/channel.h"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "tests/dns/image/parts.h"

namespace waymark::dns {
namespace {

TEST(Channel, CarriesAManifestAndItsParts) {
  auto ends = Channel::pair();
  ASSERT_TRUE(ends);
  const Bytes content = names_part({});
  Message message;
  message.kind = Message::Kind::publish;
  message.manifest = manifest_of({opened(content)});
  message.part_ids = {1};
  message.descriptors.push_back(*seal("part", content));
  ASSERT_TRUE(ends->first.send(message));

  const auto received = ends->second.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->manifest->parts, message.manifest->parts);
  ASSERT_EQ(received->descriptors.size(), 1U);
  EXPECT_TRUE(is_sealed(received->descriptors[0]));
  EXPECT_TRUE(Part::open(received->descriptors[0], true));
}

TEST(Channel, CarriesARefusalWithItsReason) {
  auto ends = Channel::pair();
  Message message;
  message.kind = Message::Kind::refused;
  message.worker = 3, message.generation = 9, message.reason = "hash is wrong";
  ASSERT_TRUE(ends->second.send(message));
  const auto received = ends->first.receive();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->kind, Message::Kind::refused);
  EXPECT_EQ(received->worker, 3U);
  EXPECT_EQ(received->generation, 9U);
  EXPECT_EQ(received->reason, "hash is wrong");
}

TEST(Channel, SaysWhenThePeerIsGoneOrItsQueueIsFull) {
  auto ends = Channel::pair();
  Message message;
  message.kind = Message::Kind::adopted;
  Result<void> sent;
  for (int i = 0; i < 100'000 && sent; ++i)
    sent = ends->first.send(message);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), ErrorCode::unavailable);

  ends = Channel::pair();
  { const Channel gone = std::move(ends->second); }
  EXPECT_EQ(ends->first.receive().error().code(), ErrorCode::unavailable);
  EXPECT_EQ(ends->first.send(message).error().code(), ErrorCode::unavailable);
}

TEST(Channel, RefusesADatagramThatIsNoMessage) {
  auto ends = Channel::pair();
  const Bytes junk{1, 0, 0};
  ASSERT_EQ(::send(ends->first.descriptor(), junk.data(), junk.size(), 0), 3);
  EXPECT_EQ(ends->second.receive().error().code(), ErrorCode::io);
}

}  // namespace
}  // namespace waymark::dns
