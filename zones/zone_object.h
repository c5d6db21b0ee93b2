// SPDX-License-Identifier: Apache-2.0
//
// The JSON object of a zone, written and edited. Edits keep the members that they do not know.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "zones/hosted_zone.h"
#include "zones/validate.h"

namespace waymark::zones {

/// Of a zone that is made.
std::string zone_json(const HostedZone& zone, const NewZone& wanted);

std::string with_comment(const std::string& json, std::string_view comment);
/// Of a private zone; ids hold letters and digits alone.
std::string with_vpcs(const std::string& json, const std::vector<std::string>& ids);
/// `value` is JSON without commas and braces; the key may be new.
std::string with_member(const std::string& json, std::string_view key, std::string_view value);

}  // namespace waymark::zones
