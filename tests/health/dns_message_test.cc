// SPDX-License-Identifier: Apache-2.0
#include "health/dns_message.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

Bytes octets(const std::string& text) {
  return {text.begin(), text.end()};
}

const DnsQuestion www = *DnsQuestion::make("www.example.com", 1);

/// A reply to `www` A IN with id 0x1234, by hand from RFC 1035 §4.1.
std::string head(const std::string& flags, const std::string& counts) {
  return "\x12\x34"s + flags + counts + "\3www\7example\3com\0"s + "\0\1\0\1"s;
}

TEST(DnsMessage, AQuestionStandsAsRfc1035Says) {
  const Bytes query = write_query(0x1234, www);
  EXPECT_EQ(query, octets("\x12\x34\1\0"s + "\0\1\0\0\0\0\0\1"s + "\3www\7example\3com\0"s +
                          "\0\1\0\1"s + "\0\0\x29\4\xD0\0\0\0\0\0\0"s));
}

TEST(DnsMessage, NamesAreReadAsPresented) {
  EXPECT_EQ(DnsQuestion::make(".", 2)->name, Bytes{0});
  EXPECT_EQ(DnsQuestion::make("a\\.b.c.", 1)->name, octets("\3a.b\1c\0"s));
  EXPECT_EQ(DnsQuestion::make("\\255x", 1)->name, octets("\2\xFFx\0"s));
  for (const std::string& bad :
       {""s, "a..b"s, ".a"s, "a\\"s, "\\25"s, "\\256"s, std::string(64, 'x'), [] {
          std::string name;
          for (int i = 0; i < 128; ++i)
            name += "a.";
          return name;
        }()})
    EXPECT_FALSE(DnsQuestion::make(bad, 1)) << bad;
}

TEST(DnsMessage, AddressesAreFoundBehindCnamesWithTheLeastTtl) {
  const std::string message =
      head("\x81\x80", "\0\1\0\2\0\0\0\0"s) + "\xC0\x0C\0\5\0\1\0\0\0\x1E\0\6"s +
      "\3web\xC0\x10"s +                                  // www CNAME web.example.com, 30 s
      "\xC0\x2D\0\1\0\1\0\0\1\x2C\0\4"s + "\xC0\0\2\1"s;  // web A 192.0.2.1, 300 s
  const auto reply = read_reply(octets(message), 0x1234, www);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->rcode, 0);
  ASSERT_EQ(reply->addresses.size(), 1U);
  EXPECT_EQ(reply->addresses[0].address, *IpAddress::parse("192.0.2.1"));
  EXPECT_EQ(reply->addresses[0].ttl, 30s);
}

TEST(DnsMessage, AnAddressOfAnotherNameIsNotTaken) {
  const std::string message =
      head("\x81\x80", "\0\1\0\1\0\0\0\0"s) + "\4evil\0\0\1\0\1\0\0\1\x2C\0\4"s + "\xC0\0\2\1"s;
  EXPECT_TRUE(read_reply(octets(message), 0x1234, www)->addresses.empty());
}

TEST(DnsMessage, OnlyTheReplyToThisQuestionIsRead) {
  const std::string good = head("\x81\x80", "\0\1\0\0\0\0\0\0"s);
  EXPECT_TRUE(read_reply(octets(good), 0x1234, www));
  EXPECT_TRUE(read_reply(octets("\x12\x34\x81\x83\0\1\0\0\0\0\0\0\3WWW\7Example\3com\0\0\1\0\1"s),
                         0x1234, www));  // case is not told apart
  EXPECT_FALSE(read_reply(octets(good), 0x1235, www));
  EXPECT_FALSE(read_reply(octets(head("\x01\x80", "\0\1\0\0\0\0\0\0"s)), 0x1234, www));  // no QR
  EXPECT_FALSE(read_reply(octets(head("\x81\x80", "\0\0\0\0\0\0\0\0"s)), 0x1234, www));
  EXPECT_FALSE(read_reply(octets(good), 0x1234, *DnsQuestion::make("www.example.com", 28)));
  EXPECT_FALSE(read_reply(octets(good), 0x1234, *DnsQuestion::make("www.example.net", 1)));
  EXPECT_FALSE(read_reply({}, 0x1234, www));
}

TEST(DnsMessage, TheExtendedRcodeIsPutTogether) {
  // RFC 6891 §6.1.3: BADVERS is 16, upper bits 1 in the OPT, lower bits 0 in the header.
  const std::string message = head("\x81\x80", "\0\1\0\0\0\0\0\1"s) + "\0\0\x29\4\xD0\1\0\0\0\0\0"s;
  EXPECT_EQ(read_reply(octets(message), 0x1234, www)->rcode, 16);
  EXPECT_EQ(rcode_text(16), "BADVERS");
  EXPECT_EQ(rcode_text(3), "NXDOMAIN");
  EXPECT_EQ(rcode_text(99), "RCODE99");
}

TEST(DnsMessage, PointersThatLoopEnd) {
  for (const std::string& name : {"\xC0\x21"s, "\xC0\x30"s, "\1a\xC0\x21"s}) {
    const std::string message = head("\x81\x80", "\0\1\0\1\0\0\0\0"s) + name + "\0\1\0\1"s;
    EXPECT_FALSE(read_reply(octets(message), 0x1234, www));
  }
}

TEST(DnsMessage, AnythingMayArrive) {
  const Bytes good =
      octets(head("\x81\x80", "\0\1\0\2\0\0\0\0"s) + "\xC0\x0C\0\5\0\1\0\0\0\x1E\0\6"s +
             "\3web\xC0\x10"s + "\xC0\x2D\0\1\0\1\0\0\1\x2C\0\4"s + "\xC0\0\2\1"s);
  Random random(20260101);
  int read = 0;
  for (int i = 0; i < 50'000; ++i) {
    Bytes bad = good;
    for (std::uint32_t changes = 1 + random.below(3); changes > 0; --changes)
      bad[random.below(static_cast<std::uint32_t>(bad.size()))] = static_cast<Octet>(random.next());
    bad.resize(random.below(static_cast<std::uint32_t>(bad.size()) + 1));
    read += read_reply(bad, 0x1234, www).has_value() ? 1 : 0;
  }
  EXPECT_GT(read, 0);
  EXPECT_LT(read, 50'000);
}

}  // namespace
}  // namespace waymark::health
