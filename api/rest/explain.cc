// SPDX-License-Identifier: Apache-2.0
#include "dns/explain.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/health_check_json.h"
#include "api/rest/response_json.h"
#include "api/rest/slot_reasons.h"
#include "api/rest/unpublished.h"
#include "zones/client_objects.h"
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

/// Who places clients: the operator's table comes before the geo database (zones/compile).
class PlaceSource {
 public:
  explicit PlaceSource(const zones::Snapshot* state) : state_(state) {}

  std::string operator()(const IpAddress& client) {
    if (state_ == nullptr) return {};
    if (!places_) {
      auto read = zones::client_places(*state_);
      places_ = read ? std::move(*read) : std::vector<zones::ClientPlace>();
    }
    const bool own = std::any_of(places_->begin(), places_->end(),
                                 [&](const auto& place) { return place.prefix.contains(client); });
    return own ? "operator" : "database";
  }

 private:
  const zones::Snapshot* state_;
  std::optional<std::vector<zones::ClientPlace>> places_;  // read when it is asked for
};

std::string location_name(const zones::Snapshot& state, std::uint32_t collection,
                          std::uint32_t location) {
  const auto all = zones::cidr_collections(state);
  if (!all) return {};
  for (const auto& one : *all)
    if (one.number == collection && location < one.locations.size()) return one.locations[location];
  return {};
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

/// Where the external alias that was chosen at a name and type leads, and what is known of that.
std::string external_label(const zones::Snapshot& state, const Services& services,
                           dns::ZoneNumber number, const dns::Name& name, dns::RrType type,
                           std::uint16_t index) {
  const auto zone = state.zone_numbered(number);
  if (!zone || !*zone) return {};
  const auto sets = state.record_sets_at(**zone, name);
  if (!sets) return {};
  const auto set = std::find_if(sets->begin(), sets->end(), [&](const zones::RecordSet& one) {
    return one.type == type && index-- == 0;
  });
  if (set == sets->end() || !set->alias || !set->alias->external) return {};
  std::string text = (set->set_id.empty() ? "" : set->set_id + ": ") + "external alias of " +
                     set->alias->target.to_string() + ", ";
  const auto status = services.outside.external_alias({set->alias->target, type});
  if (!status || !status->answer)
    text += "not resolved yet";
  else
    text += std::to_string(status->answer->addresses.size()) + " addresses resolved at " +
            format_time(status->answer->resolved_at);
  if (status && !status->last_error.empty())
    text += (status->stale ? ", stale: " : ", last attempt: ") + status->last_error;
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

/// What the numbers of a policy's candidates are.
const char* value_name(const dns::Step& step) {
  if (step.rule == "weighted") return "weight";
  if (step.rule == "failover") return "tier";
  if (step.rule == "geoproximity") return "kilometres";
  return step.rule == "latency" ? "milliseconds" : "value";
}

Json show_candidate(const dns::Step& step, const dns::Step::Candidate& candidate,
                    const SlotReasons& reasons) {
  Json one{{"label", candidate.label},
           {"healthy", candidate.healthy},
           {"chosen", candidate.chosen},
           {value_name(step), candidate.value},
           {"share", candidate.share}};
  if (!candidate.value_from.empty()) one["milliseconds_from"] = candidate.value_from;
  if (candidate.value_from == "nothing") one["milliseconds"] = nullptr;
  if (!candidate.selectable) one["for_client"] = false;
  if (candidate.healthy) return one;
  one["why_out"] = candidate.why_out;
  one["because"] = reasons.list(candidate.slot);
  return one;
}

Json show_step(const dns::Step& step, const SlotReasons& reasons) {
  Json out{{"kind", step.kind}, {"text", step.text}};
  if (step.bits) {
    out["source"] = step.source;
    out["bits"] = *step.bits;
  }
  if (step.rule.empty()) return out;
  out["policy"] = step.rule;
  out["group"] = step.group;
  if (step.of != 0) out["draw"] = {{"drawn", step.drawn}, {"of", step.of}};
  if (step.failed_open) out["failed_open"] = true;
  for (const auto& candidate : step.candidates)
    out["candidates"].push_back(show_candidate(step, candidate, reasons));
  return out;
}

Awaitable<Result<Response>> explain(Context& context, const Request& request) {
  const auto question = question_of(request, context.random);
  if (!question) co_return question.error();
  const auto image = context.services.image();
  if (!image) co_return Error(ErrorCode::unavailable, "nothing has been published yet");
  const auto statuses = co_await context.services.check_statuses();
  const auto snapshot = context.services.store.snapshot();
  const zones::Snapshot* const state = snapshot ? snapshot->get() : nullptr;
  const SlotReasons reasons(*image, context.services.board.health(), statuses, state);
  PlaceSource place_source(state);
  policy::RegionList regions;
  if (state != nullptr)
    if (auto known = zones::regions_of(*state)) regions = std::move(*known);

  std::optional<Unpublished> unpublished;
  if (state != nullptr) {
    auto read = Unpublished::of(*state, *image);
    if (!read) co_return read.error();
    unpublished = std::move(*read);
  }
  std::set<dns::Name> changing;  // met, and otherwise in the store: its set ids are not these
  const auto named = [&](dns::ZoneNumber zone, const dns::Name& name) {
    if (!unpublished) return false;
    if (!unpublished->touches(zone, name)) return true;
    changing.insert(name);
    return false;
  };
  dns::Labels labels;
  std::string instance;  // the first that the walk met
  labels.target = [&](dns::ZoneNumber zone, const dns::Name& name, dns::RrType type,
                      std::uint16_t index) {
    return named(zone, name) ? target_label(*state, zone, name, type, index, instance)
                             : std::string{};
  };
  labels.slot = [&](health::HealthSlot slot) { return reasons.text(slot); };
  labels.region = [&](std::uint16_t number) { return std::string(regions.name(number)); };

  labels.external = [&](dns::ZoneNumber zone, const dns::Name& name, dns::RrType type,
                        std::optional<std::uint16_t> index) {
    return named(zone, name)
               ? external_label(*state, context.services, zone, name, type, index.value_or(0))
               : std::string{};
  };
  labels.place_source = [&](const IpAddress& client) { return place_source(client); };
  labels.location = [&](std::uint32_t collection, std::uint32_t location) {
    return state != nullptr ? location_name(*state, collection, location) : std::string{};
  };

  const auto told = dns::explain(*image, context.services.board.health(), *question, labels);
  Json out{{"name", question->name.to_string()},
           {"type", dns::to_string(question->type)},
           {"client", question->client.to_string()},
           {"subnet", question->subnet ? Json(question->subnet->to_string()) : Json()},
           {"generation", image->generation()},
           {"steps", Json::array()}};
  for (const dns::Step& step : told.steps)
    out["steps"].push_back(show_step(step, reasons));
  for (const dns::Name& name : changing)
    out["steps"].push_back({{"kind", "changing"},
                            {"text", "a change of " + name.to_string() +
                                         " is being published: this is told of the records before "
                                         "it, by their numbers"}});
  if (!instance.empty()) add_instance(out["steps"], *state, instance);
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
