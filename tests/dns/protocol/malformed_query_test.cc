// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dns/protocol/query.h"
#include "tests/fakes/message.h"

namespace waymark::dns {
namespace {

using fakes::client_subnet;
using fakes::option;
using fakes::QuerySpec;

constexpr HashKey key{1, 2};

struct Row {
  std::string what;
  Bytes packet;
  Rcode expected;
};

/// Parsed from memory of exactly its size, so that a sanitizer sees a read beyond it.
Rcode parse(const Bytes& packet) {
  const auto exact = std::make_unique<Octet[]>(packet.size());
  std::copy(packet.begin(), packet.end(), exact.get());
  Query query;
  EXPECT_TRUE(parse_query({exact.get(), packet.size()}, key, query));
  return query.rcode;
}

Bytes header(unsigned questions, unsigned answers = 0, unsigned authorities = 0,
             unsigned additional = 0, unsigned flags = 0) {
  Bytes octets;
  ByteWriter writer(octets);
  for (const unsigned value : {0x1234U, flags, questions, answers, authorities, additional})
    writer.u16(static_cast<std::uint16_t>(value));
  return octets;
}

Bytes join(std::initializer_list<Bytes> pieces) {
  Bytes all;
  for (const Bytes& piece : pieces)
    all.insert(all.end(), piece.begin(), piece.end());
  return all;
}

const Bytes a_com{1, 'a', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1};  // a.com. A IN
const Bytes root{0};

Bytes rr(const Bytes& owner, unsigned type, unsigned rr_class, std::uint32_t ttl,
         const Bytes& rdata, int wrong_octets = 0) {
  Bytes octets = owner;
  ByteWriter writer(octets);
  writer.u16(static_cast<std::uint16_t>(type)), writer.u16(static_cast<std::uint16_t>(rr_class));
  writer.u32(ttl);
  writer.u16(static_cast<std::uint16_t>(static_cast<int>(rdata.size()) + wrong_octets));
  writer.put(rdata);
  return octets;
}
Bytes opt(const Bytes& options = {}, std::uint32_t ttl = 0) {
  return rr(root, 41, 1232, ttl, options);
}
Bytes with_opt(const Bytes& options, std::uint32_t ttl = 0) {
  return join({header(1, 0, 0, 1), a_com, opt(options, ttl)});
}
Bytes question(const Bytes& name) {
  return join({header(1), name, {0, 1, 0, 1}});
}

Bytes labels(std::size_t count, std::size_t octets) {
  Bytes name;
  for (std::size_t i = 0; i < count; ++i) {
    name.push_back(static_cast<Octet>(octets));
    name.insert(name.end(), octets, 'a');
  }
  name.push_back(0);
  return name;
}

void expect(const std::vector<Row>& rows) {
  for (const Row& row : rows)
    EXPECT_EQ(to_string(parse(row.packet)), to_string(row.expected)) << row.what;
}

TEST(MalformedQuery, ShorterThanAHeaderOrAResponseIsSilence) {
  const Bytes whole = join({header(1), a_com});
  Query query;
  for (std::size_t octets = 0; octets < 12; ++octets)
    EXPECT_FALSE(parse_query(ByteView(whole).first(octets), key, query)) << octets;
  for (unsigned flags = 0x8000; flags <= 0xF800; flags += 0x0800)
    EXPECT_FALSE(parse_query(join({header(1, 0, 0, 0, flags), a_com}), key, query)) << flags;
}

TEST(MalformedQuery, CutShortAnywhereIsFormErr) {
  const Bytes whole = with_opt(client_subnet(1, 24, 0, {192, 0, 2}));
  ASSERT_EQ(parse(whole), Rcode::NOERROR);
  for (std::size_t octets = 12; octets < whole.size(); ++octets)
    EXPECT_EQ(parse(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(octets))),
              Rcode::FORMERR)
        << octets;
}

TEST(MalformedQuery, EveryOtherOpcodeIsNotImplemented) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    const unsigned flags = opcode << 11;
    expect({{"with a question", join({header(1, 0, 0, 0, flags), a_com}), Rcode::NOTIMP},
            {"without", header(0, 0, 0, 0, flags), Rcode::NOTIMP},
            {"with less than it says", header(9, 9, 9, 9, flags), Rcode::NOTIMP}});
  }
}

TEST(MalformedQuery, HeaderCountsAreChecked) {
  const Bytes soa = rr({0xC0, 12}, 6, 1, 0, {0, 0});
  expect({
      {"no question", header(0), Rcode::FORMERR},
      {"no question, but octets", join({header(0), a_com}), Rcode::FORMERR},
      {"two questions", join({header(2), a_com, a_com}), Rcode::FORMERR},
      {"two announced", join({header(2), a_com}), Rcode::FORMERR},
      {"most questions", join({header(65535), a_com}), Rcode::FORMERR},
      {"an answer announced", join({header(1, 1), a_com}), Rcode::FORMERR},
      {"an answer", join({header(1, 1), a_com, soa}), Rcode::FORMERR},
      {"an authority announced", join({header(1, 0, 1), a_com}), Rcode::FORMERR},
      {"an authority", join({header(1, 0, 1), a_com, soa}), Rcode::FORMERR},
      {"additional announced", join({header(1, 0, 0, 1), a_com}), Rcode::FORMERR},
      {"one OPT, two announced", join({header(1, 0, 0, 2), a_com, opt()}), Rcode::FORMERR},
      {"most additional", join({header(1, 0, 0, 65535), a_com, opt()}), Rcode::FORMERR},
      {"OPT not announced", join({header(1), a_com, opt()}), Rcode::FORMERR},
      {"an octet too many", join({header(1), a_com, {0}}), Rcode::FORMERR},
      {"an octet behind OPT", join({header(1, 0, 0, 1), a_com, opt(), {0}}), Rcode::FORMERR},
  });
}

TEST(MalformedQuery, QuestionNamesArePlain) {
  expect({
      {"pointer to itself", question({0xC0, 12}), Rcode::FORMERR},
      {"pointer into the header", question({0xC0, 0}), Rcode::FORMERR},
      {"pointer forward", question({0xC0, 20}), Rcode::FORMERR},
      {"pointer beyond the end", question({0xFF, 0xFF}), Rcode::FORMERR},
      {"pointer after a label", question({1, 'a', 0xC0, 12}), Rcode::FORMERR},
      {"half a pointer", join({header(1), {0xC0}}), Rcode::FORMERR},
      {"label type 01", question({0x41, 'a', 0}), Rcode::FORMERR},
      {"label type 10", question({0x81, 'a', 0}), Rcode::FORMERR},
      {"label of 64", question(labels(1, 64)), Rcode::FORMERR},
      {"label of 63", question(labels(1, 63)), Rcode::NOERROR},
      {"label beyond the end", join({header(1), {63, 'a'}}), Rcode::FORMERR},
      {"no root", join({header(1), {1, 'a', 1, 'b'}}), Rcode::FORMERR},
      {"name of 255", question(labels(127, 1)), Rcode::NOERROR},
      {"name of 257", question(labels(128, 1)), Rcode::FORMERR},
      {"name of 256", question(join({{2, 'a', 'a'}, labels(126, 1)})), Rcode::FORMERR},
      {"long labels", question(labels(5, 63)), Rcode::FORMERR},
      {"no type", join({header(1), {0}}), Rcode::FORMERR},
      {"half a type", join({header(1), {0, 0}}), Rcode::FORMERR},
      {"no class", join({header(1), {0, 0, 1}}), Rcode::FORMERR},
      {"half a class", join({header(1), {0, 0, 1, 0}}), Rcode::FORMERR},
      {"the root", question({0}), Rcode::NOERROR},
      {"zero in a label", question({2, 0, 'a', 0}), Rcode::NOERROR},
  });
}

TEST(MalformedQuery, ClassesAndMetaTypesAreNotAnswered) {
  auto asked = [](unsigned type, unsigned rr_class) {
    QuerySpec spec;
    spec.type = RrType{static_cast<std::uint16_t>(type)};
    spec.rr_class = static_cast<std::uint16_t>(rr_class);
    return spec.encode();
  };
  expect({
      {"CH", asked(16, 3), Rcode::REFUSED},
      {"HS", asked(1, 4), Rcode::REFUSED},
      {"NONE", asked(1, 254), Rcode::REFUSED},
      {"ANY", asked(1, 255), Rcode::REFUSED},
      {"class 0", asked(1, 0), Rcode::REFUSED},
      {"class 65535", asked(1, 65535), Rcode::REFUSED},
      {"OPT", asked(41, 1), Rcode::FORMERR},
      {"AXFR", asked(252, 1), Rcode::REFUSED},
      {"IXFR", asked(251, 1), Rcode::REFUSED},
      {"TKEY", asked(249, 1), Rcode::NOTIMP},
      {"TSIG", asked(250, 1), Rcode::NOTIMP},
      {"MAILB", asked(253, 1), Rcode::NOTIMP},
      {"MAILA", asked(254, 1), Rcode::NOTIMP},
  });
}

TEST(MalformedQuery, OtherRecordsAreWalkedWithBounds) {
  auto extra = [](const Bytes& octets) { return join({header(1, 0, 0, 1), a_com, octets}); };
  const Bytes tsig = rr({0xC0, 12}, 250, 255, 0, {1, 2, 3});
  expect({
      {"unknown record", extra(rr({0xC0, 12}, 65280, 1, 0, {1})), Rcode::NOERROR},
      {"TSIG last", extra(tsig), Rcode::NOERROR},
      {"TSIG not last", join({header(1, 0, 0, 2), a_com, tsig, opt()}), Rcode::FORMERR},
      {"two TSIGs", join({header(1, 0, 0, 2), a_com, tsig, tsig}), Rcode::FORMERR},
      {"owner points to itself", extra(rr({0xC0, 23}, 1, 1, 0, {})), Rcode::FORMERR},
      {"owner points forward", extra(rr({0xC0, 40}, 1, 1, 0, {})), Rcode::FORMERR},
      {"owner points into the header", extra(rr({0xC0, 11}, 1, 1, 0, {})), Rcode::FORMERR},
      {"owner of label type 01", extra(rr({0x41, 'a', 0}, 1, 1, 0, {})), Rcode::FORMERR},
      {"owner of label type 10", extra(rr({0x80, 0}, 1, 1, 0, {})), Rcode::FORMERR},
      {"owner beyond the end", extra({9, 'a'}), Rcode::FORMERR},
      {"owner too long", extra(rr(labels(5, 63), 1, 1, 0, {})), Rcode::FORMERR},
      {"half a pointer", extra({0xC0}), Rcode::FORMERR},
      {"no type", extra({0}), Rcode::FORMERR},
      {"no RDLENGTH", extra({0, 0, 1, 0, 1, 0, 0, 0, 0}), Rcode::FORMERR},
      {"RDLENGTH too long", extra(rr(root, 1, 1, 0, {1, 2, 3, 4}, 1)), Rcode::FORMERR},
      {"RDLENGTH too short", extra(rr(root, 1, 1, 0, {1, 2, 3, 4}, -1)), Rcode::FORMERR},
      {"RDLENGTH 65535", extra(rr(root, 1, 1, 0, {}, 65535)), Rcode::FORMERR},
      {"IXFR with its SOA", join({header(1, 0, 1), {0, 0, 251, 0, 1}, rr(root, 6, 1, 0, {0})}),
       Rcode::REFUSED},
      {"OPT in authority", join({header(1, 0, 1), {0, 0, 251, 0, 1}, opt()}), Rcode::FORMERR},
      {"OPT as answer", join({header(1, 1), a_com, opt()}), Rcode::FORMERR},
  });
}

TEST(MalformedQuery, EdnsIsChecked) {
  expect({
      {"plain OPT", with_opt({}), Rcode::NOERROR},
      {"two OPTs", join({header(1, 0, 0, 2), a_com, opt(), opt()}), Rcode::FORMERR},
      {"OPT with an owner", join({header(1, 0, 0, 1), a_com, rr({1, 'a', 0}, 41, 512, 0, {})}),
       Rcode::FORMERR},
      {"OPT with a pointer", join({header(1, 0, 0, 1), a_com, rr({0xC0, 12}, 41, 512, 0, {})}),
       Rcode::FORMERR},
      {"version 1", with_opt({}, 0x00010000), Rcode::BADVERS},
      {"version 255", with_opt({}, 0x00FF8000), Rcode::BADVERS},
      {"version 1, options unknown", with_opt({9, 9, 9}, 0x00010000), Rcode::BADVERS},
      {"two OPTs, first of version 1",
       join({header(1, 0, 0, 2), a_com, opt({}, 0x00010000), opt()}), Rcode::FORMERR},
      {"flags unknown", with_opt({}, 0x00007FFF), Rcode::NOERROR},
      {"option of 1 octet", with_opt({0}), Rcode::FORMERR},
      {"option of 2 octets", with_opt({0, 10}), Rcode::FORMERR},
      {"option of 3 octets", with_opt({0, 10, 0}), Rcode::FORMERR},
      {"empty option", with_opt({0, 3, 0, 0}), Rcode::NOERROR},
      {"option beyond RDLEN", with_opt({0, 10, 0, 1}), Rcode::FORMERR},
      {"option far beyond", with_opt({0, 10, 0xFF, 0xFF, 1}), Rcode::FORMERR},
      {"second option cut", with_opt(join({option(10, {1}), {0, 11, 0}})), Rcode::FORMERR},
      {"unknown options", with_opt(join({option(1, {}), option(65535, {1, 2})})), Rcode::NOERROR},
  });
}

TEST(MalformedQuery, ClientSubnetIsChecked) {  // RFC 7871 §6, §7.1.2
  const Bytes all4(4, 0xFF), all16(16, 0xFF);
  auto subnet = [](std::uint16_t family, std::uint8_t source, std::uint8_t scope,
                   const Bytes& address) {
    return with_opt(client_subnet(family, source, scope, address));
  };
  expect({
      {"v4 /0", subnet(1, 0, 0, {}), Rcode::NOERROR},
      {"v4 /1", subnet(1, 1, 0, {0x80}), Rcode::NOERROR},
      {"v4 /24", subnet(1, 24, 0, {192, 0, 2}), Rcode::NOERROR},
      {"v4 /32", subnet(1, 32, 0, all4), Rcode::NOERROR},
      {"v4 /33", subnet(1, 33, 0, Bytes(5, 0)), Rcode::FORMERR},
      {"v4 /255", subnet(1, 255, 0, Bytes(32, 0)), Rcode::FORMERR},
      {"v6 /0", subnet(2, 0, 0, {}), Rcode::NOERROR},
      {"v6 /56", subnet(2, 56, 0, Bytes(7, 0x20)), Rcode::NOERROR},
      {"v6 /128", subnet(2, 128, 0, all16), Rcode::NOERROR},
      {"v6 /129", subnet(2, 129, 0, Bytes(17, 0)), Rcode::FORMERR},
      {"family 0", subnet(0, 0, 0, {}), Rcode::FORMERR},
      {"family 3", subnet(3, 8, 0, {1}), Rcode::FORMERR},
      {"family 65535", subnet(65535, 8, 0, {1}), Rcode::FORMERR},
      {"octet missing", subnet(1, 24, 0, {192, 0}), Rcode::FORMERR},
      {"octet too many", subnet(1, 24, 0, all4), Rcode::FORMERR},
      {"/0 with an octet", subnet(1, 0, 0, {0}), Rcode::FORMERR},
      {"/17 with 2 octets", subnet(1, 17, 0, {1, 2}), Rcode::FORMERR},
      {"bit behind /1", subnet(1, 1, 0, {0xC0}), Rcode::FORMERR},
      {"bit behind /20", subnet(1, 20, 0, {192, 0, 0x08}), Rcode::FORMERR},
      {"bit behind /31", subnet(1, 31, 0, all4), Rcode::FORMERR},
      {"bit behind v6 /127", subnet(2, 127, 0, all16), Rcode::FORMERR},
      {"scope in a query", subnet(1, 24, 24, {192, 0, 2}), Rcode::FORMERR},
      {"scope 1", subnet(1, 0, 1, {}), Rcode::FORMERR},
      {"empty", with_opt(option(8, {})), Rcode::FORMERR},
      {"three octets", with_opt(option(8, {0, 1, 0})), Rcode::FORMERR},
      {"twice", with_opt(join({client_subnet(1, 0, 0, {}), client_subnet(1, 0, 0, {})})),
       Rcode::FORMERR},
      {"sound, then broken", with_opt(join({client_subnet(1, 0, 0, {}), {0, 8}})), Rcode::FORMERR},
  });
}

}  // namespace
}  // namespace waymark::dns
