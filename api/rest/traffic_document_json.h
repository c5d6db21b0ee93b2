// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "api/http/json.h"
#include "base/result.h"
#include "zones/traffic_document.h"

namespace waymark::api {

constexpr std::size_t max_traffic_document = 102'400;  // octets

/// A traffic policy document as Route 53 defines it (AWSPolicyFormatVersion 2015-10-01 and
/// 2023-05-09): read and judged. Every fault at once, each with its pointer into the document.
Result<zones::TrafficDocument> read_traffic_document(const std::string& text);

}  // namespace waymark::api
