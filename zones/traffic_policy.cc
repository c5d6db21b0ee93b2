// SPDX-License-Identifier: Apache-2.0
#include "zones/traffic_policy.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "zones/client_objects.h"

namespace waymark::zones {
namespace {

Error damaged(std::string_view what, const std::string& id) {
  return {ErrorCode::bad_image, "stored " + std::string(what) + " " + id + " is damaged"};
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

/// The parts of the first line, by value; none when there are not as many.
std::vector<std::string> parts_of(std::string_view text, std::size_t count) {
  std::vector<std::string> out;
  for_each_line(text.substr(0, text.find('\n')), [&](std::span<const std::string_view> parts) {
    out.assign(parts.begin(), parts.end());
  });
  if (out.size() != count) out.clear();
  return out;
}

Result<std::string> need(const Snapshot& state, const ObjectKey& key, const std::string& what) {
  auto text = state.object(key);
  if (!text) return text.error();
  if (!*text) return Error(ErrorCode::not_found, "there is no " + what);
  return std::move(**text);
}

}  // namespace

std::string encode(const TrafficPolicy& policy) {
  return std::to_string(policy.latest) + "\t" + policy.name + "\t" + std::to_string(policy.number);
}

Result<TrafficPolicy> decode_traffic_policy(const std::string& id, std::string_view text) {
  auto parts = parts_of(text, 3);
  if (parts.empty()) parts = parts_of(text, 2);  // from before policies were numbered
  if (parts.empty()) return damaged("traffic policy", id);
  parts.resize(3, "0");
  const auto latest = parse_number(parts[0]), number = parse_number(parts[2]);
  if (!latest || !number) return damaged("traffic policy", id);
  return TrafficPolicy{id, parts[1], *latest, *number};
}

// The comment may be any text: it comes last.
std::string encode(const TrafficPolicyVersion& version) {
  return dns::to_string(version.type) + "\n" + version.comment;
}

Result<TrafficPolicyVersion> decode_traffic_policy_version(const std::string& id,
                                                           std::string_view text) {
  const std::size_t slash = id.find('/'), line = text.find('\n');
  if (slash == std::string::npos || line == std::string_view::npos)
    return damaged("traffic policy version", id);
  const auto number = parse_number(std::string_view(id).substr(slash + 1));
  const auto type = dns::parse_rr_type(text.substr(0, line));
  if (!number || !type) return damaged("traffic policy version", id);
  return TrafficPolicyVersion{
      id.substr(0, slash), *number, *type, std::string(text.substr(line + 1)), {}};
}

std::string encode(const TrafficPolicyInstance& instance) {
  std::string text = instance.zone.text;
  for (const std::string& part :
       {instance.name.to_string(), dns::to_string(instance.type), std::to_string(instance.ttl),
        instance.policy_id, std::to_string(instance.version), instance.change.text,
        std::to_string(instance.edition)})
    text += "\t" + part;
  return text;
}

Result<TrafficPolicyInstance> decode_traffic_policy_instance(const std::string& id,
                                                             std::string_view text) {
  auto parts = parts_of(text, 8);
  if (parts.empty()) parts = parts_of(text, 7);  // from before instances counted their changes
  if (parts.empty()) return damaged("traffic policy instance", id);
  parts.resize(8, "1");
  const auto name = dns::Name::parse(parts[1]);
  const auto type = dns::parse_rr_type(parts[2]);
  const auto ttl = parse_number(parts[3]), version = parse_number(parts[5]);
  const auto edition = parse_number(parts[7]);
  if (!name || !type || !ttl || !version || !edition) return damaged("traffic policy instance", id);
  return TrafficPolicyInstance{id,       {parts[0]}, *name,      *type,   *ttl,
                               parts[4], *version,   {parts[6]}, *edition};
}

Result<TrafficPolicy> traffic_policy(const Snapshot& state, const std::string& id) {
  auto text = need(state, {ObjectKind::traffic_policy, id}, "traffic policy \"" + id + "\"");
  // A version's object is none, although its id would find it.
  if (text && id.find('/') != std::string::npos)
    return Error(ErrorCode::not_found, "there is no traffic policy \"" + id + "\"");
  if (!text) return text.error();
  return decode_traffic_policy(id, *text);
}

Result<TrafficPolicyVersion> traffic_policy_version(const Snapshot& state, const std::string& id,
                                                    std::uint32_t version) {
  const std::string key = id + "/" + std::to_string(version);
  auto text = need(state, {ObjectKind::traffic_policy, key},
                   "version " + std::to_string(version) + " of traffic policy \"" + id + "\"");
  if (!text) return text.error();
  auto found = decode_traffic_policy_version(key, *text);
  if (!found) return found;
  auto document = state.object({ObjectKind::traffic_policy_document, key});
  if (!document) return document.error();
  if (!*document) return damaged("document of traffic policy version", key);
  found->document = std::move(**document);
  return found;
}

Result<TrafficPolicyInstance> traffic_policy_instance(const Snapshot& state,
                                                      const std::string& id) {
  auto text = need(state, {ObjectKind::traffic_policy_instance, id},
                   "traffic policy instance \"" + id + "\"");
  if (!text) return text.error();
  return decode_traffic_policy_instance(id, *text);
}

Result<std::vector<TrafficPolicyVersions>> traffic_policies(const Snapshot& state) {
  auto objects = state.objects(ObjectKind::traffic_policy);
  if (!objects) return objects.error();
  std::vector<TrafficPolicyVersions> out;
  for (const auto& [id, text] : *objects) {  // a policy's id comes before those of its versions
    if (id.find('/') == std::string::npos) {
      auto policy = decode_traffic_policy(id, text);
      if (!policy) return policy.error();
      out.emplace_back(std::move(*policy), std::vector<TrafficPolicyVersion>());
      continue;
    }
    auto version = decode_traffic_policy_version(id, text);
    if (!version) return version.error();
    if (out.empty() || out.back().first.id != version->policy_id)
      return damaged("traffic policy version", id);
    out.back().second.push_back(std::move(*version));
  }
  for (auto& [policy, versions] : out)
    std::sort(versions.begin(), versions.end(),
              [](const auto& a, const auto& b) { return a.version < b.version; });
  return out;
}

Result<std::vector<TrafficPolicyInstance>> traffic_policy_instances(const Snapshot& state) {
  auto objects = state.objects(ObjectKind::traffic_policy_instance);
  if (!objects) return objects.error();
  std::vector<TrafficPolicyInstance> out;
  for (const auto& [id, text] : *objects) {
    auto instance = decode_traffic_policy_instance(id, text);
    if (!instance) return instance.error();
    out.push_back(std::move(*instance));
  }
  return out;
}

}  // namespace waymark::zones
