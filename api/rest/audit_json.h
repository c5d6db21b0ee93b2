// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/http/json.h"
#include "zones/store/store.h"

namespace waymark::api {

/// What a commit did to what is no record: `[{"object","before","after"}]`, null where there was or
/// is none. Hashes of tokens' secrets are left out.
Json encode_objects(const zones::Effects& effects);

/// A line of the log as the audit shows it: who did what, before and after; of large changes only
/// how many record sets ("omitted").
Json encode_line(const zones::LoggedCommit& line, std::string_view status);

/// "12:" and 64 hexadecimal digits.
std::string encode_head(const zones::LogHead& head);
/// Fails with `bad_value`.
Result<zones::LogHead> decode_head(std::string_view text);

}  // namespace waymark::api
