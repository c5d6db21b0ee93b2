// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/services.h"
#include "base/async.h"
#include "base/result.h"

namespace waymark::api {

/// First start: makes an administrator's token and writes it to DATA_DIR/admin.token (mode 0600).
/// A fresh database beside an older file takes over the file's token.
Awaitable<Result<void>> ensure_admin_token(const Services& services);

}  // namespace waymark::api
