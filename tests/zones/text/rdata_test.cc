// SPDX-License-Identifier: Apache-2.0
#include "zones/records/rdata.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace waymark::zones {
namespace {

using dns::Name;
using dns::RrType;

std::string hex(ByteView octets) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const Octet octet : octets) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

/// tests/data/rdata/TYPE.txt: "input | hex of the wire form | canonical text, if it is not the
/// input", or "input | !" for what must be refused. Names are below example.com.
class RdataTable : public testing::TestWithParam<std::string> {};

TEST_P(RdataTable, EveryRowHolds) {
  const auto type = dns::parse_rr_type(GetParam());
  ASSERT_TRUE(type);
  const Name origin = *Name::parse("example.com");
  std::ifstream file(std::string(std::getenv("WAYMARK_SOURCE_DIR")) + "/tests/data/rdata/" +
                     GetParam() + ".txt");
  ASSERT_TRUE(file);

  int rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    ++rows;
    const std::size_t first = line.find(" | ");
    ASSERT_NE(first, std::string::npos) << line;
    const std::string input = line.substr(0, first);
    const std::string rest = line.substr(first + 3);
    const std::size_t second = rest.find(" | ");
    const std::string wire = rest.substr(0, second);
    const std::string canonical = second == std::string::npos ? input : rest.substr(second + 3);

    const auto parsed = parse_rdata(*type, input, origin);
    if (wire == "!") {
      ASSERT_FALSE(parsed) << line;
      EXPECT_EQ(parsed.error().code(), ErrorCode::bad_rdata) << line;
      EXPECT_GT(parsed.error().detail().size(), 10U) << line;
      continue;
    }
    ASSERT_TRUE(parsed) << line << ": " << parsed.error().detail();
    EXPECT_EQ(hex(*parsed), wire) << line;
    EXPECT_EQ(rdata_to_string(*type, *parsed), canonical) << line;
    EXPECT_EQ(*parse_rdata(*type, rdata_to_string(*type, *parsed), Name()), *parsed) << line;
  }
  EXPECT_GE(rows, 40);
}

INSTANTIATE_TEST_SUITE_P(Types, RdataTable,
                         testing::Values("A", "AAAA", "NS", "CNAME", "PTR", "MX", "TXT", "SRV",
                                         "CAA", "SOA", "NAPTR", "DS", "TLSA", "SSHFP", "SVCB",
                                         "HTTPS", "DNAME", "HINFO", "LOC", "CERT", "APL", "SMIMEA",
                                         "OPENPGPKEY", "URI", "RP", "AFSDB", "SPF"),
                         [](const auto& row) { return row.param; });

TEST(Rdata, GenericFormWorksForUnknownTypes) {
  const auto type = static_cast<RrType>(65280);
  const auto wire = parse_rdata(type, "\\# 4 0A00 0001", Name());
  ASSERT_TRUE(wire);
  EXPECT_EQ(hex(*wire), "0a000001");
  EXPECT_EQ(rdata_to_string(type, *wire), "\\# 4 0a000001");
  EXPECT_EQ(parse_rdata(type, "\\# 0", Name())->size(), 0U);
  EXPECT_FALSE(parse_rdata(type, "10.0.0.1", Name()));
}

TEST(Rdata, GenericFormOfAKnownTypeIsChecked) {
  EXPECT_EQ(hex(*parse_rdata(RrType::A, "\\# 4 C0000201", Name())), "c0000201");  // RFC 3597 §5
  EXPECT_FALSE(parse_rdata(RrType::A, "\\# 3 C00002", Name()));
  EXPECT_FALSE(parse_rdata(RrType::A, "\\# 5 C0000201", Name()));
  EXPECT_FALSE(parse_rdata(RrType::A, "\\# 4 C000020", Name()));
  EXPECT_FALSE(parse_rdata(RrType::A, "\\# 4 C000020Z", Name()));
  EXPECT_EQ(hex(*parse_rdata(RrType::NS, "\\# 4 02 4E53 00", Name())), "026e7300");  // folded
}

TEST(Rdata, LocationIsThatOfRfc1876) {
  const auto wire = parse_rdata(RrType::LOC, "42 21 54 N 71 06 18 W -24m 30m", Name());
  ASSERT_TRUE(wire);
  EXPECT_EQ(wire->size(), 16U);
  EXPECT_EQ(*parse_rdata(RrType::LOC, rdata_to_string(RrType::LOC, *wire), Name()), *wire);
}

TEST(Rdata, MetaTypesAreRefused) {
  for (const RrType type : {RrType::OPT, RrType::ANY, RrType::AXFR, RrType::TSIG})
    EXPECT_FALSE(parse_rdata(type, "\\# 0", Name()));
}

TEST(Rdata, NothingReachesLdnsThatCouldBreakALine) {
  for (const std::string_view text : {"1 2 \"a\n\" \"\" \"\" .", "1 2 (\n\"a\" \"\" \"\" .)",
                                      "1 2 \"a\tb\" \"\" \"\" .", "1 2 \"a\" \"\" \"\" . ; x"})
    EXPECT_FALSE(parse_rdata(RrType::NAPTR, text, Name())) << text;
  EXPECT_FALSE(parse_rdata(RrType::NAPTR, std::string_view("1 2 \"\0\" \"\" \"\" .", 16), Name()));
  EXPECT_FALSE(parse_rdata(RrType::DS, "1 8 2 " + std::string(40'000, 'A'), Name()));
}

TEST(Rdata, CutOrCompressedWireIsNotValid) {
  EXPECT_FALSE(is_valid_rdata(RrType::MX, Bytes{0, 10}));
  EXPECT_FALSE(is_valid_rdata(RrType::NS, Bytes{0xC0, 0x0C}));
  EXPECT_FALSE(is_valid_rdata(RrType::NS, Bytes{1, 'a'}));
  EXPECT_FALSE(is_valid_rdata(RrType::NS, Bytes{0, 0}));
  EXPECT_FALSE(is_valid_rdata(RrType::TXT, Bytes{}));
  EXPECT_FALSE(is_valid_rdata(RrType::TXT, Bytes{2, 'a'}));
  EXPECT_FALSE(is_valid_rdata(RrType::CAA, Bytes{0, 1, '-', 'x'}));
  EXPECT_FALSE(is_valid_rdata(RrType::SVCB, Bytes{0, 1, 0, 0, 3, 0, 1, 9}));  // port of one octet
  EXPECT_FALSE(
      is_valid_rdata(RrType::SVCB, Bytes{0, 1, 0, 0, 2, 0, 0, 0, 2, 0, 0}));  // a key twice
  EXPECT_TRUE(is_valid_rdata(RrType::SVCB, Bytes{0, 1, 0, 0, 3, 0, 2, 1, 187}));
}

TEST(Rdata, AStringOf255OctetsFitsAndOneMoreDoesNot) {
  EXPECT_TRUE(parse_rdata(RrType::TXT, '"' + std::string(255, 'x') + '"', Name()));
  EXPECT_FALSE(parse_rdata(RrType::TXT, '"' + std::string(256, 'x') + '"', Name()));
}

}  // namespace
}  // namespace waymark::zones
