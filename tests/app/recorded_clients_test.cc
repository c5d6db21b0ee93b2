// SPDX-License-Identifier: Apache-2.0
#include "app/recorded_clients.h"

#include <gtest/gtest.h>

namespace waymark::app {
namespace {

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

TEST(RecordedClients, AreCountedBySubnet) {
  RecordedClients clients;
  clients.add(address("192.0.2.1"));
  clients.add(address("192.0.2.200"));
  clients.add(address("2001:db8:1:2:3::4"));

  const auto all = clients.all();

  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0], (std::pair(IpPrefix::parse("192.0.2.0/24").value(), std::uint64_t{2})));
  EXPECT_EQ(all[1], (std::pair(IpPrefix::parse("2001:db8:1::/56").value(), std::uint64_t{1})));
}

TEST(RecordedClients, KeepThoseThatAskOftenWhenThereAreTooMany) {
  RecordedClients clients;
  for (int i = 0; i < 100'000; ++i)
    clients.add(address("192.0.2.1"));
  for (std::uint32_t i = 0; i < 5'000; ++i)
    clients.add(IpAddress::v4(0x0A000000 + i * 256));

  const auto all = clients.all();

  EXPECT_LE(all.size(), RecordedClients::most);
  EXPECT_EQ(all.back().first, IpPrefix::parse("192.0.2.0/24").value());
  EXPECT_GT(all.back().second, 1'000U);
}

}  // namespace
}  // namespace waymark::app
