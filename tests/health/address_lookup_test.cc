// SPDX-License-Identifier: Apache-2.0
#include "health/address_lookup.h"

#include <optional>

#include <gtest/gtest.h>

#include "tests/health/name_server.h"

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

class AddressLookupTest : public testing::Test {
 protected:
  Result<DnsReply> ask(const std::vector<Endpoint>& servers, std::string name = "lb.example.net") {
    AddressLookup lookup(io, servers);
    std::optional<Result<DnsReply>> result;
    lookup.ask(name, 1, 100ms, [&](Result<DnsReply> found) { result = std::move(found); });
    EXPECT_FALSE(result);  // never from within ask()
    io.restart();
    const auto latest = std::chrono::steady_clock::now() + 5s;
    while (!result && std::chrono::steady_clock::now() < latest)
      io.run_one_until(latest);
    return result.value_or(Error(ErrorCode::internal, "nothing came"));
  }
  asio::io_context io;
};

TEST_F(AddressLookupTest, GivesTheFirstAnswerOfSeveralResolvers) {
  NameServer broken(io, [](const Bytes& query) { return NameServer::answer(query, 2); });
  NameServer silent(io, [](const Bytes&) { return Bytes(); });
  NameServer good(io, [](const Bytes& query) {
    return NameServer::answer(query, 0, NameServer::a_record(20, "\xC0\0\2\1"s), 1);
  });
  NameServer unasked(io, [](const Bytes& query) { return NameServer::answer(query, 3); });
  const auto reply =
      ask({broken.endpoint(), silent.endpoint(), good.endpoint(), unasked.endpoint()});
  ASSERT_TRUE(reply) << reply.error().detail();
  ASSERT_EQ(reply->addresses.size(), 1U);
  EXPECT_EQ(reply->addresses[0].address.to_string(), "192.0.2.1");
  EXPECT_EQ(reply->addresses[0].ttl, 20s);
  EXPECT_EQ(unasked.asked(), 0);
}

TEST_F(AddressLookupTest, NxdomainIsAnAnswer) {
  NameServer absent(io, [](const Bytes& query) { return NameServer::answer(query, 3); });
  NameServer unasked(io, [](const Bytes& query) { return NameServer::answer(query, 0); });
  const auto reply = ask({absent.endpoint(), unasked.endpoint()});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->rcode, 3);
  EXPECT_EQ(unasked.asked(), 0);
}

TEST_F(AddressLookupTest, TellsWhatTheLastOneSaid) {
  NameServer broken(io, [](const Bytes& query) { return NameServer::answer(query, 2); });
  NameServer silent(io, [](const Bytes&) { return Bytes(); });
  EXPECT_EQ(ask({silent.endpoint(), broken.endpoint()})->rcode, 2);
  EXPECT_EQ(ask({broken.endpoint(), silent.endpoint()}).error().code(), ErrorCode::timed_out);
}

TEST_F(AddressLookupTest, WithoutAResolverItSaysSo) {
  EXPECT_EQ(ask({}).error().detail(), "no --resolver is set");
}

}  // namespace
}  // namespace waymark::health
