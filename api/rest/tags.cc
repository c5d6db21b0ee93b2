// SPDX-License-Identifier: Apache-2.0
//
// Tags of zones and health checks.
#include "api/rest/tags.h"

#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "base/bytes.h"

namespace waymark::api {
namespace {

Response show(const Tags& tags) {
  Json out{{"tags", Json::object()}};
  for (const auto& [key, value] : tags)
    out["tags"][key] = value;
  return json_response(200, out);
}

/// What the path names, when it is there.
Result<std::string> resource_of(const zones::Snapshot& state, const Request& request) {
  const auto check = request.parameters.find("check");
  if (check == request.parameters.end()) {
    const auto zone = find_zone(state, request);
    if (!zone) return zone.error();
    return "hostedzone/" + zone->id.text;
  }
  const auto stored = state.object({zones::ObjectKind::health_check, check->second});
  if (!stored) return stored.error();
  if (!*stored)
    return Error(ErrorCode::not_found, "there is no health check \"" + check->second + "\"");
  return "healthcheck/" + check->second;
}

Awaitable<Result<Response>> get(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto resource = resource_of(**snapshot, request);
  if (!resource) co_return resource.error();
  const auto tags = tags_of(**snapshot, *resource);
  if (!tags) co_return tags.error();
  co_return show(*tags);
}

Result<Tags> read_tags(const std::string& body) {
  const auto json = parse_object(body);
  if (!json) return json.error();
  std::vector<Error> faults;
  Fields fields(*json, "", faults);
  Tags tags;
  if (const Json* given = fields.need("tags")) {
    Fields inside(*given, "/tags", faults);
    if (given->is_object())
      for (const auto& [key, value] : given->items())
        tags[key] = inside.text(key);
  }
  fields.refuse_others();
  for (Error& fault : faults_of(tags))
    faults.push_back(std::move(fault));
  if (auto judged = verdict(std::move(faults)); !judged) return judged.error();
  return tags;
}

Awaitable<Result<Response>> put(Context& context, const Request& request) {
  const auto permitted = [&]() -> Result<std::string> {  // before the body is judged
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return snapshot.error();
    return resource_of(**snapshot, request);
  }();
  if (!permitted) co_return permitted.error();
  const auto tags = read_tags(request.body);
  if (!tags) co_return tags.error();
  zones::ChangePipeline::Resolve resolve = [request, text = encode_tags(*tags)](
                                               const zones::Snapshot& state,
                                               zones::Decider by) -> Result<zones::Commit> {
    const auto resource = resource_of(state, request);
    if (!resource) return resource.error();
    return zones::resolve_object(state, {zones::ObjectKind::tags, *resource}, text, std::move(by));
  };
  std::string author = request.principal.author();
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  co_return show(*tags);
}

}  // namespace

Result<Tags> decode_tags(const std::string& text) {
  const auto json = parse_object(text);
  if (!json) return json.error();
  Tags tags;
  for (const auto& [key, value] : json->items())
    tags[key] = value.is_string() ? value.get<std::string>() : std::string();
  return tags;
}

Result<Tags> tags_of(const zones::Snapshot& state, const std::string& resource) {
  const auto text = state.object({zones::ObjectKind::tags, resource});
  if (!text) return text.error();
  return *text ? decode_tags(**text) : Result<Tags>(Tags());
}

std::string encode_tags(const Tags& tags) {
  Json out = Json::object();
  for (const auto& [key, value] : tags)
    out[key] = value;
  return to_text(out);
}

std::vector<Error> faults_of(const Tags& tags) {
  std::vector<Error> faults;
  for (const auto& [key, value] : tags) {
    if (key.empty() || characters(key) > most_tag_key)
      faults.emplace_back(ErrorCode::bad_value, "a tag's key has 1 to 128 characters",
                          "/tags/" + key);
    if (characters(value) > most_tag_value)
      faults.emplace_back(ErrorCode::bad_value, "a tag's value has at most 256 characters",
                          "/tags/" + key);
  }
  if (tags.size() > most_tags)
    faults.emplace_back(ErrorCode::too_large, "at most 10 tags", "/tags");
  return faults;
}

void add_tag_routes(Router& router, Context& context) {
  for (const std::string of : {"/v1/zones/{zone}", "/v1/health-checks/{check}"}) {
    router.add({"GET", of + "/tags", Access::read, Body::none, {}, "Its tags", with<get>(context)});
    router.add({"PUT",
                of + "/tags",
                Access::write,
                Body::json,
                {},
                "Replace all its tags",
                with<put>(context)});
  }
}

}  // namespace waymark::api
