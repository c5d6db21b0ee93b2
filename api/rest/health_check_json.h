// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/json.h"
#include "health/health_check.h"
#include "health/prober.h"

namespace waymark::api {

/// A stored health check object. Fails with the first faults it has.
Result<health::HealthCheck> decode_health_check(const std::string& id, std::string_view json);
/// What is stored: decode_health_check reads it back.
std::string encode_health_check(const health::HealthCheck& check);

/// What a client sends: types, ranges and unknown fields are judged, every fault is told.
Result<health::HealthCheck> read_health_check(const Json& json);
/// Only what a client may set: what PATCH merges into.
Json settings_of(const health::HealthCheck& check);
/// The whole resource.
Json show_health_check(const health::HealthCheck& check);
Json show_status(const health::CheckStatus& status);
/// What is frozen, and which changes wait and why (at most 100 of them).
Json show_trust(const health::TrustStatus& trust, const std::vector<health::CheckStatus>& checks);

/// "auto", "up", "down", "drain".
std::string_view to_string(health::HealthCheck::Forced forced) noexcept;
std::optional<health::HealthCheck::Forced> parse_forced(std::string_view text) noexcept;

}  // namespace waymark::api
