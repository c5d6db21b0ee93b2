// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/http/json.h"
#include "base/bytes.h"

namespace waymark::api {

/// A DNS message of our own as JSON:
/// `{"rcode","authoritative","answer":[{name,type,ttl,value}],"authority":[…]}`. Reads no further
/// than the message goes; what is cut short ends the list.
Json show_response(ByteView message);

}  // namespace waymark::api
