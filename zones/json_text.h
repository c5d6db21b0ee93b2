// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace waymark::zones {

/// Appends `text` as a JSON string, quotes included. UTF-8 goes through as it is; control octets do
/// not, so the result stays on one line.
void append_json_string(std::string_view text, std::string& out);

/// RFC 3339 in UTC, whole seconds: "2026-01-31T12:00:00Z".
std::string rfc3339(TimePoint time);

}  // namespace waymark::zones
