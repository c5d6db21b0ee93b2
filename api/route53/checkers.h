// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/ip.h"

namespace waymark::api {

/// The addresses of this node that endpoints may see checks come from: those of its interfaces but
/// loopback, or loopback when there is no other. Sorted, never empty.
std::vector<IpAddress> own_addresses();

}  // namespace waymark::api
