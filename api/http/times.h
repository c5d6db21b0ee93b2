// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace waymark::api {

/// RFC 3339 in UTC with milliseconds: "2026-01-02T03:04:05.678Z".
std::string format_time(TimePoint time);
/// What format_time wrote; the fraction may be missing.
std::optional<TimePoint> parse_time(const std::string& text);

}  // namespace waymark::api
