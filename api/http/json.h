// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace waymark::api {

using Json = nlohmann::ordered_json;

constexpr std::size_t max_json_depth = 32;

/// Strict RFC 8259: refuses more than 32 levels while it reads, and an object with the same key
/// twice. Fails with `bad_json` and the place.
Result<Json> parse_json(std::string_view text);

/// Compact; octets that are no UTF-8 become U+FFFD.
template <class Value>
std::string to_text(const Value& value) {
  return value.dump(-1, ' ', false, Value::error_handler_t::replace);
}

}  // namespace waymark::api
