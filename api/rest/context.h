// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/thread_pool.hpp>

#include "api/http/authentication.h"
#include "api/http/json.h"
#include "api/http/message.h"
#include "api/http/router.h"
#include "api/services.h"

namespace waymark::api {

/// What every resource is given. Outlives the router.
struct Context {
  Services services;
  Random random;
  asio::thread_pool& background;  // one thread, for what would hold up the main thread
};

using SnapshotPtr = std::unique_ptr<zones::Snapshot>;

/// By id or by name, the public zone's or that of one private zone alone; `denied` when the token
/// is limited to other zones.
Result<zones::HostedZone> find_zone(const zones::Snapshot& state, const Request& request);
/// The same of a zone that the body names; `who` asks.
Result<zones::HostedZone> find_zone(const zones::Snapshot& state, const std::string& wanted,
                                    const Principal& who);
/// find_zone, or what was so named when it was deleted: for what is past.
Result<zones::HostedZone> find_past_zone(const zones::Snapshot& state, const Request& request);
/// find_zone in a snapshot of its own.
Result<zones::HostedZone> find_zone(const Context& context, const Request& request);

/// The Handler of a coroutine that takes the context.
template <auto Function>
Handler with(Context& context) {
  return [&context](const Request& request) { return Function(context, request); };
}

/// "pending" or "in_sync".
std::string_view status_word(const Context& context, zones::Revision revision) noexcept;

Response json_response(unsigned status, const Json& body);
Response no_content();
/// `{"items": …, "next": cursor or null}`.
Response page(Json items, const std::optional<std::string>& next);

/// ?limit=, 1 to 1000; 100 when it is not given.
Result<std::size_t> limit_of(const Request& request);
/// The version in If-Match: "12" or W/"12"; none when absent or "*".
Result<std::optional<std::uint64_t>> if_match_of(const Request& request);

/// Runs `work` on the background thread and resumes here.
template <class T>
Awaitable<T> in_background(Context& context, std::function<T()> work) {
  co_return co_await asio::co_spawn(
      context.background,
      [](std::function<T()> job) -> Awaitable<T> { co_return job(); }(std::move(work)),
      asio::use_awaitable);
}

void add_zone_routes(Router& router, Context& context);
void add_record_routes(Router& router, Context& context);
void add_change_routes(Router& router, Context& context);
void add_restore_routes(Router& router, Context& context);
void add_audit_routes(Router& router, Context& context);
void add_zonefile_routes(Router& router, Context& context);
void add_health_check_routes(Router& router, Context& context);
void add_latency_routes(Router& router, Context& context);
void add_latency_sample_routes(Router& router, Context& context);
void add_external_alias_routes(Router& router, Context& context);
void add_client_routes(Router& router, Context& context);
void add_cidr_routes(Router& router, Context& context);
void add_vpc_routes(Router& router, Context& context);
void add_traffic_policy_routes(Router& router, Context& context);
void add_traffic_instance_routes(Router& router, Context& context);
void add_tag_routes(Router& router, Context& context);
void add_token_routes(Router& router, Context& context);
void add_key_routes(Router& router, Context& context);
void add_explain_routes(Router& router, Context& context);
void add_share_routes(Router& router, Context& context);
void add_simulate_routes(Router& router, Context& context);
void add_status_routes(Router& router, Context& context);
/// Last: it describes what was added before.
void add_openapi_route(Router& router);

}  // namespace waymark::api
