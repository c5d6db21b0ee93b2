// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/protocol/rr_type.h"

namespace waymark::api {

enum class ValueRules : std::uint8_t {
  ours,      // of what is stored already, by whichever door
  route_53,  // of what is to be stored: Route 53 takes less than REST does
};

/// One value of a record set, with octal escapes, → RDATA. Fails with `bad_rdata`, pointer
/// "/values", and a sentence in the words of Route 53.
Result<Bytes> parse_aws_value(dns::RrType type, const std::string& value, ValueRules rules);

}  // namespace waymark::api
