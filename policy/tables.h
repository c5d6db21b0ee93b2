// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "policy/cidr_table.h"
#include "policy/latency_table.h"
#include "policy/location.h"

namespace waymark::policy {

/// What an image knows of clients: views over its parts.
struct Tables {
  LatencyTable latency;
  LocationTable locations;
  CidrTables cidrs;
};

}  // namespace waymark::policy
