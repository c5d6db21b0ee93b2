// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "zones/store/store.h"

namespace waymark::api {

/// Words that clients put on a hosted zone or a health check. They decide nothing.
using Tags = std::map<std::string, std::string>;
constexpr std::size_t most_tags = 10, most_tag_key = 128, most_tag_value = 256;  // in characters

/// "hostedzone/" or "healthcheck/" and the id.
Result<Tags> tags_of(const zones::Snapshot& state, const std::string& resource);
Result<Tags> decode_tags(const std::string& text);
std::string encode_tags(const Tags& tags);

/// Every fault of a set of tags, with the pointer "/tags/KEY".
std::vector<Error> faults_of(const Tags& tags);

}  // namespace waymark::api
