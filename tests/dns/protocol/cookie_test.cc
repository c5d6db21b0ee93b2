// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/cookie.h"

#include <string>

#include <gtest/gtest.h>

#include "dns/protocol/siphash.h"

namespace waymark::dns {
namespace {

using Whole = std::array<Octet, full_cookie_octets>;

Bytes hex(std::string_view digits) {
  Bytes octets;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    octets.push_back(static_cast<Octet>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  return octets;
}

CookieSecrets secrets(std::initializer_list<std::string_view> texts) {
  CookieSecrets all;
  for (const std::string_view text : texts)
    EXPECT_TRUE(all.add(CookieSecret::parse(text).value()));
  return all;
}

constexpr std::string_view secret = "e5e973e5a6b2a43f48e7dc849e37bfcf";  // RFC 9018 appendix A
const IpAddress client = IpAddress::parse("198.51.100.100").value();

TEST(SipHash, GivesWhatItsAuthorsPrinted) {  // Aumasson and Bernstein, SipHash, appendix A
  Bytes input(15);
  for (std::size_t i = 0; i < input.size(); ++i)
    input[i] = static_cast<Octet>(i);
  EXPECT_EQ(SipHash(0x0706050403020100, 0x0F0E0D0C0B0A0908).of(input), 0xA129CA6149BE45E5U);
}

TEST(Cookie, IsMadeAsTheRfcShows) {  // RFC 9018 appendix A.1
  Whole out;
  EXPECT_EQ(secrets({secret}).judge(hex("2464c4abcf10c957"), client, 1559731985, out),
            CookieVerdict::client_only);
  EXPECT_EQ(Bytes(out.begin(), out.end()), hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480"));
}

TEST(Cookie, IsRenewedAfterHalfAnHour) {  // RFC 9018 appendix A.2
  const Bytes first = hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  Whole out;
  EXPECT_EQ(secrets({secret}).judge(first, client, 1559731985 + 1800, out), CookieVerdict::good);
  EXPECT_EQ(Bytes(out.begin(), out.end()), first);
  EXPECT_EQ(secrets({secret}).judge(first, client, 1559734385, out), CookieVerdict::good);
  EXPECT_EQ(Bytes(out.begin(), out.end()), hex("2464c4abcf10c957010000005cf7a871d4a564a1442aca77"));
}

TEST(Cookie, OfAnIpv6ClientIsAcceptedUnderThePreviousSecret) {  // RFC 9018 appendix A.4
  const IpAddress v6 = IpAddress::parse("2001:db8:220:1:59de:d0f4:8769:82b8").value();
  const CookieSecrets both =
      secrets({"445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715"});
  Whole out;
  EXPECT_EQ(
      both.judge(hex("22681ab97d52c298010000005cf7c57926556bd0934c72f8"), v6, 0x5CF7C609, out),
      CookieVerdict::good);
  EXPECT_EQ(Bytes(out.begin(), out.end()), hex("22681ab97d52c298010000005cf7c609a6bb79d16625507a"));
}

TEST(Cookie, KeepsReservedOctetsInTheDigest) {  // RFC 9018 appendix A.3
  const IpAddress other = IpAddress::parse("203.0.113.203").value();
  Whole out;
  EXPECT_EQ(secrets({secret}).judge(hex("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5"), other,
                                    0x5CF78F71 + 60, out),
            CookieVerdict::good);
}

TEST(Cookie, IsBadFromAnotherAddressOrWithAnyBitChanged) {
  const Bytes whole = hex("2464c4abcf10c957010000005cf79f111f8130c3eee29480");
  const CookieSecrets one = secrets({secret});
  Whole out;
  ASSERT_EQ(one.judge(whole, client, 1559731985, out), CookieVerdict::good);
  EXPECT_EQ(one.judge(whole, IpAddress::parse("198.51.100.101").value(), 1559731985, out),
            CookieVerdict::bad);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    Bytes changed = whole;
    changed[bit / 8] = static_cast<Octet>(changed[bit / 8] ^ 1U << bit % 8);
    EXPECT_EQ(one.judge(changed, client, 1559731985, out), CookieVerdict::bad) << bit;
  }
}

TEST(Cookie, LivesAnHourAndMayComeFiveMinutesEarly) {  // RFC 9018 §4.3
  const CookieSecrets one = secrets({secret});
  // Also where 32 bits of time end: 2038-01-19, 2106-02-07.
  for (const std::uint32_t made : {1559731985U, 0x7FFFFF00U, 0xFFFFFF00U}) {
    Whole whole, out;
    (void)one.judge(hex("2464c4abcf10c957"), client, made, whole);
    EXPECT_EQ(one.judge(whole, client, made + 3600, out), CookieVerdict::good) << made;
    EXPECT_EQ(one.judge(whole, client, made + 3601, out), CookieVerdict::bad) << made;
    EXPECT_EQ(one.judge(whole, client, made - 300, out), CookieVerdict::good) << made;
    EXPECT_EQ(one.judge(whole, client, made - 301, out), CookieVerdict::bad) << made;
  }
}

TEST(Cookie, OfForeignFormIsBadButGetsAWholeOne) {
  for (const std::size_t octets : {16U, 23U, 25U, 40U}) {
    const Bytes cookie(octets, 1);
    Whole out;
    EXPECT_TRUE(is_cookie_length(octets));
    EXPECT_EQ(secrets({secret}).judge(cookie, client, 1559731985, out), CookieVerdict::bad);
    EXPECT_EQ(secrets({secret}).judge(out, client, 1559731985, out), CookieVerdict::good);
  }
}

TEST(CookieSecret, Is32HexadecimalDigits) {
  EXPECT_TRUE(CookieSecret::parse(secret));
  EXPECT_TRUE(CookieSecret::parse("E5E973E5A6B2A43F48E7DC849E37BFCF"));
  EXPECT_FALSE(CookieSecret::parse(secret.substr(1)));
  EXPECT_FALSE(CookieSecret::parse("e5e973e5a6b2a43f48e7dc849e37bfcg"));
  EXPECT_FALSE(CookieSecret::parse(""));
}

TEST(CookieSecrets, AreFourAtMost) {
  CookieSecrets all = secrets({secret, secret, secret, secret});
  EXPECT_FALSE(all.add({}));
}

}  // namespace
}  // namespace waymark::dns
