// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dns/image/image.h"
#include "dns/image/view_table.h"
#include "policy/cidr_table.h"
#include "policy/geo_code.h"
#include "policy/latency_table.h"
#include "policy/latency_writer.h"
#include "policy/location.h"
#include "policy/policy_builder.h"
#include "tests/fakes/zones.h"

namespace waymark::dns::fuzz {

/// A small zone with every shape of name, and rules that look at every table.
inline Image small_zone() {
  using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand
  const auto two = [](const char* owner) {
    return std::vector<TargetSpec>{records(owner, RrType::A, {address("192.0.2.1")}),
                                   records(owner, RrType::A, {address("192.0.2.2")})};
  };
  std::vector<policy::BranchSpec> branches(2);
  branches[1].index = 1;
  const auto rule = [](policy::RuleSpec spec) { return policy::build_policy({spec}, 2).value(); };
  Zones zones;
  zones.zone("a.")
      .add("a.", RrType::NS, {host("n.a.")})
      .add("n.a.", RrType::A, {address("192.0.2.53")})
      .add("*.w.a.", RrType::CNAME, {host("n.a.")})
      .add("s.a.", RrType::NS, {host("n.s.a.")})
      .route("r.a.", RrType::A, two("r.a."), rule(policy::WeightedSpec{{1, 2}, branches}))
      .route("l.a.", RrType::A, two("l.a."),
             rule(policy::LatencySpec{{0, 1}, {"x", "y"}, branches}))
      .route("g.a.", RrType::A, two("g.a."),
             rule(policy::GeolocationSpec{
                 {policy::geo_everywhere, policy::make_location("", "DE", "", {}, {})->country},
                 branches}))
      .route("c.a.", RrType::A, two("c.a."), rule(policy::IpBasedSpec{1, {0, 1}, branches}));
  return zones.image();
}

/// An image with a part of every kind that there is.
inline Image every_part() {
  using layout::PartKind;
  const Image zone = small_zone();
  const IpPrefix here = *IpPrefix::parse("127.0.0.0/8"), there = *IpPrefix::parse("127.0.0.1/32");
  const policy::LocationRow place{here, *policy::make_location("", "DE", "", 52.5, 13.4)};
  const std::vector<policy::LatencyRow> latency{{here, {10, 20}}, {there, {30, 5}}};
  const std::vector<policy::CidrCollection> cidrs{{1, {{here, 0}, {there, 1}}}};
  const std::vector<VpcSpec> vpcs{{"vpc", {here}, {}, {{*Name::parse("none.a."), 1}}}};
  const std::vector<SlotSpec> slots{{1, "check"}, {2, "gate"}};
  const std::vector<std::pair<PartKind, Bytes>> tables{
      {PartKind::latency, policy::write_latency_table(latency, 2)},
      {PartKind::locations, policy::write_location_table({&place, 1}, {})},
      {PartKind::cidrs, policy::write_cidr_tables(cidrs)},
      {PartKind::views, write_view_table(vpcs, zone.names().key())}};
  Manifest manifest = zone.manifest();
  auto parts = zone.parts();
  const auto put = [&](PartKind kind, Bytes content) {
    manifest.parts.push_back({kind, parts.size() + 1, content.size(), ContentHash::of(content)});
    parts.push_back(Part::open(std::move(content)).value());
  };
  for (const auto& [kind, table] : tables)
    put(kind, write_table(kind, table, parts.size() + 1));
  put(PartKind::slots, write_slots(slots, 7, parts.size() + 1));
  return Image::open(manifest, std::move(parts)).value();
}

}  // namespace waymark::dns::fuzz
