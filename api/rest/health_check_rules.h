// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/services.h"
#include "base/result.h"
#include "health/health_check.h"

namespace waymark::api {

/// What a check must keep beyond its own form: its address may be asked, its files are there, its
/// children exist and none leads back to it. Errors: the first fault, with its JSON pointer.
Result<void> permit_health_check(const Services& services, const health::HealthCheck& check);

}  // namespace waymark::api
