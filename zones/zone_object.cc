// SPDX-License-Identifier: Apache-2.0
#include "zones/zone_object.h"

#include "zones/json_text.h"

namespace waymark::zones {
namespace {

std::string json_texts(const std::vector<std::string>& texts) {
  std::string json = "[";
  for (const std::string& text : texts) {
    if (json.size() > 1) json += ',';
    append_json_string(text, json);
  }
  return json + "]";
}

}  // namespace

std::string zone_json(const HostedZone& zone, const NewZone& wanted) {
  std::string json = "{\"name\":";
  append_json_string(zone.name.to_string(), json);
  json += ",\"comment\":";
  append_json_string(zone.comment, json);
  json += ",\"created\":";
  append_json_string(rfc3339(zone.created), json);
  if (!wanted.caller_reference.empty()) {
    json += ",\"caller_reference\":";
    append_json_string(wanted.caller_reference, json);
  }
  if (!wanted.delegation_set.empty()) {
    json += ",\"delegation_set\":";
    append_json_string(wanted.delegation_set, json);
  }
  if (zone.is_private()) json += ",\"vpcs\":" + json_texts(zone.vpcs);
  return json + "}";
}

// Inside a string the quotes of a key would carry a backslash, so the plain text can only be the
// key.

std::string with_comment(const std::string& json, std::string_view comment) {
  constexpr std::string_view key = "\"comment\":\"";
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return json;
  std::size_t end = at + key.size();
  while (end < json.size() && json[end] != '"')
    end += json[end] == '\\' ? std::size_t{2} : std::size_t{1};
  std::string changed = json.substr(0, at + key.size() - 1);
  append_json_string(comment, changed);
  return changed + json.substr(end + 1);
}

std::string with_vpcs(const std::string& json, const std::vector<std::string>& ids) {
  constexpr std::string_view key = "\"vpcs\":";
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return json;
  return json.substr(0, at + key.size()) + json_texts(ids) + json.substr(json.find(']', at) + 1);
}

std::string with_member(const std::string& json, std::string_view key, std::string_view value) {
  const std::string name = ",\"" + std::string(key) + "\":";
  const std::size_t at = json.find(name);
  if (at == std::string::npos)
    return json.substr(0, json.rfind('}')) + name + std::string(value) + "}";
  const std::size_t from = at + name.size();
  return json.substr(0, from) + std::string(value) + json.substr(json.find_first_of(",}", from));
}

}  // namespace waymark::zones
