// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/health_check_json.h"
#include "api/rest/record_json.h"
#include "api/rest/simulated_health.h"
#include "api/rest/simulated_shares.h"
#include "zones/compile/trial.h"
#include "zones/store/proposed_store.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_clients = 1000, most_changes = 1000, most_dead = 1000;
constexpr std::size_t most_ways = 200'000;  // walks, before and after together
constexpr std::uint64_t most_weight = 1'000'000'000;

/// A request as it was read; what is wrong with it is kept with it, to be told with the rest.
struct Asked {
  dns::Name name;
  dns::RrType type = dns::RrType::A;
  ClientMix clients;
  std::map<health::CheckId, bool> force;  // healthy or not
  std::vector<IpAddress> down;
  std::string zone;  // of the batch
  std::optional<Json> batch;
  std::vector<Error> faults;
};

/// What the background thread needs besides.
struct Sources {
  const zones::Store& store;
  std::shared_ptr<const dns::Image> image;
  health::HealthTable board;
  const Clock& clock;
  Random random;
  Principal principal;
  zones::OutsideKnown outside;
};

void read_client(const Json& json, const std::string& pointer, Asked& asked) {
  Fields fields(json, pointer, asked.faults);
  const std::string text = fields.needed_text("prefix");
  const auto weight = fields.number("weight", 1, most_weight, 1);
  const std::string listener_text = fields.text("listener");
  const auto listener =
      listener_text.empty() ? Result<Endpoint>(Endpoint()) : Endpoint::parse(listener_text);
  if (!listener) fields.fault(listener.error(), "listener");
  fields.refuse_others();
  if (text.empty() || !listener) return;
  const auto subnet = IpPrefix::parse(text);
  if (!subnet) return fields.fault(subnet.error(), "prefix");
  asked.clients.parts.push_back({*subnet, static_cast<double>(weight), *listener});
}

void read_clients(const Context& context, Fields& fields, Asked& asked) {
  const Json* clients = fields.find("clients");
  if (clients == nullptr) {  // one of which nothing is known
    asked.clients.parts.push_back({{IpAddress::v4(0), 0}, 1});
  } else if (clients->is_string() && *clients == "recorded") {
    for (const auto& [subnet, seen] : context.services.recorded_clients())
      asked.clients.parts.push_back({subnet, static_cast<double>(seen)});
    if (asked.clients.parts.empty())
      fields.fault(ErrorCode::unavailable,
                   "no clients are recorded yet; is the server's --query-log on?", "clients");
  } else if (!clients->is_array() || clients->empty() || clients->size() > most_clients) {
    fields.fault(
        ErrorCode::bad_value,
        "\"recorded\", or a list of 1 to " + std::to_string(most_clients) + " prefixes is needed",
        "clients");
  } else {
    for (std::size_t i = 0; i < clients->size(); ++i)
      read_client((*clients)[i], fields.pointer("clients") + "/" + std::to_string(i), asked);
  }
}

void read_forces(Fields& fields, Asked& asked) {
  const Json* force = fields.find("force");
  if (force != nullptr && !force->is_object())
    fields.fault(ErrorCode::bad_value, "an object of check ids is needed", "force");
  if (force != nullptr && force->is_object()) {
    Fields inside(*force, fields.pointer("force"), asked.faults);
    for (const auto& [id, unused] : force->items()) {
      const std::string state = inside.text(id);
      if (state == "up" || state == "down")
        asked.force.emplace(id, state == "up");
      else if (!state.empty())
        inside.fault(ErrorCode::bad_value, "\"" + state + "\" is unknown; use up or down", id);
    }
  }
  const auto down = fields.texts("down");
  if (down.size() > most_dead)
    fields.fault(ErrorCode::bad_value, "at most " + std::to_string(most_dead) + " addresses",
                 "down");
  for (std::size_t i = 0; i < std::min(down.size(), most_dead); ++i) {
    const auto address = IpAddress::parse(down[i]);
    if (address)
      asked.down.push_back(*address);
    else
      asked.faults.push_back(address.error().at(fields.pointer("down") + "/" + std::to_string(i)));
  }
}

Asked read(const Context& context, const Json& body) {
  Asked asked;
  Fields fields(body, "", asked.faults);
  if (const std::string text = fields.needed_text("name"); !text.empty()) {
    const auto name = parse_absolute(text);
    if (name)
      asked.name = *name;
    else
      fields.fault(name.error(), "name");
  }
  const std::string type_text = fields.text("type", "A");
  if (const auto type = dns::parse_rr_type(type_text))
    asked.type = *type;
  else
    fields.fault(ErrorCode::bad_type, "type \"" + type_text + "\" is unknown", "type");
  read_clients(context, fields, asked);
  read_forces(fields, asked);
  asked.zone = fields.text("zone");
  if (const Json* batch = fields.find("batch")) {
    asked.batch = *batch;
    if (asked.zone.empty()) fields.need("zone");
  } else if (!asked.zone.empty()) {
    fields.fault(ErrorCode::missing_field, "a zone is named, and no batch for it", "batch");
  }
  fields.refuse_others();
  return asked;
}

void add_fault(std::vector<Error>& faults, const Error& error, std::string_view at) {
  if (error.causes().empty()) return faults.push_back(error.at(at));
  for (const Error& cause : error.causes())
    faults.push_back(cause.at(at));
}

Result<std::vector<health::HealthCheck>> checks_of(const zones::Snapshot& state) {
  const auto objects = state.objects(zones::ObjectKind::health_check);
  if (!objects) return objects.error();
  std::vector<health::HealthCheck> checks;
  for (const auto& [id, json] : *objects) {
    auto check = decode_health_check(id, json);
    if (!check) return check.error();
    checks.push_back(std::move(*check));
  }
  return checks;
}

/// The batch as a commit; what is wrong with it goes to the faults.
Result<std::optional<zones::Commit>> propose(const zones::Snapshot& state, Asked& asked,
                                             Sources& sources) {
  std::optional<zones::Commit> commit;
  if (!asked.batch || asked.zone.empty()) return commit;
  Request naming;
  naming.parameters.emplace("zone", asked.zone);
  naming.principal = sources.principal;
  const auto zone = find_zone(state, naming);
  if (!zone) {
    add_fault(asked.faults, zone.error(), "/zone");
    return commit;
  }
  const auto batch = decode_batch(zone->id, *asked.batch);
  if (batch.changes.size() > most_changes) {
    asked.faults.emplace_back(ErrorCode::too_large,
                              "at most " + std::to_string(most_changes) + " changes",
                              "/batch/changes");
    return commit;
  }
  const std::string author = sources.principal.author();
  auto resolved = zones::resolve(state, batch, {sources.clock, sources.random, author});
  if (resolved)
    commit = std::move(*resolved);
  else if (resolved.error().code() == ErrorCode::unavailable)
    return resolved.error();
  else
    add_fault(asked.faults, resolved.error(), "/batch");
  return commit;
}

/// What the checks would say, and in `notes` what nobody would notice.
SimulatedHealth::Forced forced_by(Asked& asked, const std::vector<health::HealthCheck>& checks,
                                  TimePoint now, Json& notes) {
  SimulatedHealth::Forced forced;
  for (const IpAddress& address : asked.down) {
    const auto noticed = noticed_by(address, checks, now);
    forced.insert(noticed.begin(), noticed.end());
    if (noticed.empty())
      notes.push_back("no health check probes " + address.to_string() +
                      ": nothing would take it out");
  }
  const Json none = Json::object();
  const Fields inside(none, "/force", asked.faults);
  std::set<std::string_view> known;
  for (const auto& check : checks)
    known.insert(check.id);
  for (const auto& [id, healthy] : asked.force) {
    forced[id] = healthy;  // who forces a check knows better
    if (!known.contains(id))
      asked.faults.emplace_back(ErrorCode::health_check_missing,
                                "there is no health check \"" + id + "\"", inside.pointer(id));
  }
  return forced;
}

Json beside(double before, double after) {
  return {{"before", before}, {"after", after}};
}

/// What either side has, with 0 where the other has it not.
Json compare(const SimulatedShares& before, const SimulatedShares& after) {
  Json out{{"sets", Json::array()}, {"endpoints", Json::array()}};
  auto both = [](auto left, const auto& right, auto&& put) {
    left.insert(right.begin(), right.end());
    for (const auto& [key, unused] : left)
      put(key);
  };
  const auto at = [](const auto& shares, const auto& key) {
    const auto found = shares.find(key);
    return found == shares.end() ? 0.0 : found->second;
  };
  both(before.sets, after.sets, [&](const SimulatedShares::Set& key) {
    const auto& [name, type, set_id] = key;
    Json one{{"name", name}, {"type", type}, {"set_id", set_id}};
    one.update(beside(at(before.sets, key), at(after.sets, key)));
    out["sets"].push_back(std::move(one));
  });
  both(before.endpoints, after.endpoints, [&](const std::string& value) {
    Json one{{"value", value}};
    one.update(beside(at(before.endpoints, value), at(after.endpoints, value)));
    out["endpoints"].push_back(std::move(one));
  });
  out["no_answer"] = beside(before.no_answer, after.no_answer);
  out["failed_open"] = beside(before.failed_open, after.failed_open);
  return out;
}

/// Background thread: the state is read, the batch judged and compiled, and nothing kept.
Result<Json> run(Asked& asked, Sources& sources) {
  auto opened = sources.store.snapshot();
  if (!opened) return opened.error();
  const std::shared_ptr<const zones::Snapshot> state = std::move(*opened);
  if (const auto zone = state->zone_above(asked.name);
      zone && *zone && !permitted(sources.principal, **zone))
    return Error(ErrorCode::denied, "this token is not for the zone of that name", "/name");
  const auto checks = checks_of(*state);
  if (!checks) return checks.error();
  auto commit = propose(*state, asked, sources);
  if (!commit) return commit.error();
  const TimePoint now = sources.clock.now();
  Json notes = Json::array();
  const auto forced = forced_by(asked, *checks, now, notes);
  if (auto judged = verdict(std::move(asked.faults)); !judged) return judged.error();

  std::optional<zones::ProposedStore> proposed;
  if (*commit) proposed.emplace(state, std::move(**commit));
  const zones::Store& after_store = proposed ? *proposed : sources.store;
  const auto trial =
      zones::compile_trial(after_store, *sources.image, Random(sources.random), sources.outside);
  if (!trial) return trial.error();
  const auto after_state = after_store.snapshot();
  if (!after_state) return after_state.error();

  const SimulatedHealth health_now(sources.board);
  const SimulatedHealth health_then(sources.board, *trial, *checks, forced, now);
  std::size_t ways = most_ways;
  const auto before = simulate_shares(*sources.image, health_now.table(), *state, asked.name,
                                      asked.type, asked.clients, ways);
  if (!before) return before.error();
  const auto after = simulate_shares(trial->image, health_then.table(), **after_state, asked.name,
                                     asked.type, asked.clients, ways);
  if (!after) return after.error();

  Json out{{"name", asked.name.to_string()},
           {"type", dns::to_string(asked.type)},
           {"clients", asked.clients.parts.size()},
           {"generation", sources.image->generation()}};
  out.update(compare(*before, *after));
  out["notes"] = std::move(notes);
  return out;
}

Awaitable<Result<Response>> simulate(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  const auto asked = std::make_shared<Asked>(read(context, *body));
  const auto image = context.services.image();
  if (!image || image->generation() == 0)
    co_return Error(ErrorCode::unavailable, "nothing has been published yet");
  const auto sources = std::make_shared<Sources>(Sources{
      context.services.store, image, context.services.board.health(), context.services.clock,
      Random(context.random.next()), request.principal, context.services.outside.known()});
  std::function<Result<Json>()> work = [asked, sources] { return run(*asked, *sources); };
  const auto out = co_await in_background<Result<Json>>(context, work);
  if (!out) co_return out.error();
  co_return json_response(200, *out);
}

}  // namespace

void add_simulate_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/simulate",
              Access::read,
              Body::json,
              {},
              "Who would get what, before and after a change, with endpoints that die",
              with<simulate>(context)});
}

}  // namespace waymark::api
