// SPDX-License-Identifier: Apache-2.0
//
// How much there may be, and how much there is.
#include <limits>

#include "api/route53/door.h"
#include "zones/delegation_sets.h"
#include "zones/traffic_policy.h"
#include "zones/vpcs.h"

namespace waymark::api {
namespace {

// Nothing but the numbers that zones and rows are given bounds these.
constexpr std::uint64_t unlimited = std::numeric_limits<std::uint32_t>::max();

Response limit_response(std::string_view root, std::string_view type, std::uint64_t limit,
                        std::uint64_t count) {
  XmlWriter xml(root);
  xml.open("Limit");
  xml.text("Type", type);
  xml.number("Value", limit);
  xml.close();
  xml.number("Count", count);
  return xml_response(200, std::move(xml));
}

template <class T>
AwsResult<std::uint64_t> count_of(const Result<std::vector<T>>& things) {
  if (!things) return fault_of(things.error());
  return std::uint64_t{things->size()};
}

/// How many there are of a type, and how many there may be.
struct Count {
  std::uint64_t limit;
  AwsResult<std::uint64_t> count;
};

std::optional<Count> count_account(const AwsContext& context, const zones::Snapshot& state,
                                   std::string_view type) {
  if (type == "MAX_HEALTH_CHECKS_BY_OWNER")
    return Count{context.services.board.health().capacity(),
                 count_of(state.objects(zones::ObjectKind::health_check))};
  if (type == "MAX_HOSTED_ZONES_BY_OWNER") return Count{unlimited, count_of(state.zones())};
  if (type == "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER")
    return Count{zones::most_delegation_sets,
                 count_of(state.objects(zones::ObjectKind::delegation_set))};
  if (type == "MAX_TRAFFIC_POLICIES_BY_OWNER")
    return Count{zones::max_traffic_policies, count_of(zones::traffic_policies(state))};
  if (type == "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER")
    return Count{unlimited, count_of(zones::traffic_policy_instances(state))};
  return std::nullopt;
}

Awaitable<AwsResult<Response>> account(AwsContext& context, const AwsCall& call) {
  const std::string& type = call.request.parameter("type");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto found = count_account(context, **snapshot, type);
  if (!found) co_return invalid_input("there is no limit of the type " + type);
  if (!found->count) co_return found->count.error();
  co_return limit_response("GetAccountLimitResponse", type, found->limit, *found->count);
}

Awaitable<AwsResult<Response>> hosted_zone(AwsContext& context, const AwsCall& call) {
  const std::string& type = call.request.parameter("type");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = aws_zone(**snapshot, call.request);
  if (!zone) co_return zone.error();
  constexpr std::string_view root = "GetHostedZoneLimitResponse";
  if (type == "MAX_RRSETS_BY_ZONE")
    co_return limit_response(root, type, unlimited, zone->record_sets);
  if (type != "MAX_VPCS_ASSOCIATED_BY_ZONE")
    co_return invalid_input("there is no limit of the type " + type);
  if (!zone->is_private())
    co_return AwsFault{400, "HostedZoneNotPrivate",
                       "The hosted zone " + zone->id.text + " is public"};
  co_return limit_response(root, type, zones::most_zone_vpcs, zone->vpcs.size());
}

}  // namespace

std::vector<AwsOperation> limit_operations() {
  return {
      {"GET", "accountlimit/{type}", Access::read, {}, {}, account},
      {"GET", "hostedzonelimit/{zone}/{type}", Access::read, {}, {}, hosted_zone},
  };
}

}  // namespace waymark::api
