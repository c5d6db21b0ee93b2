// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/publisher.h"

#include "tests/zones/compile/world.h"

namespace waymark::zones {
namespace {

class PublisherTest : public testing::Test {
 protected:
  World world;
  ZoneId zone = world.create("example.com.");
  dns::Board board = dns::Board::create().value();
  std::pair<dns::Channel, dns::Channel> ends = dns::Channel::pair().value();
  ImageCompiler compiler{world.store(), {}, Random(1)};
  Publisher publisher{ends.first, board, {}};
};

TEST_F(PublisherTest, SendsSealedPartsThenRaisesTheGeneration) {
  const auto image = publisher.publish(compiler.compile().value());

  ASSERT_TRUE(image);
  EXPECT_EQ(board.generation(), 1U);
  const auto message = ends.second.receive();
  ASSERT_TRUE(message);
  ASSERT_TRUE(message->manifest);
  EXPECT_EQ(message->manifest->parts, image->manifest().parts);
  EXPECT_EQ(message->descriptors.size(), image->parts().size());
  for (const FileDescriptor& part : message->descriptors)
    EXPECT_TRUE(is_sealed(part));
}

TEST_F(PublisherTest, SendsOnlyWhatIsNew) {
  compiler.published(publisher.publish(compiler.compile().value()).value());
  ASSERT_TRUE(ends.second.receive());
  ASSERT_TRUE(world.put(zone, {a("www.example.com.")}));

  ASSERT_TRUE(publisher.publish(compiler.compile().value()));

  EXPECT_EQ(ends.second.receive()->descriptors.size(), 2U);  // small tier and zones
}

TEST_F(PublisherTest, RefusesAnImageThatWorkersWouldRefuse) {
  Generation generation = compiler.compile().value();
  generation.parts.front().content[40] ^= 0xFF;

  const auto refused = publisher.publish(std::move(generation));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::bad_image);
  EXPECT_EQ(board.generation(), 0U);
}

TEST_F(PublisherTest, FailsWhenTheSupervisorIsGone) {
  ends.second = {};

  const auto refused = publisher.publish(compiler.compile().value());

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(board.generation(), 0U);
}

}  // namespace
}  // namespace waymark::zones
