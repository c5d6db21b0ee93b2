// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "zones/records/tokens.h"

namespace waymark::zones {

/// LOC (RFC 1876 §3): "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m", of which
/// minutes, seconds and what follows the altitude may be missing. On failure `at` is the token to
/// blame.
Result<Bytes> parse_location(std::span<const Token> tokens, std::size_t& at);
/// `wire` is valid: 16 octets of version 0.
std::string print_location(ByteView wire);

}  // namespace waymark::zones
