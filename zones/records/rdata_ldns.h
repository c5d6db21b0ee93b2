// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "zones/records/tokens.h"

namespace waymark::zones {

/// Through ldns: RDATA of the types whose grammar is not our own. The tokens have been checked.
Result<Bytes> parse_with_ldns(dns::RrType type, std::span<const Token> tokens,
                              const dns::Name& origin);
/// `wire` must be valid. None when ldns can not print it.
std::optional<std::string> print_with_ldns(dns::RrType type, ByteView wire);

}  // namespace waymark::zones
