// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "dns/protocol/name.h"
#include "zones/record_set.h"

namespace waymark::api {

/// A master file with what our own export writes beside RFC 1035's records: routed sets and
/// aliases, as comment lines "; waymark: {the record set's JSON}". So an export comes back whole.
/// Every fault is told as "FILE:LINE:COLUMN: sentence"; then nothing is used.
Result<std::vector<zones::RecordSet>> parse_zone_text(std::string_view text,
                                                      const dns::Name& origin,
                                                      std::string_view file_name);

}  // namespace waymark::api
