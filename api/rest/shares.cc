// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <numeric>
#include <optional>
#include <vector>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/record_json.h"
#include "api/rest/unpublished.h"
#include "dns/policy_shares.h"

namespace waymark::api {
namespace {

struct Wanted {
  dns::Name name;
  dns::RrType type = dns::RrType::A;
  std::optional<IpPrefix> client;
};

Result<Wanted> wanted_of(const Request& request) {
  Wanted wanted;
  const auto text = request.value("name");
  if (!text) return Error(ErrorCode::missing_field, "the query parameter \"name\" is missing");
  const auto name = parse_absolute(*text);
  if (!name) return name.error();
  wanted.name = *name;
  const std::string type_text = request.value("type").value_or("A");
  const auto type = dns::parse_rr_type(type_text);
  if (!type) return Error(ErrorCode::bad_type, "type \"" + type_text + "\" is unknown");
  wanted.type = *type;
  if (const auto client_text = request.value("client")) {
    const auto client = IpPrefix::parse(*client_text);
    if (!client) return client.error();
    wanted.client = *client;
  }
  return wanted;
}

/// Set identifiers in the order of the targets.
Result<std::vector<std::string>> set_ids(const zones::Snapshot& state,
                                         const zones::HostedZone& zone, const Wanted& wanted) {
  const auto sets = state.record_sets_at(zone, wanted.name);
  if (!sets) return sets.error();
  std::vector<std::string> ids;
  for (const zones::RecordSet& set : *sets)
    if (set.type == wanted.type) ids.push_back(set.set_id);
  return ids;
}

Json show(const dns::Board& board, const Wanted& wanted, const std::vector<std::string>& ids,
          const dns::PolicyShares& shares) {
  const auto& counting = shares.counting;
  std::vector<std::uint64_t> counts(ids.size());
  for (std::size_t i = 0; counting.counter != 0 && i < counts.size(); ++i)
    counts[i] = board.answers(std::size_t{counting.counter} + i, counting.tag);
  const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  const auto since = board.counted_since().since(counting.counter, counting.tag);

  Json out{{"name", wanted.name.to_string()},
           {"type", dns::to_string(wanted.type)},
           {"client", wanted.client ? Json(wanted.client->to_string()) : Json()},
           {"counted", counting.counter != 0},
           {"since", since ? Json(format_time(TimePoint(std::chrono::seconds(*since)))) : Json()},
           {"count", total},
           {"items", Json::array()}};
  for (std::size_t i = 0; i < ids.size(); ++i)
    out["items"].push_back(
        {{"set_id", ids[i]},
         {"intended", shares.intended ? Json((*shares.intended)[i]) : Json()},
         {"count", counts[i]},
         {"measured", total != 0 ? Json(static_cast<double>(counts[i]) / static_cast<double>(total))
                                 : Json()}});
  return out;
}

Error being_published(const dns::Name& name) {
  return {ErrorCode::unavailable,
          "a change of the record sets at " + name.to_string() + " is being published; try again"};
}

Awaitable<Result<Response>> shares(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zone = find_zone(**snapshot, request);
  if (!zone) co_return zone.error();
  const auto wanted = wanted_of(request);
  if (!wanted) co_return wanted.error();
  if (!wanted->name.is_under(zone->name))
    co_return Error(ErrorCode::outside_zone,
                    wanted->name.to_string() + " is not in zone " + zone->name.to_string());
  const auto ids = set_ids(**snapshot, *zone, *wanted);
  if (!ids) co_return ids.error();
  const auto image = context.services.image();
  if (image) {
    const auto unpublished = Unpublished::of(**snapshot, *image);
    if (!unpublished) co_return unpublished.error();
    if (unpublished->touches(zone->number, wanted->name)) co_return being_published(wanted->name);
  }
  const auto found = image ? dns::policy_shares(*image, context.services.board.health(),
                                                dns::Space::of(zone->private_number()),
                                                wanted->name, wanted->type, wanted->client)
                           : std::nullopt;
  if (!found)
    co_return Error(ErrorCode::record_not_found, "no record sets compete at " +
                                                     wanted->name.to_string() + " " +
                                                     dns::to_string(wanted->type));
  if (found->targets != ids->size()) co_return being_published(wanted->name);
  co_return json_response(200, show(context.services.board, *wanted, *ids, *found));
}

}  // namespace

void add_share_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/zones/{zone}/shares",
              Access::read,
              Body::none,
              {"name", "type", "client"},
              "What each competing record set should get, and what it got",
              with<shares>(context)});
}

}  // namespace waymark::api
