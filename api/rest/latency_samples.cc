// SPDX-License-Identifier: Apache-2.0
//
// What clients measured: POST /v1/latency/samples.
#include <set>

#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "policy/latency_learner.h"
#include "policy/latency_table.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_samples = 10'000, most_faults = 100;
constexpr double least_milliseconds = 0.01, most_milliseconds = 60'000;

std::optional<policy::LatencySample> read_sample(const Json& json, const std::string& where,
                                                 const policy::RegionList& regions,
                                                 std::vector<Error>& faults) {
  const std::size_t before = faults.size();
  Fields fields(json, where, faults);
  policy::LatencySample sample;
  const std::string prefix = fields.needed_text("prefix");
  sample.region = fields.needed_text("region");
  const bool measured = fields.need("ms") != nullptr;
  const auto milliseconds = fields.maybe_decimal("ms", least_milliseconds, most_milliseconds);
  fields.refuse_others();
  const auto parsed = IpPrefix::parse(prefix);
  if (!prefix.empty() && !parsed) fields.fault(parsed.error(), "prefix");
  if (!sample.region.empty() && !regions.number(sample.region))
    fields.fault(ErrorCode::bad_value,
                 "region \"" + sample.region + "\" is not known; add it to /v1/regions", "region");
  if (faults.size() > before || !measured || !milliseconds) return std::nullopt;
  sample.prefix = *parsed;
  sample.milliseconds = *milliseconds;
  return sample;
}

/// Every prefix costs a figure for each region that there is.
Result<void> check_cells(const policy::LatencyLearner& learner,
                         const std::vector<policy::LatencySample>& samples, std::size_t regions) {
  std::set<IpPrefix> more;
  for (const policy::LatencySample& sample : samples)
    if (!learner.knows(sample.prefix)) more.insert(sample.prefix);
  const std::size_t prefixes = learner.prefixes() + more.size();
  if (more.empty() || prefixes * regions <= policy::most_latency_cells) return {};
  return Error(ErrorCode::too_large,
               std::to_string(prefixes) + " prefixes and " + std::to_string(regions) +
                   " regions; at most " + std::to_string(policy::most_latency_cells) +
                   " figures are kept: tell shorter prefixes, or drop regions",
               "/samples");
}

/// All or nothing: one fault, and no sample counts.
Awaitable<Result<Response>> post_samples(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto regions = zones::regions_of(**snapshot);
  if (!regions) co_return regions.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const Json* list = fields.need("samples");
  fields.refuse_others();
  std::vector<policy::LatencySample> samples;
  if (list != nullptr && (!list->is_array() || list->empty()))
    fields.fault(ErrorCode::bad_value, "a list of at least one sample is needed", "samples");
  else if (list != nullptr && list->size() > most_samples)
    fields.fault(ErrorCode::too_large,
                 std::to_string(list->size()) + " samples; a request has at most 10000", "samples");
  else if (list != nullptr)
    for (std::size_t i = 0; i < list->size() && faults.size() < most_faults; ++i)
      if (auto one = read_sample((*list)[i], "/samples/" + std::to_string(i), *regions, faults))
        samples.push_back(std::move(*one));
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();
  if (auto fits = check_cells(context.services.outside.learner(), samples, regions->count()); !fits)
    co_return fits.error();
  context.services.outside.learn(samples);
  co_return json_response(200, {{"accepted", samples.size()}});
}

}  // namespace

void add_latency_sample_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/latency/samples",
              Access::write,
              Body::json,
              {},
              "Tell what clients measured; it counts where the operator's table says nothing",
              with<post_samples>(context)});
}

}  // namespace waymark::api
