// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "api/route53/xml.h"
#include "api/route53/xml_fields.h"
#include "zones/record_set.h"

namespace waymark::api {

/// The one policy that a `<ResourceRecordSet>` carries; simple when there is none and no
/// SetIdentifier. `where` names the change in faults.
zones::Routing decode_aws_routing(XmlFields& fields, bool has_set_id, const std::string& where,
                                  std::optional<AwsFault>& fault);

/// The policy's members in the model's order: those that come before TTL, and those that come last.
void append_routing_before(XmlWriter& xml, const zones::Routing& routing);
void append_routing_after(XmlWriter& xml, const zones::Routing& routing);

/// "continent = EU", "country = US subdivision = CA".
std::string location_text(const zones::Geolocation& place);

}  // namespace waymark::api
