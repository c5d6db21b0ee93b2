// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "policy/policy_builder.h"
#include "tests/dns/responder/server.h"

namespace {
std::size_t allocations = 0;  // tests have one thread

void* count_and_allocate(std::size_t octets) {
  ++allocations;
  if (void* memory = std::malloc(octets == 0 ? 1 : octets)) return memory;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t octets) {
  return count_and_allocate(octets);
}
void* operator new[](std::size_t octets) {
  return count_and_allocate(octets);
}
void* operator new(std::size_t octets, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(octets == 0 ? 1 : octets);
}
void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

TEST(Allocation, RespondingAllocatesNothing) {
  Zones zones;
  policy::WeightedSpec weights{{1, 2}, {policy::BranchSpec(), policy::BranchSpec()}};
  weights.branches[1].index = 1;
  zones.zone("example.com.")
      .add("example.com.", RrType::NS, {host("ns.example.com.")})
      .add("example.com.", RrType::MX, {mx(1, "ns.example.com.")})
      .add("example.com.", RrType::HTTPS, {svcb(1, ".")})
      .add("ns.example.com.", RrType::A, {address("192.0.2.53")})
      .add("*.wild.example.com.", RrType::CNAME, {host("www.example.com.")})
      .add("sub.example.com.", RrType::NS, {host("ns.sub.example.com.")})
      .add("ns.sub.example.com.", RrType::A, {address("192.0.2.3")})
      .add("d.example.com.", RrType::DNAME, {host("wild.example.com.")})
      .route("alias.example.com.", RrType::A, {Name::parse("ns.example.com.").value()})
      .route("www.example.com.", RrType::A,
             {records("www.example.com.", RrType::A, {address("192.0.2.1")}),
              records("www.example.com.", RrType::A, {address("192.0.2.2")})},
             policy::build_policy({weights}, 2).value());
  ResponderSettings settings;
  settings.nsid = "a name that is too long for the string's own room";
  settings.rate_limit = {.per_second = 20, .slip = 2, .log_only = false, .exempt = {}};
  settings.log_every = 2;
  Server server(zones, settings);
  CookieSecrets secrets;
  secrets.add({1, 2});
  server.responder().use(secrets);
  server.responder().set_time({1, 1});
  Bytes options = client_subnet(1, 24, 0, {10, 0, 0});
  for (const Bytes& one :
       {option(10, Bytes(24, 'c')), option(3, {}), option(9, {}), option(11, {}), option(19, {})})
    options.insert(options.end(), one.begin(), one.end());
  std::vector<Bytes> packets;
  for (const char* name :
       {"www.example.com.", "example.com.", "x.wild.example.com.", "a.sub.example.com.",
        "none.example.com.", "other.test.", "alias.example.com.", "x.d.example.com."})
    for (const RrType type :
         {RrType::A, RrType::MX, RrType::NS, RrType::SOA, RrType::HTTPS, RrType::ANY})
      packets.push_back(
          QuerySpec{.name = name, .type = type, .opt = {{1232, 0, options}}}.encode());
  packets.push_back(Bytes(7, 0));
  packets.push_back(Bytes(40, 0));
  std::vector<Bytes> rooms(packets.size(), Bytes(4096));
  std::vector<Exchange> batch(packets.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch[i].query = packets[i];
    batch[i].from = {IpAddress::loopback_v4(), 9};
    batch[i].out = rooms[i];
  }

  const std::size_t before = allocations;
  for (std::uint64_t i = 0; i < 100; ++i) {
    server.responder().set_time({i * 10'000, i});  // a second in all: the limit is met and passed
    server.responder().respond(batch);
  }

  EXPECT_EQ(allocations, before);
  EXPECT_GT(server.counters().responses[0][0].value(), 300U);
  EXPECT_GT(server.counters().rate_dropped.value(), 100U);
  EXPECT_GT(server.counters().rate_slipped.value(), 100U);
  EXPECT_GT(server.counters().cookies_bad.value(), 1000U);
  EXPECT_GT(server.counters().queries_not_logged.value(), 100U);
}

}  // namespace
}  // namespace waymark::dns
