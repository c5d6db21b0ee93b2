// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/json.h"
#include "api/http/message.h"
#include "base/clock.h"
#include "base/result.h"
#include "zones/hosted_zone.h"

namespace waymark::api {

/// What a token or an access key allows, and for how long.
struct Grant {
  std::string id, name;
  bool may_write = false;
  std::vector<std::string> zones;  // ids; empty: all
  TimePoint created{};
  std::optional<TimePoint> expires;

  Principal principal() const { return {id, may_write, zones}; }
};

/// As it is stored; the id is the object's.
Json grant_json(const Grant& grant);
/// Of what is stored. Fails with `bad_json`, also when the end can not be read: it must not live
/// for ever instead.
Result<Grant> decode_grant(const std::string& id, const Json& stored);

/// Whether a token or key reaches the zone.
bool permitted(const Principal& who, const zones::HostedZone& zone);

}  // namespace waymark::api
