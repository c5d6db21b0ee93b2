// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "zones/records/tokens.h"

namespace waymark::zones {

/// One record's RDATA from presentation text to wire, names uncompressed. Relative names are taken
/// below `origin`; names are folded to lower case (RFC 4034 §6.2). Our own tokenizer refuses
/// control octets, line breaks, bare parentheses and over-long tokens before ldns sees a word
/// (PKT-2); only types whose grammar is not our own (rdata.cc) get as far as ldns. RFC 3597 `\# n
/// hex` works for every type. Fails with `bad_rdata` and a sentence that names the value and what
/// would be right.
Result<Bytes> parse_rdata(dns::RrType type, std::string_view text, const dns::Name& origin);

/// The same of a line already cut into tokens. On failure `faulty` is the index of the token to
/// blame; `tokens.size()` when one is missing.
Result<Bytes> parse_rdata(dns::RrType type, std::span<const Token> tokens, const dns::Name& origin,
                          std::size_t& faulty);

/// Wire → canonical presentation: absolute names, one blank between fields.
std::string rdata_to_string(dns::RrType type, ByteView wire);

/// True when the octets are one whole RDATA of that type (names complete, lengths in place).
bool is_valid_rdata(dns::RrType type, ByteView wire) noexcept;

}  // namespace waymark::zones
