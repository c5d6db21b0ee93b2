// SPDX-License-Identifier: Apache-2.0
//
// What is known of the targets of external aliases: GET /v1/external-aliases.
#include <chrono>

#include "api/http/times.h"
#include "api/rest/context.h"

namespace waymark::api {
namespace {

constexpr std::string_view fault_of_cursor = "this cursor is not one of ours";
constexpr std::size_t most_names = 100;  // of the aliases that lead to one target

std::string cursor_of(const zones::ExternalTarget& target) {
  return target.name.to_string() + " " + dns::to_string(target.type);
}

Result<zones::ExternalTarget> parse_cursor(const std::string& text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos) return Error(ErrorCode::bad_value, std::string(fault_of_cursor));
  const auto name = dns::Name::parse(text.substr(0, blank));
  const auto type = dns::parse_rr_type(text.substr(blank + 1));
  if (!name || !type) return Error(ErrorCode::bad_value, std::string(fault_of_cursor));
  return zones::ExternalTarget{*name, *type};
}

const char* state_of(const zones::ExternalStatus& one) {
  if (!one.answer) return "unresolved";
  if (one.stale) return "stale";
  return one.answer->addresses.empty() ? "no_address" : "fresh";
}

Json show(const zones::ExternalStatus& one, TimePoint now) {
  Json out{{"target", one.target.name.to_string()},
           {"type", dns::to_string(one.target.type)},
           {"state", state_of(one)},
           {"addresses", Json::array()},
           {"ttl", nullptr},
           {"resolved_at", nullptr},
           {"age_seconds", nullptr},
           {"failures", one.failures},
           {"last_error", one.last_error},
           {"next_attempt_in", std::chrono::duration<double>(one.next).count()},
           {"aliases", one.owners.size()},
           {"names", Json::array()}};
  if (one.answer) {
    for (const IpAddress& address : one.answer->addresses)
      out["addresses"].push_back(address.to_string());
    out["ttl"] = one.answer->ttl;
    out["resolved_at"] = format_time(one.answer->resolved_at);
    out["age_seconds"] =
        std::chrono::duration_cast<std::chrono::seconds>(now - one.answer->resolved_at).count();
  }
  for (const zones::ExternalOwner& owner : one.owners) {
    if (out["names"].size() == most_names) break;
    out["names"].push_back({{"name", owner.name.to_string()}, {"zone_id", owner.zone}});
  }
  return out;
}

Awaitable<Result<Response>> list_external(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  std::optional<zones::ExternalTarget> after;
  if (const auto text = request.value("cursor")) {
    const auto cursor = parse_cursor(*text);
    if (!cursor) co_return cursor.error();
    after = *cursor;
  }
  Json items = Json::array();
  std::optional<std::string> next;
  std::string last;
  for (const zones::ExternalStatus& one : context.services.outside.external_aliases()) {
    if (after && one.target <= *after) continue;
    if (items.size() == *limit) {
      next = last;
      break;
    }
    items.push_back(show(one, context.services.clock.now()));
    last = cursor_of(one.target);
  }
  co_return page(std::move(items), next);
}

}  // namespace

void add_external_alias_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/external-aliases",
              Access::read,
              Body::none,
              {"limit", "cursor"},
              "The targets of external aliases: addresses, age, last error",
              with<list_external>(context)});
}

}  // namespace waymark::api
