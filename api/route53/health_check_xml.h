// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "api/route53/fault.h"
#include "api/route53/xml.h"
#include "health/health_check.h"

namespace waymark::api {

/// Route 53 has no word for a check of type dns: it is not seen through that door. One of type push
/// is told as CLOUDWATCH_METRIC: a signal from outside, and unhealthy without one.
bool is_aws_health_check(const health::HealthCheck& check) noexcept;

/// CreateHealthCheckRequest, without an id. Judged by itself: whether its address may be asked and
/// its children exist is not looked at. Fails with InvalidInput.
AwsResult<health::HealthCheck> read_aws_health_check(const XmlElement& body);

/// What UpdateHealthCheckRequest makes of a check; what it does not name stays.
/// Fails with InvalidInput, or HealthCheckVersionMismatch.
AwsResult<health::HealthCheck> update_aws_health_check(const XmlElement& body,
                                                       const health::HealthCheck& before);

/// `<HealthCheck>`.
void append_health_check(XmlWriter& xml, const health::HealthCheck& check);

}  // namespace waymark::api
