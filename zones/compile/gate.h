// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "dns/image/image.h"

namespace waymark::zones {

/// The last look at a generation before it is sent: that no zone has lost its SOA, NS or apex, and
/// that no name stands where none may, whatever the store or a compiler of ours came to (LKG-6).
/// What workers could not read was refused before. Looks at the tiers and zones that `before`,
/// which they answer from, has not. Fails with `bad_image`, naming the zone or the name.
Result<void> judge(const dns::Image& next, const dns::Image& before);

}  // namespace waymark::zones
