// SPDX-License-Identifier: Apache-2.0
//
// Health checks: those of REST, in Route 53's words.
#include <algorithm>

#include "api/http/times.h"
#include "api/rest/health_check_json.h"
#include "api/rest/health_check_rules.h"
#include "api/route53/checkers.h"
#include "api/route53/door.h"
#include "api/route53/health_check_xml.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
constexpr std::size_t most_checks = 1000, usual_checks = 100;  // of one page
constexpr int most_attempts = 5;

/// What stands, and its text: a change that was made from it must find it unchanged.
struct Stored {
  HealthCheck check;
  std::string text;
};

AwsResult<Stored> stored_check(const zones::Snapshot& state, const std::string& id) {
  auto text = state.object({zones::ObjectKind::health_check, id});
  if (!text) return fault_of(text.error());
  if (!*text) return no_such_health_check(id);
  auto check = decode_health_check(id, **text);
  if (!check) return fault_of(check.error());
  if (!is_aws_health_check(*check)) return no_such_health_check(id);
  return Stored{std::move(*check), std::move(**text)};
}

AwsResult<Stored> stored_check(const AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  return stored_check(**snapshot, call.request.parameter("check"));
}

AwsFault missing_child(const std::string& id) {
  return invalid_input("Invalid parameter : Child health check IDs do not exist or are deleted: " +
                       id);
}

/// Every child that is given is one of Route 53's and none is calculated itself (behaviour §10.7),
/// and what every door asks for besides. Children that stay may be deleted.
AwsResult<void> permit(const AwsContext& context, const AwsCall& call, HealthCheck check) {
  const auto& given = call.body.children;
  const bool new_children = std::any_of(given.begin(), given.end(), [](const XmlElement& one) {
    return one.name == "ChildHealthChecks" || one.name == "HealthCheckConfig";
  });
  if (!new_children) check.children.clear();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  for (const std::string& id : check.children) {
    const auto child = stored_check(**snapshot, id);
    if (!child && child.error().status != 404) return child.error();
    if (!child || child->check.type == HealthCheck::Type::calculated) return missing_child(id);
  }
  const auto allowed = permit_health_check(context.services, check);
  if (!allowed) return invalid_input("Invalid parameter : " + allowed.error().detail());
  return {};
}

Response shown(std::string_view root, unsigned status, const AwsCall& call,
               const HealthCheck& check) {
  XmlWriter xml(root);
  append_health_check(xml, check);
  Response response = xml_response(status, std::move(xml));
  if (status == 201)
    response.headers.emplace_back("Location", call.base_url + "healthcheck/" + check.id);
  return response;
}

/// What differs between checks of equal settings.
HealthCheck settings_only(HealthCheck check) {
  check.id.clear();
  check.version = 1;
  check.forced = HealthCheck::Forced::automatic;
  check.forced_until.reset();
  return check;
}

/// The same reference again: the check that it made, as long as that is what is wanted.
AwsResult<HealthCheck> made_before(const AwsContext& context, const HealthCheck& wanted,
                                   const std::string& id) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto stored = stored_check(**snapshot, id);
  if (!stored && stored.error().status != 404) return stored.error();
  if (stored && settings_only(stored->check) == settings_only(wanted)) return stored->check;
  return AwsFault{409, "HealthCheckAlreadyExists",
                  "The caller reference " + wanted.caller_reference + " has made health check " +
                      id + (stored ? " with other settings" : ", which was deleted")};
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  auto wanted = read_aws_health_check(call.body);
  if (!wanted) co_return wanted.error();
  if (const auto allowed = permit(context, call, *wanted); !allowed) co_return allowed.error();
  zones::ChangePipeline::Resolve resolve = [check = *wanted](
                                               const zones::Snapshot& state,
                                               zones::Decider by) mutable -> Result<zones::Commit> {
    zones::ObjectKey reference{zones::ObjectKind::caller_reference,
                               "healthcheck/" + check.caller_reference};
    const auto used = state.object(reference);
    if (!used) return used.error();
    if (*used) return Error(ErrorCode::in_use, **used, "/caller_reference");
    const std::string id = zones::new_uuid(by.random);
    auto commit = zones::resolve_object(state, {zones::ObjectKind::health_check, id},
                                        encode_health_check(check), std::move(by));
    if (commit) commit->effects.objects.push_back({std::move(reference), std::nullopt, id});
    return commit;
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done && done.error().pointer() == "/caller_reference") {
    const auto before = made_before(context, *wanted, done.error().detail());
    if (!before) co_return before.error();
    co_return shown("CreateHealthCheckResponse", 201, call, *before);
  }
  if (!done) co_return fault_of(done.error());
  wanted->id = std::get<zones::ObjectKey>(done->commit.scope).id;
  co_return shown("CreateHealthCheckResponse", 201, call, *wanted);
}

Awaitable<AwsResult<Response>> show(AwsContext& context, const AwsCall& call) {
  const auto stored = stored_check(context, call);
  if (!stored) co_return stored.error();
  co_return shown("GetHealthCheckResponse", 200, call, stored->check);
}

/// All that Route 53 has words for, by id.
AwsResult<std::vector<HealthCheck>> all_checks(const AwsContext& context) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto stored = (*snapshot)->objects(zones::ObjectKind::health_check);
  if (!stored) return fault_of(stored.error());
  std::vector<HealthCheck> all;
  for (const auto& [id, text] : *stored) {
    auto check = decode_health_check(id, text);
    if (!check) return fault_of(check.error());
    if (is_aws_health_check(*check)) all.push_back(std::move(*check));
  }
  return all;
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const bool told = call.request.value("maxitems").has_value();
  const auto limit = max_items(call.request, told ? most_checks : usual_checks);
  if (!limit) co_return limit.error();
  const std::string marker = call.request.value("marker").value_or("");
  const auto all = all_checks(context);
  if (!all) co_return all.error();
  auto next = std::find_if(all->begin(), all->end(),
                           [&](const HealthCheck& check) { return check.id >= marker; });
  XmlWriter xml("ListHealthChecksResponse");
  xml.open("HealthChecks");
  for (std::size_t i = 0; next != all->end() && i < *limit; ++i, ++next)
    append_health_check(xml, *next);
  xml.close();
  xml.text("Marker", marker);
  xml.flag("IsTruncated", next != all->end());
  if (next != all->end()) xml.text("NextMarker", next->id);
  xml.number("MaxItems", *limit);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> count(AwsContext& context, const AwsCall&) {
  const auto all = all_checks(context);
  if (!all) co_return all.error();
  XmlWriter xml("GetHealthCheckCountResponse");
  xml.number("HealthCheckCount", all->size());
  co_return xml_response(200, std::move(xml));
}

/// When another change comes first, this one is made again from what that left.
Awaitable<AwsResult<Response>> update(AwsContext& context, const AwsCall& call) {
  for (int attempt = 1;; ++attempt) {
    const auto stored = stored_check(context, call);
    if (!stored) co_return stored.error();
    auto changed = update_aws_health_check(call.body, stored->check);
    if (!changed) co_return changed.error();
    if (const auto allowed = permit(context, call, *changed); !allowed) co_return allowed.error();
    changed->version = stored->check.version + 1;
    zones::ObjectKey key{zones::ObjectKind::health_check, changed->id};
    zones::ChangePipeline::Edit edit =
        [before = stored->text, after = encode_health_check(*changed)](
            const std::optional<std::string>& now) -> Result<std::optional<std::string>> {
      if (now != before)
        return Error(ErrorCode::conflict, "the health check was changed meanwhile; try again");
      return std::optional(after);
    };
    std::string author = aws_author(call.request);
    const auto done = co_await context.services.pipeline.edit_object(
        std::move(key), std::move(edit), std::move(author));
    if (done) co_return shown("UpdateHealthCheckResponse", 200, call, *changed);
    if (done.error().code() != ErrorCode::conflict || attempt == most_attempts)
      co_return fault_of(done.error());
  }
}

/// Also while record sets use it: they count as healthy then (behaviour §10.9).
Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  const auto stored = stored_check(context, call);
  if (!stored) co_return stored.error();
  zones::ObjectKey key{zones::ObjectKind::health_check, stored->check.id};
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.remove_object(std::move(key), true, std::move(author));
  if (!done && done.error().code() == ErrorCode::not_found)
    co_return no_such_health_check(stored->check.id);
  if (!done) co_return fault_of(done.error());
  co_return xml_response(200, XmlWriter("DeleteHealthCheckResponse"));
}

/// This node is the checker of every region.
void append_observations(XmlWriter& xml, const HealthCheck& check,
                         const std::optional<health::ProbeResult>& seen) {
  xml.open("HealthCheckObservations");
  std::vector<std::string> regions;
  if (seen) regions = check.all_regions();
  const std::string address = own_addresses().front().to_string();
  for (const std::string& region : regions) {
    xml.open("HealthCheckObservation");
    xml.text("Region", region);
    xml.text("IPAddress", address);
    xml.open("StatusReport");
    xml.text("Status", (seen->passed ? "Success: " : "Failure: ") + seen->reason);
    xml.text("CheckedTime", format_time(seen->at));
    xml.close();
    xml.close();
  }
  xml.close();
}

enum class Which : std::uint8_t { last, last_failure };

Awaitable<AwsResult<Response>> observations(AwsContext& context, const AwsCall& call,
                                            std::string_view root, Which which) {
  const auto stored = stored_check(context, call);
  if (!stored) co_return stored.error();
  if (stored->check.type == HealthCheck::Type::calculated)
    co_return invalid_input("A calculated health check has no checkers");
  health::CheckId id = stored->check.id;
  const auto status = co_await context.services.check_status(std::move(id));
  std::optional<health::ProbeResult> seen;
  if (status && which == Which::last_failure) seen = status->last_failure;
  if (status && which == Which::last && !status->last.empty()) seen = status->last.front();
  XmlWriter xml(root);
  append_observations(xml, stored->check, seen);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> status(AwsContext& context, const AwsCall& call) {
  return observations(context, call, "GetHealthCheckStatusResponse", Which::last);
}

Awaitable<AwsResult<Response>> last_failure(AwsContext& context, const AwsCall& call) {
  return observations(context, call, "GetHealthCheckLastFailureReasonResponse",
                      Which::last_failure);
}

}  // namespace

std::vector<AwsOperation> health_check_operations() {
  const std::string one = "healthcheck/{check}";
  return {
      {"POST", "healthcheck", Access::write, "CreateHealthCheckRequest", {}, create},
      {"GET", "healthcheck", Access::read, {}, {"marker", "maxitems"}, list},
      {"GET", "healthcheckcount", Access::read, {}, {}, count},
      {"GET", one, Access::read, {}, {}, show},
      {"POST", one, Access::write, "UpdateHealthCheckRequest", {}, update},
      {"DELETE", one, Access::write, {}, {}, remove},
      {"GET", one + "/status", Access::read, {}, {}, status},
      {"GET", one + "/lastfailurereason", Access::read, {}, {}, last_failure},
  };
}

}  // namespace waymark::api
