// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/gate.h"

#include <gmock/gmock.h>

#include "dns/board.h"
#include "tests/zones/compile/world.h"
#include "zones/compile/publisher.h"

namespace waymark::zones {
namespace {

using dns::EntrySpec;
using dns::NodeSpec;
using dns::RrType;
using dns::layout::PartKind;

constexpr dns::HashKey key{7, 9};

EntrySpec entry(std::string_view owner, RrType type, Bytes rdata) {
  return {type, dns::RRset{name(owner), type, 60, {std::move(rdata)}}};
}

NodeSpec apex_of(std::string_view zone, dns::ZoneNumber number) {
  return {name(zone),
          number,
          0,
          dns::layout::node_apex,
          {entry(zone, RrType::NS, dns::fakes::host("ns.example.net.")),
           {RrType::SOA, EntrySpec::Soa{}}}};
}

NodeSpec host_of(std::string_view owner, dns::ZoneNumber number) {
  return {name(owner), number, 0, 0, {entry(owner, RrType::A, dns::fakes::address("192.0.2.1"))}};
}

/// What a generation is made of, sound as it begins: one zone with one host.
struct Model {
  std::vector<NodeSpec> nodes{apex_of("a.test.", 1), host_of("www.a.test.", 1)};
  std::vector<dns::ZoneSpec> zones{{1, name("a.test."), 900, dns::fakes::soa(1, 300)}};
  dns::HashKey names_key = key;

  Generation generation() const {
    Generation made;
    dns::NamesWriter names(names_key);
    for (const NodeSpec& node : nodes)
      names.add(dns::write_node(node, names_key).value());
    add(made, PartKind::names, 10, names.finish(10, false));
    add(made, PartKind::zones, 11, dns::write_zones(zones, 11));
    add(made, PartKind::slots, 12, dns::write_slots({}, 1, 12));
    made.manifest.generation = 1;
    return made;
  }
  static void add(Generation& made, PartKind kind, std::uint64_t id, Bytes content) {
    made.manifest.parts.push_back({kind, id, content.size(), ContentHash::of(content)});
    made.parts.push_back({made.manifest.parts.back(), std::move(content)});
  }
};

/// One thing that is wrong, in the model or in what was made of it, and what is said of it.
struct BadModel {
  const char* what;
  std::function<void(Model&)> model;
  std::function<void(Generation&)> made;
  const char* reason;
};

void PrintTo(const BadModel& bad, std::ostream* out) {
  *out << bad.what;
}

void put(Generation& made, std::size_t part, std::size_t at, std::uint32_t value) {
  std::memcpy(made.parts[part].content.data() + at, &value, sizeof value);
}

/// Where the block of a name begins.
std::size_t place_of(const Bytes& part, std::string_view owner) {
  const dns::Name wanted = name(owner);
  const auto found = std::ranges::search(part, wanted.wire());
  return static_cast<std::size_t>(found.begin() - part.begin());
}

class GateTest : public ::testing::Test {
 protected:
  dns::Board board = dns::Board::create().value();
  std::pair<dns::Channel, dns::Channel> ends = dns::Channel::pair().value();
  Publisher publisher{ends.first, board, {}};
};

class Gate : public GateTest, public ::testing::WithParamInterface<BadModel> {};

TEST_F(GateTest, Lkg6LetsASoundModelPass) {
  const auto image = publisher.publish(Model().generation());

  ASSERT_TRUE(image) << image.error().detail();
  EXPECT_EQ(board.generation(), 1U);
}

TEST_P(Gate, Lkg6RefusesABadModelWithItsReason) {
  Model model;
  if (GetParam().model) GetParam().model(model);
  Generation made = model.generation();
  if (GetParam().made) GetParam().made(made);

  const auto refused = publisher.publish(std::move(made));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::bad_image);
  EXPECT_THAT(refused.error().detail(), ::testing::HasSubstr(GetParam().reason));
  EXPECT_EQ(board.generation(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    OfModels, Gate,
    ::testing::Values(
        BadModel{"a zone without NS",
                 [](Model& m) { m.nodes[0].entries.erase(m.nodes[0].entries.begin()); },
                 {},
                 "a.test. is an apex without NS"},
        BadModel{"a zone without SOA",
                 [](Model& m) { m.nodes[0].entries.pop_back(); },
                 {},
                 "a.test. is an apex without SOA"},
        BadModel{
            "an empty zone", [](Model& m) { m.nodes.clear(); }, {}, "the zone a.test. has no apex"},
        BadModel{"a zone that lost its apex alone",
                 [](Model& m) { m.nodes.erase(m.nodes.begin()); },
                 {},
                 "the zone a.test. has no apex"},
        BadModel{"two zones of one name",
                 [](Model& m) {
                   m.zones.push_back({2, name("a.test."), 900, m.zones[0].soa_rdata});
                 },
                 {},
                 "the zone a.test. has no apex"},
        BadModel{"an apex that is not marked",
                 [](Model& m) { m.nodes[0].flags = 0; },
                 {},
                 "not marked as one"},
        BadModel{"a host marked as an apex",
                 [](Model& m) { m.nodes[1].flags = dns::layout::node_apex; },
                 {},
                 "and is none"},
        BadModel{"records beside a CNAME",
                 [](Model& m) {
                   m.nodes[1].entries.push_back(
                       entry("www.a.test.", RrType::CNAME, dns::fakes::host("a.test.")));
                 },
                 {},
                 "www.a.test. has other records beside its CNAME"},
        BadModel{"a name of no zone",
                 [](Model& m) { m.nodes[1].zone = 5; },
                 {},
                 "www.a.test. is of a zone that is not there"},
        BadModel{"a name of a zone that was deleted",
                 [](Model& m) { m.zones.clear(); },
                 {},
                 "is of a zone that is not there"},
        BadModel{"a name outside its zone",
                 [](Model& m) { m.nodes.push_back(host_of("www.b.test.", 1)); },
                 {},
                 "www.b.test. is not in its zone"},
        BadModel{"a name that only ends like its zone",
                 [](Model& m) { m.nodes.push_back(host_of("xa.test.", 1)); },
                 {},
                 "xa.test. is not in its zone"},
        BadModel{"a delegation without NS",
                 [](Model& m) {
                   m.nodes[1].flags = dns::layout::node_delegation;
                   m.nodes[1].cut_labels = 3;
                 },
                 {},
                 "www.a.test. is a delegation without NS"},
        BadModel{"a name twice",
                 [](Model& m) { m.nodes.push_back(m.nodes[1]); },
                 {},
                 "www.a.test. stands there twice"},
        BadModel{"an SOA without its first name",
                 {},
                 [](Generation& g) {
                   Bytes& part = g.parts[1].content;
                   const Bytes soa = dns::fakes::soa(1, 300);
                   std::ranges::search(part, soa).front() = 0xC0;
                 },
                 "SOA RDATA is bad"},
        BadModel{"an address of three octets",
                 [](Model& m) {
                   m.nodes[1].entries[0] = entry("www.a.test.", RrType::A, {192, 0, 2});
                 },
                 {},
                 "www.a.test. has an address of another length"},
        BadModel{"a policy that is none",
                 [](Model& m) {
                   dns::RRset set = std::get<dns::RRset>(m.nodes[1].entries[0].content);
                   m.nodes[1].entries[0].content =
                       EntrySpec::Targets{{set, set}, Bytes(16, 0xEE), false};
                 },
                 {},
                 "policy is bad"},
        BadModel{"a tombstone with records",
                 [](Model& m) { m.nodes[1].flags = dns::layout::node_tombstone; },
                 {},
                 "tombstone has entries"},
        BadModel{"a DNAME that is not marked",
                 [](Model& m) {
                   m.nodes[1].entries[0] =
                       entry("www.a.test.", RrType::DNAME, dns::fakes::host("b.test."));
                 },
                 {},
                 "flag of a DNAME is wrong"},
        BadModel{"a cut below its name",
                 [](Model& m) { m.nodes[1].cut_labels = 9; },
                 {},
                 "cut is below the name"},
        BadModel{"an SOA of another type",
                 [](Model& m) {
                   m.nodes[1].entries[0] = {RrType::TXT, EntrySpec::Soa{}};
                 },
                 {},
                 "SOA of another type"}),
    [](const auto& one) {
      std::string text = one.param.what;
      std::ranges::replace(text, ' ', '_');
      return text;
    });

INSTANTIATE_TEST_SUITE_P(
    OfParts, Gate,
    ::testing::Values(
        BadModel{
            "a part of another layout", {}, [](Generation& g) { put(g, 0, 8, 999); }, "layout 999"},
        BadModel{"a part of an unknown kind",
                 {},
                 [](Generation& g) { put(g, 0, 12, 99); },
                 "part kind is unknown"},
        BadModel{"a part that is cut short",
                 {},
                 [](Generation& g) { g.parts[0].content.resize(g.parts[0].content.size() - 8); },
                 "another length"},
        BadModel{
            "a part that is no part", {}, [](Generation& g) { put(g, 1, 0, 0); }, "magic number"},
        BadModel{"a manifest that names a part nobody has",
                 {},
                 [](Generation& g) { g.manifest.parts[1].id = 77; },
                 "part 77 is missing"},
        BadModel{"a manifest that takes zones for names",
                 {},
                 [](Generation& g) { g.manifest.parts[1].kind = PartKind::names; },
                 "is of another kind"},
        BadModel{"a manifest that names zones twice",
                 {},
                 [](Generation& g) { g.manifest.parts.push_back(g.manifest.parts[1]); },
                 "the second of its kind"},
        BadModel{"five tiers",
                 {},
                 [](Generation& g) {
                   for (int i = 0; i < 4; ++i)
                     g.manifest.parts.push_back(g.manifest.parts[0]);
                 },
                 "one tier too many"},
        BadModel{"tiers of two hash keys",
                 {},
                 [](Generation& g) {
                   dns::NamesWriter names({1, 3});
                   names.add(dns::write_node(host_of("x.a.test.", 1), {1, 3}).value());
                   Model::add(g, PartKind::names, 20, names.finish(20, false));
                 },
                 "another hash key"},
        BadModel{"a name that was overwritten",
                 {},
                 [](Generation& g) {
                   Bytes& part = g.parts[0].content;
                   part[place_of(part, "www.a.test.") + 1] ^= 1;
                 },
                 "hash is not the name's"}),
    [](const auto& one) {
      std::string text = one.param.what;
      std::ranges::replace(text, ' ', '_');
      return text;
    });

TEST_F(GateTest, Lkg6ZonesThatStandAreNotLookedAtAgainAndNewOnesAre) {
  const auto first = publisher.publish(Model().generation());
  ASSERT_TRUE(first);
  Model model;
  model.zones.push_back({2, name("b.test."), 900, model.zones[0].soa_rdata});
  Generation next = model.generation();
  next.manifest.generation = 2;
  next.parts.erase(next.parts.begin());  // the names are as they were
  next.parts.front().id.id = next.manifest.parts[1].id = 21;
  next.parts.front().content = dns::write_zones(model.zones, 21);
  next.parts.pop_back();

  const auto refused = publisher.publish(std::move(next));

  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().detail(), ::testing::HasSubstr("the zone b.test. has no apex"));
  EXPECT_EQ(board.generation(), 1U);
}

}  // namespace
}  // namespace waymark::zones
