// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "zones/records/tokens.h"

namespace waymark::zones {

/// APL (RFC 3123 §5): "1:192.168.32.0/21 !2:2001:db8::/32". On failure `at` is the token to blame.
Result<Bytes> parse_prefix_list(std::span<const Token> tokens, std::size_t& at);
/// `wire` is valid and not empty.
std::string print_prefix_list(ByteView wire);

}  // namespace waymark::zones
