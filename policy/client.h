// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/ip.h"

namespace waymark::policy {

/// All that a rule may know of who asks: the client subnet of the query (RFC 7871), else the
/// source address as a prefix of full length.
struct Client {
  IpPrefix subnet;
};

}  // namespace waymark::policy
