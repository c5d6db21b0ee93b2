// SPDX-License-Identifier: Apache-2.0
#include "api/http/grant.h"

#include <algorithm>

#include "api/http/times.h"

namespace waymark::api {

Json grant_json(const Grant& grant) {
  Json out{{"name", grant.name},
           {"scope", grant.may_write ? "admin" : "read-only"},
           {"zones", grant.zones},
           {"created", format_time(grant.created)}};
  if (grant.expires) out["expires"] = format_time(*grant.expires);
  return out;
}

Result<Grant> decode_grant(const std::string& id, const Json& stored) {
  Grant grant;
  grant.id = id;
  try {
    grant.name = stored.value("name", "");
    grant.may_write = stored.value("scope", "") == "admin";
    grant.zones = stored.value("zones", std::vector<std::string>{});
    grant.created = parse_time(stored.value("created", "")).value_or(TimePoint{});
    if (const auto end = stored.find("expires"); end != stored.end()) {
      grant.expires = parse_time(end->get<std::string>());
      if (!grant.expires) return Error(ErrorCode::bad_json, id + " has an end that is no time");
    }
  } catch (const Json::exception& wrong) {
    return Error(ErrorCode::bad_json, id + " is damaged: " + wrong.what());
  }
  return grant;
}

bool permitted(const Principal& who, const zones::HostedZone& zone) {
  if (who.zones.empty()) return true;
  return std::any_of(who.zones.begin(), who.zones.end(), [&](const std::string& allowed) {
    // A name is the public zone's: a private one of the same name was not meant.
    return allowed == zone.id.text || (!zone.is_private() && allowed == zone.name.to_string());
  });
}

}  // namespace waymark::api
