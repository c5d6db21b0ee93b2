// SPDX-License-Identifier: Apache-2.0
//
// Hosted zones, as Route 53 tells them.
#pragma once

#include <string>

#include "api/route53/fault.h"
#include "api/route53/xml.h"
#include "zones/store/store.h"

namespace waymark::api {

/// What a zone's object has of the door's own, beside what is in HostedZone.
struct ZoneExtras {
  std::string caller_reference;  // the zone's id when it was not made through this door
  std::string delegation_set;    // id of a reusable one; empty: none
  bool has_features = false;     // UpdateHostedZoneFeatures was called
  bool accelerated_recovery = false;
};
AwsResult<ZoneExtras> extras_of(const zones::Snapshot& state, const zones::HostedZone& zone);

AwsResult<void> append_zone(XmlWriter& xml, const zones::Snapshot& state,
                            const zones::HostedZone& zone);
/// Of a public zone: the servers of its reusable set, or those that its own NS records name.
AwsResult<void> append_delegation_set(XmlWriter& xml, const zones::Snapshot& state,
                                      const zones::HostedZone& zone);

/// "ns1.example.net" of "ns1.example.net."
void append_name_server(XmlWriter& xml, std::string absolute);

}  // namespace waymark::api
