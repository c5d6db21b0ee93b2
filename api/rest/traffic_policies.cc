// SPDX-License-Identifier: Apache-2.0
//
// Traffic policies and their versions: /v1/traffic-policies.
#include <algorithm>
#include <charconv>

#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/traffic_document_json.h"
#include "zones/traffic_policy.h"

namespace waymark::api {
namespace {

using zones::TrafficPolicy;
using zones::TrafficPolicyVersion;

Json summary(const TrafficPolicyVersion& one) {
  return {{"version", one.version}, {"type", dns::to_string(one.type)}, {"comment", one.comment}};
}

Json summary(const zones::TrafficPolicyVersions& one) {
  const auto& [policy, versions] = one;
  return {{"id", policy.id},
          {"name", policy.name},
          {"type", versions.empty() ? "" : dns::to_string(versions.back().type)},
          {"latest_version", policy.latest},
          {"version_count", versions.size()}};
}

/// With the document as it was given: JSON, or the text of it.
Json show(const TrafficPolicy& policy, const TrafficPolicyVersion& version) {
  Json out{{"id", policy.id}, {"name", policy.name}};
  out.update(summary(version));
  const auto document = parse_json(version.document);
  out["document"] = document ? *document : Json(version.document);
  return out;
}

/// The version that a commit made, or changed.
Json show_made(const zones::Snapshot& state, const zones::Commit& commit) {
  const auto& id = std::get<zones::ObjectKey>(commit.scope).id;
  Json out;
  for (const auto& object : commit.effects.objects) {
    if (object.key.kind != zones::ObjectKind::traffic_policy || !object.after) continue;
    const auto version = zones::decode_traffic_policy_version(object.key.id, *object.after);
    if (!version) continue;
    const auto policy = zones::traffic_policy(state, id);
    const auto whole = zones::traffic_policy_version(state, id, version->version);
    if (policy && whole) out = show(*policy, *whole);
  }
  return out;
}

Result<std::uint32_t> version_of(const Request& request) {
  const std::string& text = request.parameter("version");
  std::uint32_t version = 0;
  const auto end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, version);
  if (failure == std::errc{} && at == end) return version;
  return Error(ErrorCode::not_found, "there is no version \"" + text + "\"");
}

std::string comment_field(Fields& fields) {
  std::string comment = fields.text("comment");
  if (characters(comment) > zones::max_traffic_policy_comment)
    fields.fault(ErrorCode::too_large, "a comment has at most 1024 characters", "comment");
  return comment;
}

std::string name_field(Fields& fields) {
  std::string name = fields.needed_text("name");
  const bool control =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (control || characters(name) > zones::max_traffic_policy_name ||
      (name.empty() && fields.has("name")))
    fields.fault(ErrorCode::bad_value, "a name has 1 to 512 characters, none of control", "name");
  return name;
}

/// The document's text, judged. It may be given as JSON or as a string of it.
std::string document_field(Fields& fields, std::vector<Error>& faults) {
  const Json* given = fields.need("document");
  if (given == nullptr) return {};
  std::string text = given->is_string() ? given->get<std::string>() : to_text(*given);
  const auto read = read_traffic_document(text);
  if (read) return text;
  const Error all = read.error().at(fields.pointer("document"));
  if (all.causes().empty()) faults.push_back(all);
  faults.insert(faults.end(), all.causes().begin(), all.causes().end());
  return text;
}

/// A policy and its version 1, or (`of` names a policy) its next version.
Awaitable<Result<Response>> make(Context& context, const Request& request, std::string of) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const bool is_new = of.empty();
  std::string name;
  if (is_new) name = name_field(fields);
  TrafficPolicyVersion version;
  version.policy_id = is_new ? zones::new_uuid(context.random) : std::move(of);
  version.comment = comment_field(fields);
  version.document = document_field(fields, faults);
  fields.refuse_others();
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();

  zones::ChangePipeline::Resolve resolve = [name, version](const zones::Snapshot& state,
                                                           zones::Decider by) {
    return zones::resolve_traffic_version(state, name, version, read_traffic_document,
                                          std::move(by));
  };
  std::string author = request.principal.author();
  if (request.flag("dry_run")) {
    const auto would = context.services.pipeline.preview(resolve, author);
    if (!would) co_return would.error();
    co_return json_response(200, {{"dry_run", true}});
  }
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const Json made = show_made(**snapshot, done->commit);
  Response response = json_response(201, made);
  response.headers.emplace_back("Location", "/v1/traffic-policies/" + version.policy_id +
                                                "/versions/" +
                                                std::to_string(done->commit.version));
  co_return response;
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  co_return co_await make(context, request, {});
}

Awaitable<Result<Response>> create_version(Context& context, const Request& request) {
  std::string id = request.parameter("id");
  co_return co_await make(context, request, std::move(id));
}

Awaitable<Result<Response>> list(Context& context, const Request&) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto all = zones::traffic_policies(**snapshot);
  if (!all) co_return all.error();
  Json items = Json::array();
  for (const auto& one : *all)
    items.push_back(summary(one));
  co_return page(std::move(items), std::nullopt);
}

Awaitable<Result<Response>> get(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto all = zones::traffic_policies(**snapshot);
  if (!all) co_return all.error();
  const std::string& id = request.parameter("id");
  for (const auto& one : *all) {
    if (one.first.id != id) continue;
    Json out = summary(one);
    out["versions"] = Json::array();
    for (const TrafficPolicyVersion& version : one.second)
      out["versions"].push_back(summary(version));
    co_return json_response(200, out);
  }
  co_return Error(ErrorCode::not_found, "there is no traffic policy \"" + id + "\"");
}

Awaitable<Result<Response>> get_version(Context& context, const Request& request) {
  const auto number = version_of(request);
  if (!number) co_return number.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto version = zones::traffic_policy_version(**snapshot, request.parameter("id"), *number);
  if (!version) co_return version.error();
  const auto policy = zones::traffic_policy(**snapshot, version->policy_id);
  if (!policy) co_return policy.error();
  co_return json_response(200, show(*policy, *version));
}

Awaitable<Result<Response>> comment(Context& context, const Request& request) {
  const auto number = version_of(request);
  if (!number) co_return number.error();
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  fields.need("comment");
  const std::string text = comment_field(fields);
  fields.refuse_others();
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();
  zones::ChangePipeline::Resolve resolve = [id = request.parameter("id"), number = *number, text](
                                               const zones::Snapshot& state, zones::Decider by) {
    return zones::resolve_traffic_comment(state, id, number, text, std::move(by));
  };
  std::string author = request.principal.author();
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const Json changed = show_made(**snapshot, done->commit);
  co_return json_response(200, changed);
}

Awaitable<Result<Response>> erase(Context& context, const Request& request,
                                  std::optional<std::uint32_t> version) {
  zones::ChangePipeline::Resolve resolve = [id = request.parameter("id"), version](
                                               const zones::Snapshot& state, zones::Decider by) {
    return zones::resolve_traffic_delete(state, id, version, std::move(by));
  };
  std::string author = request.principal.author();
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  co_return no_content();
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  co_return co_await erase(context, request, std::nullopt);
}

Awaitable<Result<Response>> remove_version(Context& context, const Request& request) {
  const auto number = version_of(request);
  if (!number) co_return number.error();
  const std::optional<std::uint32_t> version = *number;
  co_return co_await erase(context, request, version);
}

}  // namespace

void add_traffic_policy_routes(Router& router, Context& context) {
  const auto add = [&](const char* method, const char* pattern, Body body, const char* help,
                       Handler handler) {
    const bool reads = std::string_view(method) == "GET";
    std::vector<std::string> query;
    if (std::string_view(method) == "POST") query.emplace_back("dry_run");
    router.add({method, pattern, reads ? Access::read : Access::write, body, std::move(query), help,
                std::move(handler)});
  };
  const char* all = "/v1/traffic-policies";
  const char* one = "/v1/traffic-policies/{id}";
  const char* versions = "/v1/traffic-policies/{id}/versions";
  const char* version = "/v1/traffic-policies/{id}/versions/{version}";
  add("POST", all, Body::json, "Create a traffic policy and its version 1", with<create>(context));
  add("GET", all, Body::none, "All traffic policies", with<list>(context));
  add("GET", one, Body::none, "One, with its versions", with<get>(context));
  add("DELETE", one, Body::none, "Delete one that no instance uses", with<remove>(context));
  add("POST", versions, Body::json, "Create the next version", with<create_version>(context));
  add("GET", version, Body::none, "One version, with its document", with<get_version>(context));
  add("PATCH", version, Body::json, "Change the comment", with<comment>(context));
  add("DELETE", version, Body::none, "Delete a version that no instance uses",
      with<remove_version>(context));
}

}  // namespace waymark::api
