// SPDX-License-Identifier: Apache-2.0
#include "api/server.h"

#include <boost/asio/thread_pool.hpp>

#include "api/http/listener.h"
#include "api/metrics.h"
#include "api/rest/context.h"
#include "api/rest/replay.h"
#include "api/route53/door.h"

namespace waymark::api {

struct Server::Impl {
  Impl(asio::io_context& io, FileDescriptor socket, Services services, bool auth,
       Route53Settings route53_settings)
      : context{std::move(services), Random::from_system(), background},
        authenticator(context.services.store, context.services.clock, context.services.data_dir,
                      auth),
        door{TokenDoor{
                 router, authenticator, Idempotency(context.services.clock),
                 Guesses(context.services.clock), context.services.max_zonefile,
                 [this](const Request& request) { return told_again(context, router, request); }},
             context.services.clock, RequestStats("rest")},
        listener(io, std::move(socket), door) {
    if (route53_settings.listening_socket)
      route53.emplace(io, std::move(route53_settings.listening_socket), context.services,
                      background, route53_settings.signatures);
    add_zone_routes(router, context);
    add_record_routes(router, context);
    add_change_routes(router, context);
    add_restore_routes(router, context);
    add_audit_routes(router, context);
    add_zonefile_routes(router, context);
    add_health_check_routes(router, context);
    add_latency_routes(router, context);
    add_latency_sample_routes(router, context);
    add_external_alias_routes(router, context);
    add_client_routes(router, context);
    add_cidr_routes(router, context);
    add_vpc_routes(router, context);
    add_tag_routes(router, context);
    add_traffic_policy_routes(router, context);
    add_traffic_instance_routes(router, context);
    add_token_routes(router, context);
    add_key_routes(router, context);
    add_explain_routes(router, context);
    add_share_routes(router, context);
    add_simulate_routes(router, context);
    add_status_routes(router, context);
    router.add({"GET",
                "/metrics",
                Access::read,
                Body::none,
                {},
                "Prometheus text format, or OpenMetrics when asked for",
                [this](const Request& request) -> Awaitable<Result<Response>> {
                  HealthReport health;
                  health.checks = co_await context.services.check_statuses();
                  health.trust = co_await context.services.trust();
                  std::vector<const RequestStats*> doors{&door.stats};
                  if (route53) doors.push_back(&route53->stats());
                  const bool openmetrics =
                      request.accept.find("application/openmetrics-text") != std::string::npos;
                  co_return Response{200,
                                     openmetrics ? openmetrics_type : metrics_type,
                                     metrics_text(context.services, doors, health, openmetrics),
                                     {}};
                }});
    add_openapi_route(router);
  }

  /// What runs in the background uses the doors.
  ~Impl() {
    background.stop();
    background.join();
  }

  asio::thread_pool background{1};
  Context context;
  Authenticator authenticator;
  Router router;
  Door door;
  Listener listener;
  std::optional<Route53Door> route53;
};

Server::Server(asio::io_context& io, FileDescriptor listening_socket, Services services, bool auth,
               Route53Settings route53)
    : impl_(std::make_unique<Impl>(io, std::move(listening_socket), std::move(services), auth,
                                   std::move(route53))) {}
Server::~Server() = default;

void Server::start() {
  impl_->listener.start();
  if (impl_->route53) impl_->route53->start();
}
std::size_t Server::sessions() const noexcept {
  return impl_->listener.sessions() + (impl_->route53 ? impl_->route53->sessions() : 0);
}
void Server::use(TlsContext tls) {
  if (impl_->route53) impl_->route53->use(tls);
  impl_->listener.use(std::move(tls));
}
void Server::stop() {
  impl_->listener.stop();
  if (impl_->route53) impl_->route53->stop();
}

}  // namespace waymark::api
