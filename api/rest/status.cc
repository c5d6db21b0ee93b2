// SPDX-License-Identifier: Apache-2.0
#include "api/rest/context.h"
#include "api/rest/health_check_json.h"
#include "dns/quarantine.h"
#include "dns/server/heartbeat.h"

namespace waymark::api {
namespace {

struct Check {
  std::string name, fault;
  bool needed = true;  // false: without it we are degraded, and answer on
};

Json show_workers(const Services& services) {
  Json workers = Json::array();
  const std::uint64_t newest = services.board.generation();
  const auto now =
      static_cast<std::uint64_t>(services.clock.monotonic().time_since_epoch().count());
  for (std::uint32_t i = 0; i < services.board.workers(); ++i) {
    const dns::WorkerSlot& slot = services.board.worker(i);
    const std::uint64_t adopted =
        slot.adopted.load(std::memory_order_relaxed);  // the worker writes
    const std::uint64_t beat = slot.beat.load(std::memory_order_relaxed);
    workers.push_back({{"index", i},
                       {"process", slot.process.load(std::memory_order_relaxed)},
                       {"generation", adopted},
                       {"lag", newest > adopted ? newest - adopted : 0},
                       {"beat_age_ms", beat != 0 && now > beat ? (now - beat) / 1'000'000 : 0}});
  }
  return workers;
}

Awaitable<Result<Response>> status(Context& context, const Request&) {
  const Services& services = context.services;
  const auto statuses = co_await services.check_statuses();
  const auto trust = co_await services.trust();
  Json down = Json::array();
  for (const auto& check : statuses)
    if (!check.healthy) down.push_back(check.id);
  Json listening = Json::array();
  for (const Endpoint& endpoint : services.dns_endpoints)
    listening.push_back(endpoint.to_string());
  const std::string fault = services.store.fault();
  const zones::Revision stored = services.store.applied();
  const zones::Revision answered = services.pipeline.local_revision();
  const auto image = services.image();
  co_return json_response(
      200, {{"dns", std::move(listening)},
            {"generation", services.board.generation()},
            {"quarantined", dns::quarantine(services.board).generation},
            {"known_good", dns::known_good(services.board)},
            {"names", image ? image->names().names() : 0},
            {"workers", show_workers(services)},
            {"store",
             {{"state", fault.empty() ? "ok" : "degraded"},
              {"fault", fault},
              {"revision", stored.number}}},
            {"answered_revision", answered.number},
            {"in_sync", answered >= stored},
            {"health_checks", {{"total", statuses.size()}, {"unhealthy", std::move(down)}}},
            {"health", show_trust(trust, statuses)},
            {"compile_fault", services.compile_fault()}});
}

std::string quarantine_fault(const Services& services) {
  const std::uint64_t generation = dns::quarantine(services.board).generation;
  if (generation == 0) return {};
  return "generation " + std::to_string(generation) +
         " crashed workers and is in quarantine; the one before it answers until a change makes a "
         "newer one: undo the last change";
}

std::string workers_fault(const Services& services) {
  std::string missing;
  const std::uint64_t newest = services.board.generation();
  for (std::uint32_t i = 0; i < services.board.workers(); ++i) {
    const dns::WorkerSlot& slot = services.board.worker(i);
    const bool runs = slot.process.load(std::memory_order_relaxed) != 0 &&
                      dns::beats(slot, services.clock.monotonic());
    if (!runs || (newest != 0 && slot.adopted.load(std::memory_order_relaxed) == 0))
      missing += (missing.empty() ? "" : ", ") + std::to_string(i);
  }
  if (services.board.workers() == 0) return "no worker runs yet";
  return missing.empty() ? missing : "not answering: worker " + missing;
}

Awaitable<Result<Response>> readyz(Context& context, const Request& request) {
  const Services& services = context.services;
  const bool answered = co_await services.self_query();
  const std::vector<Check> checks{
      {"workers", workers_fault(services), true},
      {"self_query", answered ? "" : "no answer on the DNS sockets within a second", true},
      {"store", services.store.fault(), false},
      {"compiler", services.compile_fault(), false},
      {"generation", quarantine_fault(services), false}};
  bool ready = true;
  std::string text;
  for (const Check& check : checks) {
    const bool well = check.fault.empty();
    ready = ready && (well || !check.needed);
    text += std::string(well           ? "[+]"
                        : check.needed ? "[-]"
                                       : "[~]") +
            check.name +
            (well ? " ok" : (check.needed ? " failed: " : " degraded: ") + check.fault) + "\n";
  }
  const std::string summary = ready ? "ready" : "not ready";
  if (request.flag("verbose") || !ready)
    text += summary + "\n";
  else
    text = summary + "\n";
  co_return Response{ready ? 200U : 503U, "text/plain; charset=utf-8", std::move(text), {}};
}

Awaitable<Result<Response>> livez(Context&, const Request&) {
  co_return Response{200, "text/plain; charset=utf-8", "ok\n", {}};
}

}  // namespace

void add_status_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/status",
              Access::read,
              Body::none,
              {},
              "Workers, generation, lag, store and unhealthy checks",
              with<status>(context)});
  router.add({"GET",
              "/livez",
              Access::open,
              Body::none,
              {"verbose"},
              "200 while the process runs",
              with<livez>(context)});
  for (const char* path : {"/readyz", "/healthz"})
    router.add({"GET",
                path,
                Access::open,
                Body::none,
                {"verbose"},
                "200 when every worker answers; ?verbose tells why",
                with<readyz>(context)});
}

}  // namespace waymark::api
