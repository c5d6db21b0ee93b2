// SPDX-License-Identifier: Apache-2.0
//
// Traffic policies and their versions: the objects of /v1/traffic-policies.
#include <algorithm>
#include <charconv>

#include "api/rest/traffic_document_json.h"
#include "api/route53/door.h"
#include "api/route53/xml_fields.h"
#include "zones/traffic_policy.h"

namespace waymark::api {
namespace {

using zones::TrafficPolicy;
using zones::TrafficPolicyVersion;

constexpr std::size_t most_policies = 100;  // of one page

AwsFault no_such_policy(const std::string& id) {
  return {404, "NoSuchTrafficPolicy", "No traffic policy exists with Id: " + id};
}

/// Every fault of a document in one message, each with its place.
AwsFault invalid_document(const Error& error) {
  std::vector<Error> all = error.causes();
  if (all.empty()) all.push_back(error);
  std::string message;
  for (const Error& one : all) {
    if (!message.empty()) message += "; ";
    if (!one.pointer().empty()) message += one.pointer() + ": ";
    message += one.detail();
  }
  return {400, "InvalidTrafficPolicyDocument", message};
}

AwsFault fault_of_policy(const Error& error, const std::string& id) {
  const bool of_document =
      error.pointer().starts_with("/document") ||
      (!error.causes().empty() && error.causes().front().pointer().starts_with("/document"));
  if (of_document) return invalid_document(error);
  if (error.code() == ErrorCode::not_found) return no_such_policy(id);
  if (error.code() == ErrorCode::in_use) return {400, "TrafficPolicyInUse", error.detail()};
  return fault_of(error);
}

AwsResult<std::uint32_t> version_of(const Request& request) {
  const std::string& text = request.parameter("version");
  std::uint32_t version = 0;
  const char* end = text.data() + text.size();
  const auto [at, failure] = std::from_chars(text.data(), end, version);
  if (failure == std::errc{} && at == end && version > 0) return version;
  return invalid_input("version '" + text + "' is not a whole number from 1 on");
}

void append_policy(XmlWriter& xml, const TrafficPolicy& policy,
                   const TrafficPolicyVersion& version) {
  xml.open("TrafficPolicy");
  xml.text("Id", policy.id);
  xml.number("Version", version.version);
  xml.text("Name", policy.name);
  xml.text("Type", dns::to_string(version.type));
  xml.text("Document", version.document);
  if (!version.comment.empty()) xml.text("Comment", version.comment);
  xml.close();
}

/// `<TrafficPolicy>` of one version, as it stands.
AwsResult<void> append_stored(XmlWriter& xml, const AwsContext& context, const std::string& id,
                              std::uint32_t number) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto version = zones::traffic_policy_version(**snapshot, id, number);
  if (!version) return fault_of_policy(version.error(), id);
  const auto policy = zones::traffic_policy(**snapshot, id);
  if (!policy) return fault_of_policy(policy.error(), id);
  append_policy(xml, *policy, *version);
  return {};
}

/// What both ways to a new version say.
struct NewVersion {
  std::string name;  // of a new policy
  TrafficPolicyVersion version;
};

std::string read_comment(XmlFields& fields) {
  std::string comment = fields.text("Comment").value_or("");
  if (characters(comment) > zones::max_traffic_policy_comment)
    fields.fault("A Comment has at most 1024 characters");
  return comment;
}

AwsResult<NewVersion> read_version(const XmlElement& body, bool is_new) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  NewVersion made;
  if (is_new) {
    made.name = fields.needed_text("Name");
    const bool control = std::any_of(made.name.begin(), made.name.end(),
                                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (control || characters(made.name) > zones::max_traffic_policy_name)
      fields.fault("A Name has 1 to 512 characters, none of control");
  }
  made.version.document = fields.needed_text("Document");
  made.version.comment = read_comment(fields);
  fields.refuse_others();
  if (fault) return *std::move(fault);
  if (const auto judged = read_traffic_document(made.version.document); !judged)
    return invalid_document(judged.error());
  return made;
}

/// Of a new policy, or of one more version.
AwsFault fault_of_version(const Error& error, const std::string& id, bool is_new) {
  if (error.code() != ErrorCode::conflict) return fault_of_policy(error, id);
  if (error.pointer() == "/name") return {409, "TrafficPolicyAlreadyExists", error.detail()};
  if (is_new) return {400, "TooManyTrafficPolicies", error.detail()};
  return {400, "TooManyTrafficPolicyVersionsForCurrentPolicy", error.detail()};
}

Awaitable<AwsResult<Response>> make(AwsContext& context, const AwsCall& call, std::string of) {
  const bool is_new = of.empty();
  auto wanted = read_version(call.body, is_new);
  if (!wanted) co_return wanted.error();
  auto random = Random::from_system();
  wanted->version.policy_id = is_new ? zones::new_uuid(random) : std::move(of);
  const std::string id = wanted->version.policy_id;
  zones::ChangePipeline::Resolve resolve = [wanted = *wanted](const zones::Snapshot& state,
                                                              zones::Decider by) {
    return zones::resolve_traffic_version(state, wanted.name, wanted.version, read_traffic_document,
                                          std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of_version(done.error(), id, is_new);
  const auto number = static_cast<std::uint32_t>(done->commit.version);
  XmlWriter xml(is_new ? "CreateTrafficPolicyResponse" : "CreateTrafficPolicyVersionResponse");
  if (auto told = append_stored(xml, context, id, number); !told) co_return told.error();
  Response response = xml_response(201, std::move(xml));
  response.headers.emplace_back(
      "Location", call.base_url + "trafficpolicy/" + id + "/" + std::to_string(number));
  co_return response;
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  std::string none;
  co_return co_await make(context, call, std::move(none));
}

Awaitable<AwsResult<Response>> create_version(AwsContext& context, const AwsCall& call) {
  std::string id = call.request.parameter("id");
  co_return co_await make(context, call, std::move(id));
}

Awaitable<AwsResult<Response>> get(AwsContext& context, const AwsCall& call) {
  const auto number = version_of(call.request);
  if (!number) co_return number.error();
  XmlWriter xml("GetTrafficPolicyResponse");
  auto told = append_stored(xml, context, call.request.parameter("id"), *number);
  if (!told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_policies);
  if (!limit) co_return limit.error();
  const std::string marker = call.request.value("trafficpolicyid").value_or("");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  auto all = zones::traffic_policies(**snapshot);
  if (!all) co_return fault_of(all.error());
  std::erase_if(*all, [](const auto& one) { return one.second.empty(); });
  std::stable_sort(all->begin(), all->end(), [](const auto& a, const auto& b) {
    return a.first.number < b.first.number;  // in the order in which they were made
  });
  const auto first = std::find_if(all->begin(), all->end(), [&](const auto& one) {
    return marker.empty() || one.first.id == marker;
  });
  if (first == all->end() && !marker.empty())
    co_return invalid_input("trafficpolicyid '" + marker + "' is no traffic policy");
  all->erase(all->begin(), first);
  XmlWriter xml("ListTrafficPoliciesResponse");
  xml.open("TrafficPolicySummaries");
  for (std::size_t i = 0; i < std::min(all->size(), *limit); ++i) {
    const auto& [policy, versions] = (*all)[i];
    xml.open("TrafficPolicySummary");
    xml.text("Id", policy.id);
    xml.text("Name", policy.name);
    xml.text("Type", dns::to_string(versions.back().type));
    xml.number("LatestVersion", versions.back().version);
    xml.number("TrafficPolicyCount", versions.size());
    xml.close();
  }
  xml.close();
  const bool more = all->size() > *limit;
  xml.flag("IsTruncated", more);
  xml.text("TrafficPolicyIdMarker", more ? (*all)[*limit].first.id : "");
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

/// The versions of a policy from the marker on, without documents, and the policy.
AwsResult<zones::TrafficPolicyVersions> versions_from(const zones::Snapshot& state,
                                                      const Request& request) {
  const std::string& id = request.parameter("id");
  std::uint32_t marker = 0;
  if (const auto text = request.value("trafficpolicyversion"); text && !text->empty()) {
    const auto [at, failure] = std::from_chars(text->data(), text->data() + text->size(), marker);
    if (failure != std::errc{} || at != text->data() + text->size())
      return invalid_input("trafficpolicyversion '" + *text + "' is not a whole number");
  }
  auto all = zones::traffic_policies(state);
  if (!all) return fault_of(all.error());
  for (auto& one : *all) {
    if (one.first.id != id) continue;
    std::erase_if(one.second, [&](const auto& version) { return version.version < marker; });
    return std::move(one);
  }
  return no_such_policy(id);
}

Awaitable<AwsResult<Response>> list_versions(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_policies);
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto found = versions_from(**snapshot, call.request);
  if (!found) co_return found.error();
  const auto& [policy, versions] = *found;
  XmlWriter xml("ListTrafficPolicyVersionsResponse");
  xml.open("TrafficPolicies");
  for (std::size_t i = 0; i < std::min(versions.size(), *limit); ++i) {
    const auto whole = zones::traffic_policy_version(**snapshot, policy.id, versions[i].version);
    if (!whole) co_return fault_of(whole.error());
    append_policy(xml, policy, *whole);
  }
  xml.close();
  const bool more = versions.size() > *limit;
  xml.flag("IsTruncated", more);
  xml.text("TrafficPolicyVersionMarker", more ? std::to_string(versions[*limit].version) : "");
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> comment(AwsContext& context, const AwsCall& call) {
  const auto number = version_of(call.request);
  if (!number) co_return number.error();
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  fields.need("Comment");
  const std::string text = read_comment(fields);
  fields.refuse_others();
  if (fault) co_return *std::move(fault);
  const std::string id = call.request.parameter("id");
  zones::ChangePipeline::Resolve resolve = [id, number = *number, text](
                                               const zones::Snapshot& state, zones::Decider by) {
    return zones::resolve_traffic_comment(state, id, number, text, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of_policy(done.error(), id);
  XmlWriter xml("UpdateTrafficPolicyCommentResponse");
  if (auto told = append_stored(xml, context, id, *number); !told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  const auto number = version_of(call.request);
  if (!number) co_return number.error();
  const std::string id = call.request.parameter("id");
  zones::ChangePipeline::Resolve resolve = [id, number = *number](const zones::Snapshot& state,
                                                                  zones::Decider by) {
    return zones::resolve_traffic_delete(state, id, number, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of_policy(done.error(), id);
  co_return xml_response(200, XmlWriter("DeleteTrafficPolicyResponse"));
}

}  // namespace

std::vector<AwsOperation> traffic_policy_operations() {
  const Access read = Access::read, write = Access::write;
  const char* const version = "trafficpolicy/{id}/{version}";
  return {
      {"POST", "trafficpolicy", write, "CreateTrafficPolicyRequest", {}, create},
      {"POST",
       "trafficpolicy/{id}",
       write,
       "CreateTrafficPolicyVersionRequest",
       {},
       create_version},
      {"GET", version, read, {}, {}, get},
      {"POST", version, write, "UpdateTrafficPolicyCommentRequest", {}, comment},
      {"DELETE", version, write, {}, {}, remove},
      {"GET", "trafficpolicies", read, {}, {"trafficpolicyid", "maxitems"}, list},
      {"GET",
       "trafficpolicies/{id}/versions",
       read,
       {},
       {"trafficpolicyversion", "maxitems"},
       list_versions},
  };
}

}  // namespace waymark::api
