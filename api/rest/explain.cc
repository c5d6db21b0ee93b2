// SPDX-License-Identifier: Apache-2.0
#include "dns/explain.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <unordered_map>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/health_check_json.h"
#include "api/rest/response_json.h"
#include "zones/traffic_policy.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

Result<dns::Question> question_of(const Request& request, Random& random) {
  const auto name_text = request.value("name");
  if (!name_text) return Error(ErrorCode::missing_field, "the query parameter \"name\" is missing");
  const auto name = dns::Name::parse(*name_text);
  if (!name) return name.error();
  const std::string type_text = request.value("type").value_or("A");
  const auto type = dns::parse_rr_type(type_text);
  if (!type) return Error(ErrorCode::bad_type, "type \"" + type_text + "\" is unknown");
  dns::Question question;
  question.name = *name;
  question.type = *type;
  question.seed = random.next();
  if (const auto text = request.value("client")) {
    const auto client = IpAddress::parse(*text);
    if (!client) return client.error();
    question.client = *client;
  }
  if (const auto text = request.value("listener")) {
    const auto listener = Endpoint::parse(*text);
    if (!listener) return listener.error();
    question.listener = *listener;
  }
  if (const auto text = request.value("subnet")) {
    const auto subnet = IpPrefix::parse(*text);
    if (!subnet) return subnet.error();
    question.subnet = *subnet;
  }
  return question;
}

/// What a health slot stands for: "check/<id>" or a gate's key.
std::map<health::HealthSlot, std::string> slot_texts(
    const dns::Image& image, const std::vector<health::CheckStatus>& statuses) {
  constexpr std::string_view of_check = "check/";
  std::map<health::HealthSlot, std::string> out;
  std::unordered_map<std::string_view, const health::CheckStatus*> known;
  for (const auto& status : statuses)
    known.emplace(status.id, &status);
  for (const auto& spec : image.slots()) {
    std::string text = spec.key;
    if (text.starts_with(of_check)) {
      const std::string id = text.substr(of_check.size());
      text = "health check " + id;
      if (const auto found = known.find(id); found != known.end()) {
        const health::CheckStatus& status = *found->second;
        text += std::string(status.healthy ? ", healthy" : ", unhealthy") + " since " +
                format_time(status.since) + (status.reason.empty() ? "" : ": " + status.reason) +
                (status.held_back.empty() ? "" : "; held back: " + status.held_back);
      }
    }
    out.emplace(health::HealthSlot{spec.slot}, std::move(text));
  }
  // "group/<zone>/<name>/<type>"
  for (auto& [slot, text] : out) {
    constexpr std::string_view of_group = "group/";
    if (!text.starts_with(of_group)) continue;
    const std::size_t zone = text.find('/', of_group.size()), type = text.rfind('/');
    text = "every " + text.substr(type + 1) + " of " + text.substr(zone + 1, type - zone - 1) +
           " is down";
  }
  // "panic/<member>/<group>": what the member is.
  for (auto& [slot, text] : out) {
    constexpr std::string_view of_panic = "panic/";
    if (!text.starts_with(of_panic)) continue;
    const auto member = health::HealthSlot{
        static_cast<std::uint32_t>(std::strtoul(text.c_str() + of_panic.size(), nullptr, 10))};
    const auto found = out.find(member);
    text = (found == out.end() ? std::string("a gate") : found->second) +
           " (under the panic threshold)";
  }
  return out;
}

/// Set ids in the order of the snapshot are the targets.
std::string target_label(const zones::Snapshot& state, dns::ZoneNumber number,
                         const dns::Name& name, dns::RrType type, std::uint16_t index,
                         std::string& instance) {
  const auto zone = state.zone_numbered(number);
  if (!zone || !*zone) return {};
  const auto sets = state.record_sets_at(**zone, name);
  if (!sets) return {};
  for (const auto& set : *sets)
    if (set.type == type && index-- == 0) {
      if (instance.empty()) instance = set.traffic_policy_instance;
      return set.set_id;
    }
  return {};
}

/// Where external aliases of a name and type lead, and what is known of that.
std::string external_label(const zones::Snapshot& state, const Services& services,
                           const dns::Name& name, dns::RrType type) {
  std::string text;
  const auto zone = state.zone_above(name);
  if (!zone || !*zone) return text;
  const auto sets = state.record_sets_at(**zone, name);
  if (!sets) return text;
  for (const auto& set : *sets) {
    if (set.type != type || !set.alias || !set.alias->external) continue;
    text += (text.empty() ? "" : "; ") + (set.set_id.empty() ? "" : set.set_id + ": ") +
            "external alias of " + set.alias->target.to_string() + ", ";
    const auto status = services.outside.external_alias({set.alias->target, type});
    if (!status || !status->answer)
      text += "not resolved yet";
    else
      text += std::to_string(status->answer->addresses.size()) + " addresses resolved at " +
              format_time(status->answer->resolved_at);
    if (status && !status->last_error.empty())
      text += (status->stale ? ", stale: " : ", last attempt: ") + status->last_error;
  }
  return text;
}

/// The step that says whose rules these are, before the first of them.
void add_instance(Json& steps, const zones::Snapshot& state, const std::string& id) {
  const auto instance = zones::traffic_policy_instance(state, id);
  if (!instance) return;
  const auto policy = zones::traffic_policy(state, instance->policy_id);
  const Json step{{"kind", "traffic_policy"},
                  {"text", "traffic policy " + (policy ? policy->name : instance->policy_id) +
                               " version " + std::to_string(instance->version) + " stands at " +
                               instance->name.to_string() + ", as instance " + id}};
  const auto first = std::find_if(steps.begin(), steps.end(), [](const Json& one) {
    return one["kind"] == "policy" || one["kind"] == "answer";
  });
  steps.insert(first, step);
}

/// What the numbers of a policy's candidates are; its step ends with its kind.
const char* value_name(const dns::Step& step) {
  if (step.text.find(" is weighted") != std::string::npos) return "weight";
  if (step.text.find(" is failover") != std::string::npos) return "tier";
  if (step.text.find(" is geoproximity") != std::string::npos) return "kilometres";
  return step.text.find(" is latency") != std::string::npos ? "milliseconds" : "value";
}

Json show_step(const dns::Step& step) {
  Json out{{"kind", step.kind}, {"text", step.text}};
  for (const auto& candidate : step.candidates) {
    Json one{{"label", candidate.label.empty() ? "target " + std::to_string(candidate.index)
                                               : candidate.label},
             {"healthy", candidate.healthy},
             {"chosen", candidate.chosen},
             {value_name(step), candidate.value}};
    if (!candidate.selectable) one["for_client"] = false;
    if (candidate.share > 0) one["share"] = candidate.share;
    if (!candidate.why_out.empty()) one["why_out"] = candidate.why_out;
    out["candidates"].push_back(std::move(one));
  }
  return out;
}

Awaitable<Result<Response>> explain(Context& context, const Request& request) {
  const auto question = question_of(request, context.random);
  if (!question) co_return question.error();
  const auto image = context.services.image();
  if (!image) co_return Error(ErrorCode::unavailable, "nothing has been published yet");
  const auto statuses = co_await context.services.check_statuses();
  const auto slots = slot_texts(*image, statuses);
  const auto snapshot = context.services.store.snapshot();
  policy::RegionList regions;
  if (snapshot)
    if (auto known = zones::regions_of(**snapshot)) regions = std::move(*known);

  dns::Labels labels;
  std::string instance;  // the first that the walk met
  labels.target = [&](dns::ZoneNumber zone, const dns::Name& name, dns::RrType type,
                      std::uint16_t index) {
    return snapshot ? target_label(**snapshot, zone, name, type, index, instance) : std::string{};
  };
  labels.slot = [&](health::HealthSlot slot) {
    const auto found = slots.find(slot);
    return found == slots.end() ? std::string{} : found->second;
  };
  labels.region = [&](std::uint16_t number) { return std::string(regions.name(number)); };

  labels.external = [&](const dns::Name& name, dns::RrType type) {
    return snapshot ? external_label(**snapshot, context.services, name, type) : std::string{};
  };

  const auto told = dns::explain(*image, context.services.board.health(), *question, labels);
  Json out{{"name", question->name.to_string()},
           {"type", dns::to_string(question->type)},
           {"client", question->client.to_string()},
           {"subnet", question->subnet ? Json(question->subnet->to_string()) : Json()},
           {"generation", image->generation()},
           {"steps", Json::array()}};
  for (const dns::Step& step : told.steps)
    out["steps"].push_back(show_step(step));
  if (!instance.empty()) add_instance(out["steps"], **snapshot, instance);
  out.update(show_response(told.response));
  out["scope_prefix"] = told.scope_prefix;
  const auto trust = co_await context.services.trust();
  out["health"] = show_trust(trust, statuses);
  co_return json_response(200, out);
}

}  // namespace

void add_explain_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/explain",
              Access::read,
              Body::none,
              {"name", "type", "client", "subnet", "listener"},
              "The walk the server takes to an answer, step by step",
              with<explain>(context)});
}

}  // namespace waymark::api
