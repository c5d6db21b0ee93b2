// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/route53/fault.h"
#include "dns/protocol/name.h"

namespace waymark::api {

/// Escapes in Route 53's texts are octal (`\052`), ours are decimal (RFC 1035 §5.1). None when
/// three digits are no octet, or the text ends in an escape. Other escapes (`\"`) stay as they are.
std::optional<std::string> octal_to_decimal(std::string_view text);
std::string decimal_to_octal(std::string_view text);

/// A name as a client wrote it: `*` or `\052`, with or without the last dot. Fails with
/// `InvalidDomainName`.
AwsResult<dns::Name> parse_aws_name(std::string_view text);
/// What is wrong with it, as "DomainLabelTooLong (Domain label is too long)"; empty: nothing.
std::string fault_of_aws_name(std::string_view text);
/// All but a-z, 0-9, - and _ is escaped: `\052.example.com.`
std::string aws_name(const dns::Name& name);
/// What names are listed by: their escaped labels from the last to the first, a dot after each.
/// Octets are compared. `-` comes before the dot: `com.ex-ample.` before `com.ex.`.
std::string listing_key(const dns::Name& name);

/// The id without what SDKs and answers put in front: "Z1" of "/hostedzone/Z1".
std::string_view bare_id(std::string_view id) noexcept;

}  // namespace waymark::api
