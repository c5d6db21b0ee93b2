// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/http/json.h"
#include "zones/record_set.h"

namespace waymark::api {

/// `{"policy": …}` and what that policy takes; faults are added with pointers below `pointer`.
zones::Routing decode_routing(const Json& json, const std::string& pointer,
                              std::vector<Error>& faults);
Json encode_routing(const zones::Routing& routing);

}  // namespace waymark::api
