// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/rest/context.h"

namespace waymark::api {

/// Tells again what a POST with this Idempotency-Key did before the process was started, from the
/// store: as the object or the change that came of it is shown now. None: it did nothing yet. Fails
/// with `bad_value` when the key came with another request, `conflict` when what was told can not
/// be told twice (the secret of a token or an access key).
Awaitable<Result<std::optional<Response>>> told_again(Context& context, const Router& router,
                                                      const Request& request);

}  // namespace waymark::api
