// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

struct Row {
  std::string expected;  // an RCODE, or "silence"
  Bytes packet;
  std::string what;
};

/// tests/data/packets/NAME.txt, which make.py there wrote by the rules of the RFCs.
std::vector<Row> read_table(const std::string& name) {
  const char* root = std::getenv("WAYMARK_SOURCE_DIR");  // NOLINT(concurrency-mt-unsafe)
  std::ifstream file(std::string(root == nullptr ? "." : root) + "/tests/data/packets/" + name);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string digits;
    Row& row = rows.emplace_back();
    words >> row.expected >> digits;
    std::getline(words, row.what);
    for (std::size_t i = 0; digits != "-" && i + 1 < digits.size(); i += 2)
      row.packet.push_back(static_cast<Octet>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return rows;
}

class Packets : public ::testing::TestWithParam<const char*> {
 protected:
  static Zones zones() {
    Zones zones;
    zones.zone("example.com.")
        .add("example.com.", RrType::NS, {host("ns.example.com.")})
        .add("ns.example.com.", RrType::A, {address("192.0.2.53")})
        .add("www.example.com.", RrType::A, {address("192.0.2.1")});
    return zones;
  }
  void SetUp() override {
    CookieSecrets secrets;
    secrets.add({1, 2});
    server.responder().use(secrets);
  }
  /// From memory of exactly its size, so that a sanitizer sees a read beyond it.
  Bytes send(const Bytes& packet, Transport transport) {
    const auto exact = std::make_unique<Octet[]>(packet.size());
    std::copy(packet.begin(), packet.end(), exact.get());
    return server.send({exact.get(), packet.size()}, transport);
  }

  Server server{zones()};
};

TEST_P(Packets, GetWhatTheRfcsSay) {  // PKT-3, PKT-5, PKT-6, PKT-8
  const std::vector<Row> rows = read_table(GetParam());
  ASSERT_GT(rows.size(), 50U);
  for (const Row& row : rows) {
    for (const Transport transport : {Transport::udp, Transport::tcp}) {
      SCOPED_TRACE(row.what);
      const Bytes answer = send(row.packet, transport);
      if (row.expected == "silence") {
        EXPECT_TRUE(answer.empty());
        continue;
      }
      ASSERT_GE(answer.size(), 12U);
      const Message message = Message::decode(answer);
      EXPECT_EQ(to_string(message.rcode()), row.expected);
      EXPECT_EQ(message.id, 0x1234);
      EXPECT_EQ(message.flags & 0xF8F0, 0x8000 | (row.packet[2] & 0x78) << 8)
          << "QR, opcode, RA, Z";
      if (row.expected == "NOERROR" || row.expected == "NXDOMAIN") continue;
      EXPECT_FALSE(message.aa());
      EXPECT_TRUE(message.answer.empty() && message.authority.empty() &&
                  message.additional.empty());
      EXPECT_LE(answer.size(), std::max<std::size_t>(row.packet.size(), 12) + 11 + 28 + 6);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, Packets,
                         ::testing::Values("header.txt", "names.txt", "additional.txt", "edns.txt",
                                           "types.txt"),
                         [](const auto& table) {
                           const std::string file = table.param;
                           return file.substr(0, file.find('.'));
                         });

TEST(PacketTables, HoldAtLeastThreeHundredMessagesEachOnce) {
  std::map<std::string, int> seen;
  for (const char* table : {"header.txt", "names.txt", "additional.txt", "edns.txt", "types.txt"})
    for (const Row& row : read_table(table))
      if (row.expected != "NOERROR") ++seen[std::string(as_text(row.packet))];
  EXPECT_GE(seen.size(), 300U);
}

}  // namespace
}  // namespace waymark::dns
