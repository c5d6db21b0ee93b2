// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/http/grant.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"

namespace waymark::api {

/// What a new token or access key may do: name, scope, zones and expires_in. What is wrong with
/// them goes to the fields' faults; a failure is the store's.
Result<void> read_grant(const Context& context, Fields& fields, Grant& into);

/// As it is shown: never a secret.
Json show_grant(const Grant& grant);
/// One page of `all`, which are in order of their ids.
Result<Response> page_of_grants(const Request& request, const std::vector<Grant>& all);

}  // namespace waymark::api
