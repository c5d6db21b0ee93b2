// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route53/fault.h"
#include "zones/change_batch.h"
#include "zones/store/store.h"

namespace waymark::api {

/// Completes a batch with what Route 53 has no words for, so that what was listed can be sent back.
/// A traffic policy instance is listed as one record set: a change that names one becomes changes
/// of all that it has made, and with a DELETE the instance goes, too. A failover secondary keeps
/// the tier that REST gave it. Fails with InvalidChangeBatch when there is no such instance at the
/// name.
AwsResult<void> complete_batch(const zones::Snapshot& state, const zones::HostedZone& zone,
                               zones::ChangeBatch& batch);

}  // namespace waymark::api
