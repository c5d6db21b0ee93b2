// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "dns/protocol/cookie.h"

namespace waymark::app {

/// A file of 32 hexadecimal digits a line: the first secret makes DNS cookies, all are accepted.
/// Empty lines and those that begin with # are passed over. Fails with `io` or `bad_value`.
Result<dns::CookieSecrets> read_cookie_secrets(const std::string& path);

/// One secret, from the system's entropy.
dns::CookieSecrets random_cookie_secrets();

}  // namespace waymark::app
