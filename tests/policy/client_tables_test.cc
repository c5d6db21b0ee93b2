// SPDX-License-Identifier: Apache-2.0
//
// What is known of clients: places, collections, and the codes and distances they are told in.
#include <gtest/gtest.h>

#include "policy/cidr_table.h"
#include "policy/location.h"
#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

IpAddress address(const char* text) {
  return *IpAddress::parse(text);
}
Location in(const char* country, const char* subdivision = "") {
  return *make_location("", country, subdivision, {}, {});
}

TEST(GeoCode, SpeaksAsItWasWritten) {
  EXPECT_EQ(to_string(continent_code("EU")), "EU");
  EXPECT_EQ(to_string(country_code("US")), "US");
  EXPECT_EQ(to_string(subdivision_code("US", "CA")), "US-CA");
  EXPECT_EQ(to_string(subdivision_code("UA", "30")), "UA-30");
  EXPECT_EQ(to_string(subdivision_code("GB", "ENG")), "GB-ENG");
  EXPECT_EQ(to_string(geo_everywhere), "*");
}

TEST(GeoCode, KnowsNothingElse) {
  for (const char* text : {"", "E", "XX", "eu", "EUR", "E1"})
    EXPECT_EQ(continent_code(text), 0U);
  for (const char* text : {"", "U", "us", "ZZ", "USA", "EU"})
    EXPECT_EQ(country_code(text), 0U);
  EXPECT_EQ(subdivision_code("US", ""), 0U);
  EXPECT_EQ(subdivision_code("US", "CALI"), 0U);
  EXPECT_EQ(subdivision_code("US", "c"), 0U);
  EXPECT_EQ(subdivision_code("ZZ", "CA"), 0U);
}

TEST(GeoCode, ACountryIsInOneContinent) {  // behaviour §8.5
  for (const char* country : {"RU", "TR", "CY"})
    EXPECT_EQ(to_string(continent_of(country_code(country))), "EU") << country;
  for (const char* country : {"GE", "AM", "AZ", "KZ"})
    EXPECT_EQ(to_string(continent_of(country_code(country))), "AS") << country;
  EXPECT_EQ(to_string(continent_of(country_code("PR"))), "NA");
  EXPECT_EQ(continent_of(continent_code("EU")), 0U);
}

TEST(Location, IsReadFromText) {
  EXPECT_EQ(in("DE").continent, continent_code("EU"));
  EXPECT_EQ(in("US", "WA").subdivision, subdivision_code("US", "WA"));
  EXPECT_EQ(make_location("AS", "", "", {}, {})->country, 0U);
  EXPECT_FALSE(make_location("AS", "DE", "", {}, {}));
  EXPECT_FALSE(make_location("", "", "WA", {}, {}));
  EXPECT_FALSE(make_location("", "", "", 90.5, 0));
  EXPECT_FALSE(make_location("", "", "", 1, {}));
}

// The cities' coordinates and distances are those of common great-circle tables (±0.5 %).
TEST(Location, MeasuresGreatCircles) {
  const Point london = Point::at(51.51, -0.13), new_york = Point::at(40.71, -74.01);
  const Point sydney = Point::at(-33.87, 151.21);
  EXPECT_NEAR(kilometres(london, new_york), 5570, 28);
  EXPECT_NEAR(kilometres(london, sydney), 16990, 85);
  EXPECT_NEAR(kilometres(london, london), 0, 1e-6);
  EXPECT_NEAR(kilometres(Point::at(0, 0), Point::at(0, 180)), 20015, 1);
}

TEST(LocationTable, TheLongestPrefixDecidesAndSaysHowFarItHolds) {
  const std::vector<LocationRow> rows{{prefix("10.0.0.0/8"), in("DE")},
                                      {prefix("10.1.0.0/16"), in("US", "WA")},
                                      {prefix("2001:db8::/32"), in("JP")}};
  const Bytes bytes = write_location_table(rows, {});
  const LocationTable table = *LocationTable::open(bytes);
  EXPECT_EQ(*table.find(address("10.2.3.4")).location, in("DE"));
  EXPECT_EQ(table.find(address("10.2.3.4")).scope, 15);
  EXPECT_EQ(*table.find(address("10.1.3.4")).location, in("US", "WA"));
  EXPECT_EQ(table.find(address("10.1.3.4")).scope, 16);
  EXPECT_EQ(*table.find(address("2001:db8::1")).location, in("JP"));
  EXPECT_EQ(table.find(address("2001:db8::1")).scope, 32);
  EXPECT_EQ(table.find(address("192.0.2.1")).location, nullptr);
  EXPECT_EQ(table.find(address("192.0.2.1")).scope, 1);
}

TEST(LocationTable, WhatTheOperatorSaysComesBeforeLongerPrefixesOfTheDatabase) {
  const std::vector<LocationRow> database{{prefix("10.1.2.0/24"), in("US")},
                                          {prefix("11.0.0.0/8"), in("FR")}};
  const std::vector<LocationRow> own{{prefix("10.0.0.0/8"), in("DE")}};
  const Bytes bytes = write_location_table(database, own);
  const LocationTable table = *LocationTable::open(bytes);
  EXPECT_EQ(*table.find(address("10.1.2.3")).location, in("DE"));
  EXPECT_EQ(table.find(address("10.1.2.3")).scope, 8);
  EXPECT_EQ(*table.find(address("11.1.2.3")).location, in("FR"));
}

std::vector<std::uint32_t> locations(const CidrTables& tables, const char* subnet) {
  std::vector<std::uint32_t> found;
  for (auto chain = tables.find(4, Client{prefix(subnet)}); !chain.ended(); chain.next())
    found.push_back(chain.location());
  return found;
}

TEST(CidrTables, NameTheBlocksThatHoldTheWholeSubnetLongestFirst) {  // behaviour §8.8
  const std::vector<CidrCollection> collections{{4,
                                                 {{prefix("10.0.0.0/8"), 0},
                                                  {prefix("10.1.0.0/16"), 1},
                                                  {prefix("10.1.2.0/24"), 2},
                                                  {prefix("2001:db8::/48"), 3}}}};
  const Bytes bytes = write_cidr_tables(collections);
  const CidrTables tables = *CidrTables::open(bytes);
  EXPECT_EQ(locations(tables, "10.1.2.0/24"), (std::vector<std::uint32_t>{2, 1, 0}));
  EXPECT_EQ(locations(tables, "10.1.2.0/23"), (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(locations(tables, "10.9.9.9"), (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(locations(tables, "192.0.2.1"), (std::vector<std::uint32_t>{}));
  EXPECT_EQ(locations(tables, "2001:db8::/32"), (std::vector<std::uint32_t>{}));
  EXPECT_EQ(locations(tables, "2001:db8::/48"), (std::vector<std::uint32_t>{3}));
  EXPECT_EQ(tables.find(4, Client{prefix("10.1.2.0/24")}).scope, 24);
  EXPECT_TRUE(tables.find(3, Client{prefix("10.1.2.0/24")}).ended());
  EXPECT_TRUE(tables.find(5, Client{prefix("10.1.2.0/24")}).ended());
}

/// Every damage is refused, or a look-up stays inside (the sanitizer builds watch).
template <class Table, class Find>
void expect_harmless(const Bytes& good, const Find& find) {
  Random random(5);
  for (std::size_t octets = 0; octets < good.size(); octets += 7) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(octets));
    if (const auto table = Table::open(cut)) find(*table);
  }
  for (int round = 0; round < 5'000; ++round) {
    Bytes bytes = good;
    for (std::uint32_t flips = 1 + random.below(3); flips > 0; --flips)
      bytes[random.below(static_cast<std::uint32_t>(good.size()))] ^=
          static_cast<Octet>(1U << random.below(8));
    if (const auto table = Table::open(bytes)) find(*table);
  }
}

TEST(CidrTables, DamageIsRefusedOrHarmless) {
  const std::vector<CidrCollection> collections{
      {1, {{prefix("10.0.0.0/8"), 0}, {prefix("10.1.0.0/16"), 1}, {prefix("fd00::/8"), 2}}}};
  std::uint64_t sum = 0;
  expect_harmless<CidrTables>(write_cidr_tables(collections), [&](const CidrTables& tables) {
    for (const char* subnet : {"10.1.0.0/24", "fd00::1", "192.0.2.1"})
      for (auto chain = tables.find(1, Client{prefix(subnet)}); !chain.ended(); chain.next())
        sum += chain.location();
  });
  EXPECT_GT(sum, 0U);
}

TEST(LocationTable, DamageIsRefusedOrHarmless) {
  const std::vector<LocationRow> rows{{prefix("10.0.0.0/8"), in("DE")},
                                      {prefix("fd00::/8"), in("US")}};
  std::uint64_t sum = 0;
  expect_harmless<LocationTable>(write_location_table(rows, {}), [&](const LocationTable& table) {
    for (const char* text : {"10.1.0.0", "fd00::1", "192.0.2.1"})
      if (const auto* found = table.find(address(text)).location) sum += found->country & 1;
  });
  EXPECT_LT(sum, 1'000'000U);
}

}  // namespace
}  // namespace waymark::policy
