// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route53/fault.h"
#include "zones/change_batch.h"

namespace waymark::api {

/// Why a batch was refused, in the words that clients of Route 53 look for: one InvalidChangeBatch
/// with every message, or NoSuchHealthCheck.
AwsFault fault_of_batch(const Error& error, const zones::ChangeBatch& batch,
                        const zones::HostedZone& zone);

}  // namespace waymark::api
