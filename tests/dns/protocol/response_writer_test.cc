// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/response_writer.h"

#include <array>
#include <cstring>
#include <optional>

#include <gtest/gtest.h>

#include "tests/fakes/message.h"

namespace waymark::dns {
namespace {

using fakes::Message;
using fakes::QuerySpec;

/// Three A records as an image holds them.
struct Addresses {
  Addresses() {
    for (std::uint32_t i = 0; i < 3; ++i) {
      ByteWriter writer(octets);
      writer.u16(0xC00C), writer.u16(1), writer.u16(1), writer.u32(60), writer.u16(4);
      writer.u32(0xC0000201 + i);
      const std::uint32_t start = i * 16;
      std::memcpy(&starts[std::size_t{4} * i], &start, 4);
    }
  }
  WireRRs rrs(bool stride) const {
    return {octets.data(), starts.data(), 48, 3, static_cast<std::uint16_t>(stride ? 16 : 0)};
  }
  Bytes octets;
  std::array<Octet, 12> starts{};
};

struct Writing {
  explicit Writing(const QuerySpec& spec, std::size_t limit = 512) : packet(spec.encode()) {
    EXPECT_TRUE(parse_query(packet, HashKey{}, query));
    writer.emplace(out, limit, query);
  }
  Message finish(Rcode rcode = Rcode::NOERROR, ResponseWriter::Flags flags = {}) {
    const std::uint16_t octets = writer->finish(rcode, flags, 0);
    return Message::decode(ByteView(out).first(octets));
  }

  Bytes packet;
  Query query;
  std::array<Octet, 70000> out{};
  std::optional<ResponseWriter> writer;
};

TEST(ResponseWriter, StartsASetAtTheRecordAskedFor) {
  for (const bool stride : {true, false}) {
    const Addresses addresses;
    Writing writing(QuerySpec{});
    ASSERT_TRUE(writing.writer->add(Section::answer, addresses.rrs(stride), {12, {}}, 1));
    EXPECT_EQ(writing.finish().answer,
              (std::vector<std::string>{"www.example.com. 60 A 192.0.2.2",
                                        "www.example.com. 60 A 192.0.2.3",
                                        "www.example.com. 60 A 192.0.2.1"}));
  }
}

TEST(ResponseWriter, PatchesOwnersToASuffixOfTheQuestionOrWritesThemWhole) {
  for (const bool stride : {true, false}) {
    const Addresses addresses;
    Writing writing(QuerySpec{});
    const Name other = Name::parse("other.test.").value();
    ASSERT_TRUE(writing.writer->add(Section::answer, addresses.rrs(stride), {16, {}}, 2));
    ASSERT_TRUE(
        writing.writer->add(Section::authority, addresses.rrs(stride), {0, other.wire()}, 2));
    const Message message = writing.finish();
    EXPECT_EQ(message.answer, (std::vector<std::string>{"example.com. 60 A 192.0.2.3",
                                                        "example.com. 60 A 192.0.2.1",
                                                        "example.com. 60 A 192.0.2.2"}));
    EXPECT_EQ(message.authority,
              (std::vector<std::string>{"other.test. 60 A 192.0.2.3", "other.test. 60 A 192.0.2.1",
                                        "other.test. 60 A 192.0.2.2"}));
  }
}

TEST(ResponseWriter, KeepsRoomForOptToTheOctet) {
  const Addresses addresses;
  const std::size_t question = 12 + 17 + 4, opt = 11;
  Writing exact(QuerySpec{.opt = {{1232, 0, {}}}}, question + opt + 48);
  EXPECT_TRUE(exact.writer->add(Section::answer, addresses.rrs(true), {12, {}}, 0));
  EXPECT_EQ(exact.finish().answer.size(), 3U);

  Writing less(QuerySpec{.opt = {{1232, 0, {}}}}, question + opt + 47);
  EXPECT_FALSE(less.writer->add(Section::answer, addresses.rrs(true), {12, {}}, 0));
  EXPECT_TRUE(less.finish().answer.empty());
}

TEST(ResponseWriter, CopiesOpcodeAndRdAndClearsTheOtherFlags) {
  Writing writing(QuerySpec{.flags = 0x07F0});  // AA TC RD RA Z AD CD, opcode QUERY
  const Message message = writing.finish(Rcode::REFUSED);
  EXPECT_EQ(message.flags, 0x8105);
}

TEST(ResponseWriter, SplitsAnExtendedRcode) {  // RFC 6891 §6.1.3
  Writing writing(QuerySpec{.opt = {{1232, 0x8000, {}}}});
  const Message message = writing.finish(Rcode::BADVERS);
  EXPECT_EQ(message.flags & 15, 0);
  EXPECT_EQ(message.opt_ttl, 0x01008000U);
  EXPECT_EQ(message.opt_class, 1232);
}

}  // namespace
}  // namespace waymark::dns
