// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/http/message.h"
#include "base/result.h"

namespace waymark::api {

/// The HTTP status of an error.
unsigned status_of(ErrorCode code) noexcept;

/// RFC 9457 application/problem+json, with `errors` for every fault of a batch.
Response problem(const Error& error);

}  // namespace waymark::api
