// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/counter_book.h"

#include "dns/policy_shares.h"
#include "tests/zones/compile/world.h"

namespace waymark::zones {
namespace {

TEST(CounterBook, AGroupKeepsItsNumbersWhileItsSignatureStays) {
  CounterBook book;
  const auto first = book.of(1, {0, name("a.test.")}, RrType::A, 7, 3);
  EXPECT_NE(first.counter, 0);
  EXPECT_EQ(book.of(1, {0, name("a.test.")}, RrType::A, 7, 3), first);
  const auto other = book.of(2, {0, name("a.test.")}, RrType::A, 7, 3);  // of another zone
  EXPECT_GE(other.counter, first.counter + 3);
  EXPECT_NE(book.of(1, {0, name("a.test.")}, RrType::A, 8, 3).counter, first.counter);
}

TEST(CounterBook, WhatWasNotAskedForGivesItsNumbersBack) {
  CounterBook book;
  const auto address = book.of(1, {0, name("a.test.")}, RrType::A, 7, 2);
  const auto other = book.of(1, {0, name("a.test.")}, RrType::AAAA, 7, 2);
  (void)book.of(1, {0, name("b.test.")}, RrType::A, 7, 2);
  (void)book.take_changes();

  book.begin();
  (void)book.of(1, {0, name("a.test.")}, RrType::A, 7, 2);
  book.end({0, name("a.test.")});

  const auto changes = book.take_changes();
  EXPECT_TRUE(changes.come.empty());
  ASSERT_EQ(changes.gone.size(), 1U);
  EXPECT_EQ(changes.gone[0].counting, other);
  EXPECT_EQ(book.of(1, {0, name("a.test.")}, RrType::A, 7, 2), address);
}

TEST(CounterBook, NumbersComeBackLastAndRunOut) {
  CounterBook book;
  constexpr std::uint16_t half = 0x8000;
  const auto first = book.of(1, {0, name("a.test.")}, RrType::A, 1, half);
  book.begin();
  book.end();  // given back
  const auto second = book.of(1, {0, name("b.test.")}, RrType::A, 1, half - 1);
  EXPECT_EQ(second.counter, first.counter + half);
  EXPECT_EQ(book.of(1, {0, name("c.test.")}, RrType::A, 1, half + 1).counter, 0);
  EXPECT_EQ(book.of(1, {0, name("d.test.")}, RrType::A, 1, half).counter, first.counter);
  EXPECT_EQ(book.of(1, {0, name("e.test.")}, RrType::A, 1, 1).counter, 0);
}

policy::Counting counting_of(const Compiling& compiling, std::string_view owner) {
  return dns::policy_shares(compiling.image, {}, {}, name(owner), RrType::A, {})->counting;
}

TEST(CounterBook, IsReadFromTheImageAfterARestart) {
  World world;
  const ZoneId zone = world.create("example.com.");
  ASSERT_TRUE(world.put(zone, {routed(a("w.example.com."), "1", Weighted{1}),
                               routed(a("w.example.com.", "192.0.2.2"), "2", Weighted{2})}));
  Compiling first(world.store());
  first.step();
  const auto before = counting_of(first, "w.example.com.");
  EXPECT_NE(before.counter, 0);

  Compiling second(world.store(), first.image);
  second.step();
  ASSERT_TRUE(world.put(zone, {routed(a("v.example.com."), "1", Weighted{1}),
                               routed(a("w.example.com.", "192.0.2.7"), "2", Weighted{2})}));
  second.step();
  EXPECT_EQ(counting_of(second, "w.example.com."), before);  // another value, the same group
  EXPECT_GE(counting_of(second, "v.example.com.").counter, before.counter + 2);

  ASSERT_TRUE(world.put(zone, {routed(a("w.example.com.", "192.0.2.7"), "2", Weighted{3})}));
  second.step();
  EXPECT_NE(counting_of(second, "w.example.com."), before);  // another weight begins anew
}

}  // namespace
}  // namespace waymark::zones
