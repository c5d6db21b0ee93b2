// SPDX-License-Identifier: Apache-2.0
//
// Private zones from the store to the answer.
#include <array>
#include <atomic>

#include "dns/explain.h"
#include "dns/responder.h"
#include "tests/fakes/message.h"
#include "tests/zones/compile/world.h"
#include "zones/vpcs.h"

namespace waymark::zones {
namespace {

using dns::fakes::Message;
using dns::fakes::QuerySpec;

class Views : public ::testing::Test {
 protected:
  std::string make_vpc(std::string id, std::string_view prefix) {
    const Vpc vpc{id, id, 1, {IpPrefix::parse(prefix).value()}, {}};
    EXPECT_TRUE(world.commit(
        [&](const Snapshot& state) { return resolve_vpc_put(state, vpc, decider()); }));
    return id;
  }
  Result<Committed> try_create(std::string_view apex, std::vector<std::string> vpcs) {
    return world.commit([&](const Snapshot& state) {
      return resolve_zone_create(state, {name(apex), "", vpcs}, {}, decider());
    });
  }
  ZoneId create(std::string_view apex, std::vector<std::string> vpcs) {
    return std::get<ZoneId>(try_create(apex, std::move(vpcs)).value().commit.scope);
  }
  Result<Committed> associate(const ZoneId& zone, std::vector<std::string> vpcs) {
    return world.commit([&](const Snapshot& state) {
      return resolve_zone_vpcs(state, zone, vpcs, std::nullopt, decider());
    });
  }
  Message ask(const std::string& owner, const std::string& client,
              std::optional<IpPrefix> subnet = std::nullopt, RrType type = RrType::A) {
    dns::WorkerSlot counters;
    dns::Responder responder(table, counters, Random(1));
    responder.use(compiling.image);
    QuerySpec query{owner, type};
    if (subnet) {
      query.opt.emplace();
      const auto first = subnet->address.octets.begin();
      query.opt->options = dns::fakes::client_subnet(1, subnet->length, 0, Bytes(first, first + 3));
    }
    const Bytes packet = query.encode();
    Bytes out(65535);
    std::array<dns::Exchange, 1> batch;
    batch[0].query = packet;
    batch[0].from = {IpAddress::parse(client).value(), 5353};
    batch[0].transport = dns::Transport::tcp;
    batch[0].out = out;
    responder.respond(batch);
    out.resize(batch[0].octets);
    return Message::decode(out);
  }
  /// The addresses, or the RCODE when there is none.
  std::string answer(const std::string& owner, const std::string& client) {
    const Message reply = ask(owner, client);
    std::string text;
    for (const std::string& line : reply.answer)
      text += (text.empty() ? "" : " ") + line.substr(line.rfind(' ') + 1);
    return text.empty() ? dns::to_string(reply.rcode()) : text;
  }
  std::vector<std::string> told(std::string_view owner, std::string_view client) {
    dns::Question question;
    question.name = name(owner);
    question.client = IpAddress::parse(client).value();
    std::vector<std::string> texts;
    for (const dns::Step& step : dns::explain(compiling.image, table, question, {}).steps)
      if (step.kind == "view") texts.push_back(step.text);
    return texts;
  }
  Decider decider() { return {clock, random, "test"}; }

  ManualClock clock;
  Random random{9};
  World world;
  Compiling compiling{world.store()};
  std::vector<std::atomic<std::uint64_t>> words = std::vector<std::atomic<std::uint64_t>>(1024);
  health::HealthTable table = [this] {
    health::HealthTable made(words);
    made.set_all();
    return made;
  }();
};

constexpr const char *in_a = "10.0.0.1", *in_b = "10.1.0.1", *outside = "192.0.2.99";

TEST_F(Views, OneNameIsAnsweredFromThreeZones) {
  make_vpc("a", "10.0.0.0/16"), make_vpc("b", "10.1.0.0/16");
  const ZoneId open = world.create("example.com."), of_a = create("example.com.", {"a"}),
               of_b = create("example.com.", {"b"});
  ASSERT_TRUE(world.put(open, {a("www.example.com.", "192.0.2.1"), a("only.example.com.")}));
  ASSERT_TRUE(world.put(of_a, {a("www.example.com.", "192.0.2.2")}));
  ASSERT_TRUE(world.put(of_b, {a("www.example.com.", "192.0.2.3")}));
  compiling.step();

  EXPECT_EQ(answer("www.example.com.", outside), "192.0.2.1");
  EXPECT_EQ(answer("www.example.com.", in_a), "192.0.2.2");
  EXPECT_EQ(answer("www.example.com.", in_b), "192.0.2.3");
  EXPECT_EQ(answer("WWW.EXAMPLE.COM.", in_b), "192.0.2.3");
  // A private zone's answer is final, though the public zone has the name.
  EXPECT_EQ(answer("only.example.com.", in_a), "NXDOMAIN");
  EXPECT_EQ(ask("only.example.com.", in_a).authority.size(), 1U);
  EXPECT_EQ(answer("only.example.com.", outside), "192.0.2.1");
}

TEST_F(Views, TheLongestPrivateZoneWinsAndNeverFallsThrough) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId wide = create("example.com.", {"a"}), narrow = create("sub.example.com.", {"a"});
  ASSERT_TRUE(
      world.put(wide, {a("www.example.com.", "192.0.2.1"), a("www.sub.example.com.", "192.0.2.2"),
                       a("hidden.sub.example.com.", "192.0.2.3")}));
  ASSERT_TRUE(world.put(narrow, {a("www.sub.example.com.", "192.0.2.4")}));
  compiling.step();

  EXPECT_EQ(answer("www.example.com.", in_a), "192.0.2.1");
  EXPECT_EQ(answer("www.sub.example.com.", in_a), "192.0.2.4");
  EXPECT_EQ(answer("hidden.sub.example.com.", in_a), "NXDOMAIN");
  EXPECT_EQ(answer("www.example.com.", outside), "REFUSED");

  ASSERT_TRUE(world.remove_zone(narrow));
  compiling.step();
  EXPECT_EQ(answer("hidden.sub.example.com.", in_a), "192.0.2.3");
}

TEST_F(Views, EveryLinkChoosesItsZoneAgain) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId open = world.create("public.test."), own = create("private.test.", {"a"});
  const auto cname = [](std::string_view owner, std::string_view target) {
    return records(owner, RrType::CNAME, {dns::fakes::host(target)});
  };
  ASSERT_TRUE(world.put(
      open, {a("www.public.test.", "192.0.2.1"), cname("back.public.test.", "www.private.test.")}));
  ASSERT_TRUE(world.put(
      own, {a("www.private.test.", "192.0.2.2"), cname("out.private.test.", "www.public.test."),
            cname("round.private.test.", "back.public.test."),
            alias("alias.private.test.", "www.private.test.")}));
  compiling.step();

  EXPECT_EQ(answer("out.private.test.", in_a), "www.public.test. 192.0.2.1");
  EXPECT_EQ(answer("round.private.test.", in_a), "back.public.test. www.private.test. 192.0.2.2");
  EXPECT_EQ(answer("alias.private.test.", in_a), "192.0.2.2");
  EXPECT_EQ(answer("back.public.test.", outside), "www.private.test.");
}

TEST_F(Views, AnAliasStaysInItsOwnZoneAlsoBelowAnotherPrivateOne) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId wide = create("example.com.", {"a"});
  create("sub.example.com.", {"a"});
  ASSERT_TRUE(world.put(wide, {a("pool.sub.example.com.", "192.0.2.1"),
                               alias("www.example.com.", "pool.sub.example.com.")}));
  compiling.step();
  EXPECT_EQ(answer("www.example.com.", in_a), "192.0.2.1");
  EXPECT_EQ(answer("pool.sub.example.com.", in_a), "NXDOMAIN");
}

TEST_F(Views, AddressesOfHostsThatAnotherPrivateZoneHidesAreNotAdded) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId wide = create("example.com.", {"a"});
  Bytes mx{0, 10};
  const Bytes host = dns::fakes::host("mail.sub.example.com.");
  mx.insert(mx.end(), host.begin(), host.end());
  ASSERT_TRUE(world.put(
      wide, {records("example.com.", RrType::MX, {mx}), a("mail.sub.example.com.", "192.0.2.1")}));
  compiling.step();
  EXPECT_EQ(ask("example.com.", in_a, {}, RrType::MX).additional.size(), 1U);
  create("sub.example.com.", {"a"});
  compiling.step();
  EXPECT_TRUE(ask("example.com.", in_a, {}, RrType::MX).additional.empty());
}

TEST_F(Views, PrivateAndPublicZonesDoNotCutEachOther) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId open = world.create("example.com.");
  ASSERT_TRUE(world.put(open, {a("www.sub.example.com.", "192.0.2.1")}));
  create("sub.example.com.", {"a"});
  create("com.", {"a"});
  compiling.step();
  const auto fresh = [&] {
    Compiling anew = from_scratch(world.store(), compiling);
    anew.step();
    return anew.nodes();
  };
  EXPECT_EQ(answer("www.sub.example.com.", outside), "192.0.2.1");
  EXPECT_EQ(compiling.nodes(), fresh());
  ASSERT_TRUE(world.put(open, {a("*.sub.example.com.", "192.0.2.2")}));
  compiling.step();
  EXPECT_EQ(answer("x.sub.example.com.", outside), "192.0.2.2");
  EXPECT_EQ(compiling.nodes(), fresh());
}

TEST_F(Views, AssociationsComeAndGoWithoutANameBeingCompiled) {
  make_vpc("a", "10.0.0.0/16"), make_vpc("b", "10.1.0.0/16");
  const ZoneId own = create("example.com.", {"a"});
  ASSERT_TRUE(world.put(own, {a("www.example.com.", "192.0.2.1")}));
  compiling.step();
  EXPECT_EQ(answer("www.example.com.", in_b), "REFUSED");

  ASSERT_TRUE(associate(own, {"b"}));
  compiling.step();
  for (const dns::PartId& part : compiling.sent)
    EXPECT_NE(part.kind, dns::layout::PartKind::names);
  EXPECT_EQ(answer("www.example.com.", in_a), "REFUSED");
  EXPECT_EQ(answer("www.example.com.", in_b), "192.0.2.1");
}

TEST_F(Views, ADeletedPrivateZoneLeavesNothing) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId own = create("example.com.", {"a"});
  ASSERT_TRUE(world.put(own, {a("www.example.com.", "192.0.2.1")}));
  compiling.step();
  ASSERT_TRUE(world.remove_zone(own));
  compiling.step();
  EXPECT_EQ(answer("www.example.com.", in_a), "REFUSED");
  EXPECT_TRUE(compiling.nodes().empty());
}

TEST_F(Views, AreTakenUpFromTheImage) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId open = world.create("example.com."), own = create("example.com.", {"a"});
  compiling.step();
  ASSERT_TRUE(world.put(open, {a("www.example.com.", "192.0.2.1")}));
  ASSERT_TRUE(world.put(own, {a("www.example.com.", "192.0.2.2")}));
  compiling.step();

  Compiling restarted(world.store(), compiling.image);
  ASSERT_TRUE(world.remove(own, {a("www.example.com.", "192.0.2.2")}));
  restarted.step();
  compiling.image = restarted.image;
  EXPECT_EQ(answer("www.example.com.", in_a), "NXDOMAIN");
  EXPECT_EQ(answer("www.example.com.", outside), "192.0.2.1");
}

TEST_F(Views, ExplainTellsWhichVpcByWhichPrefixAtEveryLink) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId own = create("private.test.", {"a"});
  world.create("public.test.");
  ASSERT_TRUE(world.put(
      own, {records("out.private.test.", RrType::CNAME, {dns::fakes::host("www.public.test.")})}));
  compiling.step();
  EXPECT_EQ(told("out.private.test.", in_a),
            (std::vector<std::string>{
                "10.0.0.1 is in VPC a (a) by 10.0.0.0/16",
                "out.private.test. is in the private zone private.test. of VPC a (a)",
                "www.public.test. is in no private zone of VPC a (a): the public zones"}));
  EXPECT_EQ(told("out.private.test.", outside),
            std::vector<std::string>{"192.0.2.99 is in no VPC: it sees the public zones"});
}

TEST_F(Views, AClientSubnetPutsNobodyIntoAVpcNorSteersThere) {
  make_vpc("a", "10.0.0.0/16");
  const ZoneId own = create("example.com.", {"a"});
  ASSERT_TRUE(world.object(ObjectKind::location, "table",
                           "10.0.0.0/16\t\tDE\t\t\t\n"
                           "203.0.113.0/24\t\tUS\t\t\t\n"));
  ASSERT_TRUE(world.put(
      own, {routed(a("www.example.com.", "192.0.2.1"), "de", Geolocation{"", "DE", ""}),
            routed(a("www.example.com.", "192.0.2.2"), "us", Geolocation{"", "US", ""})}));
  compiling.step();
  const auto forged = IpPrefix::parse("10.0.0.0/24").value();
  EXPECT_EQ(ask("www.example.com.", outside, forged).rcode(), dns::Rcode::REFUSED);
  const auto abroad = IpPrefix::parse("203.0.113.0/24").value();
  EXPECT_EQ(ask("www.example.com.", in_a, abroad).answer,
            std::vector<std::string>{"www.example.com. 60 A 192.0.2.1"});
}

TEST_F(Views, WhatTwoWouldShareIsRefused) {
  make_vpc("a", "10.0.0.0/16"), make_vpc("b", "10.1.0.0/16");
  const ZoneId first = create("example.com.", {"a"}), second = create("example.com.", {"b"});
  const auto code = [](const Result<Committed>& done) {
    const Error error = done ? Error() : done.error();
    return error.causes().empty() ? error.code() : error.causes().front().code();
  };
  EXPECT_EQ(code(try_create("example.com.", {"a"})), ErrorCode::zone_exists);
  EXPECT_EQ(code(associate(second, {"b", "a"})), ErrorCode::zone_exists);
  EXPECT_EQ(code(associate(first, {})), ErrorCode::bad_value);
  EXPECT_EQ(code(associate(first, {"nobody"})), ErrorCode::bad_value);
  EXPECT_EQ(code(associate(world.create("example.com."), {"a"})), ErrorCode::unsupported);
  const auto put = [&](Vpc vpc) {
    return code(world.commit(
        [&](const Snapshot& state) { return resolve_vpc_put(state, vpc, decider()); }));
  };
  EXPECT_EQ(put({"c", "c", 1, {IpPrefix::parse("10.0.0.0/16").value()}, {}}), ErrorCode::in_use);
  EXPECT_EQ(put({"c", "a", 1, {IpPrefix::parse("10.0.0.0/24").value()}, {}}), ErrorCode::in_use);
  EXPECT_EQ(put({"a", "a", 1, {IpPrefix::parse("10.0.0.0/16").value()}, {}}),
            ErrorCode::version_mismatch);
  EXPECT_EQ(code(world.commit(
                [&](const Snapshot& state) { return resolve_vpc_delete(state, "a", decider()); })),
            ErrorCode::in_use);
}

TEST(VpcText, ComesBackAsItWasStored) {
  const Vpc vpc{"vpc-1",
                "corp",
                3,
                {IpPrefix::parse("10.0.0.0/8").value(), IpPrefix::parse("2001:db8::/32").value()},
                Endpoint::parse("[2001:db8::53]:53").value()};
  const auto back = decode_vpc("vpc-1", encode(vpc)).value();
  EXPECT_EQ(back.name, vpc.name);
  EXPECT_EQ(back.version, vpc.version);
  EXPECT_EQ(back.prefixes, vpc.prefixes);
  EXPECT_EQ(back.listener, vpc.listener);
  EXPECT_FALSE(decode_vpc("vpc-1", "name\tcorp\nprefix\t10.0.0.0/99\n"));
  EXPECT_FALSE(decode_vpc("vpc-1", ""));
}

}  // namespace
}  // namespace waymark::zones
