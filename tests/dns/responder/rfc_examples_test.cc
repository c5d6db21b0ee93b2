// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/dns/responder/server.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand

/// The zone of RFC 4592 §2.2.1.
Zones wildcard_zone() {
  Zones zones;
  zones.zone("example.")
      .add("example.", RrType::NS, {host("ns.example.com."), host("ns.example.net.")}, 3600)
      .add("*.example.", RrType::TXT, {txt("this is a wildcard")}, 3600)
      .add("*.example.", RrType::MX, {mx(10, "host1.example.")}, 3600)
      .add("sub.*.example.", RrType::TXT, {txt("this is not a wildcard")}, 3600)
      .add("host1.example.", RrType::A, {address("192.0.2.1")}, 3600)
      .add("_ssh._tcp.host1.example.", RrType::SRV, {srv(22, "host1.example.")}, 3600)
      .add("_ssh._tcp.host2.example.", RrType::SRV, {srv(22, "host1.example.")}, 3600)
      .add("subdel.example.", RrType::NS, {host("ns.example.com."), host("ns.example.net.")}, 3600);
  return zones;
}

TEST(Rfc4592, SynthesizesWhatTheTableSays) {
  Server server(wildcard_zone());
  EXPECT_EQ(server.ask("host3.example.", RrType::MX).answer,
            Lines{"host3.example. 3600 MX 10 host1.example."});
  const Message no_data = server.ask("host3.example.", RrType::A);
  EXPECT_EQ(no_data.rcode(), Rcode::NOERROR);
  EXPECT_TRUE(no_data.answer.empty());
  EXPECT_EQ(no_data.authority.size(), 1U);
  EXPECT_EQ(server.ask("foo.bar.example.", RrType::TXT).answer,
            Lines{"foo.bar.example. 3600 TXT .this is a wildcard"});
}

TEST(Rfc4592, DoesNotSynthesizeWhatTheTableSays) {
  Server server(wildcard_zone());
  struct Row {
    const char* name;
    RrType type;
    Rcode rcode;
    bool aa;
  };
  for (const Row& row : {Row{"host1.example.", RrType::MX, Rcode::NOERROR, true},
                         Row{"sub.*.example.", RrType::MX, Rcode::NOERROR, true},
                         Row{"_telnet._tcp.host1.example.", RrType::SRV, Rcode::NXDOMAIN, true},
                         Row{"host.subdel.example.", RrType::A, Rcode::NOERROR, false},
                         Row{"ghost.*.example.", RrType::MX, Rcode::NXDOMAIN, true}}) {
    const Message message = server.ask(row.name, row.type);
    EXPECT_EQ(message.rcode(), row.rcode) << row.name;
    EXPECT_EQ(message.aa(), row.aa) << row.name;
    EXPECT_TRUE(message.answer.empty()) << row.name;
  }
  EXPECT_EQ(server.ask("host.subdel.example.", RrType::A).authority.size(), 2U);
}

TEST(Rfc4592, TheWildcardItselfCanBeAskedFor) {
  Server server(wildcard_zone());
  EXPECT_EQ(server.ask("*.example.", RrType::TXT).answer,
            Lines{"*.example. 3600 TXT .this is a wildcard"});
}

/// Part of the root zone of RFC 1034 §6.1, with §6.2.6's and §6.2.7's names.
Zones root_zone() {
  Zones zones;
  zones.zone(".")
      .add(".", RrType::NS, {host("A.ISI.EDU."), host("C.ISI.EDU."), host("SRI-NIC.ARPA.")}, 86400)
      .add("MIL.", RrType::NS, {host("SRI-NIC.ARPA."), host("A.ISI.EDU.")}, 86400)
      .add("SRI-NIC.ARPA.", RrType::A, {address("26.0.0.73"), address("10.0.0.51")}, 86400)
      .add("SRI-NIC.ARPA.", RrType::MX, {mx(0, "SRI-NIC.ARPA.")}, 86400)
      .add("USC-ISIC.ARPA.", RrType::CNAME, {host("C.ISI.EDU.")}, 86400)
      .add("A.ISI.EDU.", RrType::A, {address("26.3.0.103")}, 86400)
      .add("C.ISI.EDU.", RrType::A, {address("10.0.0.52")}, 86400);
  return zones;
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

TEST(Rfc1034, AnswersAddresses) {  // §6.2.1
  Server server(root_zone());
  const Message message = server.ask("SRI-NIC.ARPA.", RrType::A);
  EXPECT_TRUE(message.aa());
  EXPECT_EQ(sorted(message.answer),
            (Lines{"sri-nic.arpa. 86400 A 10.0.0.51", "sri-nic.arpa. 86400 A 26.0.0.73"}));
}

TEST(Rfc1034, AnswersMail) {  // §6.2.3
  Server server(root_zone());
  EXPECT_EQ(server.ask("SRI-NIC.ARPA.", RrType::MX).answer,
            Lines{"sri-nic.arpa. 86400 MX 0 sri-nic.arpa."});
}

TEST(Rfc1034, AnswersNothingForAMissingType) {  // §6.2.4
  Server server(root_zone());
  const Message message = server.ask("SRI-NIC.ARPA.", RrType::NS);
  EXPECT_TRUE(message.aa());
  EXPECT_EQ(message.rcode(), Rcode::NOERROR);
  EXPECT_TRUE(message.answer.empty());
}

TEST(Rfc1034, AnswersNameErrors) {  // §6.2.5, with the SOA of the root
  Server server(root_zone());
  const Message message = server.ask("SIR-NIC.ARPA.", RrType::A);
  EXPECT_TRUE(message.aa());
  EXPECT_EQ(message.rcode(), Rcode::NXDOMAIN);
  EXPECT_EQ(message.authority, Lines{". 300 SOA ns1.test. 1"});
}

TEST(Rfc1034, RefersToDelegations) {  // §6.2.6
  Server server(root_zone());
  const Message message = server.ask("BRL.MIL.", RrType::A);
  EXPECT_FALSE(message.aa());
  EXPECT_EQ(sorted(message.authority),
            (Lines{"mil. 86400 NS a.isi.edu.", "mil. 86400 NS sri-nic.arpa."}));
}

TEST(Rfc1034, FollowsAliases) {  // §6.2.7
  Server server(root_zone());
  EXPECT_EQ(server.ask("USC-ISIC.ARPA.", RrType::A).answer,
            (Lines{"usc-isic.arpa. 86400 CNAME c.isi.edu.", "c.isi.edu. 86400 A 10.0.0.52"}));
}

TEST(Rfc1034, AnswersTheAliasItself) {  // §6.2.8
  Server server(root_zone());
  EXPECT_EQ(server.ask("USC-ISIC.ARPA.", RrType::CNAME).answer,
            Lines{"usc-isic.arpa. 86400 CNAME c.isi.edu."});
}

}  // namespace
}  // namespace waymark::dns
