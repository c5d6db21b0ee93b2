// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include "api/http/times.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "policy/latency_table.h"
#include "policy/regions.h"
#include "zones/client_objects.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using Key = zones::ObjectKey;
const Key table_key{zones::ObjectKind::latency, "table"},
    regions_key{zones::ObjectKind::latency, "regions"};
constexpr std::size_t most_regions = 1024, most_region_octets = 64;

struct Measurement {
  IpPrefix prefix;
  std::string region;
  std::uint64_t milliseconds = 0;
};

std::vector<std::string> split_at(std::string_view text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at)
      parts.emplace_back();
    else if (c != '\r')
      parts.back() += c;
  }
  return parts;
}

bool is_region(std::string_view name) {
  return !name.empty() && name.size() <= most_region_octets &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.';
         });
}

void add(const std::string& prefix, const std::string& region,
         std::optional<std::uint64_t> milliseconds, const std::string& where,
         std::vector<Measurement>& out, std::vector<Error>& faults) {
  const auto parsed = IpPrefix::parse(prefix);
  if (!parsed) faults.push_back(parsed.error().at(where));
  if (!is_region(region))
    faults.emplace_back(ErrorCode::bad_value,
                        "region \"" + region + "\" is no name; use a-z, 0-9, - _ .", where);
  if (!milliseconds || *milliseconds >= policy::no_measurement)
    faults.emplace_back(ErrorCode::bad_value, "milliseconds must be a whole number, 0 to 65534",
                        where);
  if (parsed && milliseconds) out.push_back({*parsed, region, *milliseconds});
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Lines PREFIX,REGION,MS; a header line and blank ones are passed over.
Result<std::vector<Measurement>> read_csv(std::string_view text) {
  std::vector<Measurement> out;
  std::vector<Error> faults;
  const auto lines = split_at(text, '\n');
  for (std::size_t i = 0; i < lines.size() && faults.size() < 100; ++i) {
    if (lines[i].empty() || (i == 0 && lines[i].starts_with("prefix,"))) continue;
    const auto parts = split_at(lines[i], ',');
    const std::string where = "/" + std::to_string(i + 1);
    if (parts.size() == 3)
      add(parts[0], parts[1], number_in(parts[2]), where, out, faults);
    else
      faults.emplace_back(ErrorCode::bad_value,
                          "line " + std::to_string(i + 1) + " is not PREFIX,REGION,MS", where);
  }
  if (!faults.empty()) return Error::batch(std::move(faults));
  return out;
}

Result<std::vector<Measurement>> read_json(std::string_view text) {
  const auto body = parse_object(text);
  if (!body) return body.error();
  std::vector<Measurement> out;
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  fields.texts("regions");  // GET shows them; entries say all
  for (const char* shown : {"learned", "counts"})
    (void)fields.has(shown);  // GET shows these as well; what is learned is nobody's to set
  const Json* entries = fields.need("entries");
  fields.refuse_others();
  if (entries != nullptr && !entries->is_array())
    fields.fault(ErrorCode::bad_value, "a list is needed", "entries");
  for (std::size_t i = 0; entries != nullptr && entries->is_array() && i < entries->size(); ++i) {
    Fields entry((*entries)[i], "/entries/" + std::to_string(i), faults);
    const std::string prefix = entry.needed_text("prefix");
    const Json* latencies = entry.need("latencies");
    entry.refuse_others();
    if (latencies == nullptr || prefix.empty()) continue;
    if (!latencies->is_object()) {
      entry.fault(ErrorCode::bad_value, "an object of region and milliseconds is needed",
                  "latencies");
      continue;
    }
    for (const auto& [region, value] : latencies->items()) {
      std::optional<std::uint64_t> milliseconds;
      if (value.is_number_unsigned()) milliseconds = value.get<std::uint64_t>();
      add(prefix, region, milliseconds, entry.pointer("latencies"), out, faults);
    }
  }
  if (!faults.empty()) return Error::batch(std::move(faults));
  return out;
}

struct Stored {
  policy::RegionList regions;
  std::string table;
};

Result<Stored> read_stored(const Context& context) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  auto regions = zones::regions_of(**snapshot);
  const auto table = (*snapshot)->object(table_key);
  if (!regions) return regions.error();
  if (!table) return table.error();
  return Stored{std::move(*regions), table->value_or("")};
}

/// What is learned, beside the operator's `entries`.
struct Learned {
  Json prefixes = Json::array();
  std::size_t counting = 0, waiting = 0;
};

Learned show_learned(const policy::LatencyLearner& learner) {
  Learned out;
  learner.for_each(
      [&](const policy::LatencyLearner::Key& key, const policy::LatencyLearner::Entry& entry) {
        const std::string prefix = key.first.to_string();
        if (out.prefixes.empty() || out.prefixes.back()["prefix"] != prefix)
          out.prefixes.push_back({{"prefix", prefix}, {"regions", Json::object()}});
        ++(entry.counts != 0 ? out.counting : out.waiting);
        out.prefixes.back()["regions"][key.second] = {
            {"ms", entry.counts != 0 ? Json(entry.counts) : Json()},
            {"mean_ms", std::round(entry.mean * 10) / 10},
            {"samples", entry.samples},
            {"last_sample_at", format_time(entry.at)}};
      });
  return out;
}

Result<Response> show_table(const Context& context, bool csv, const Learned& learned) {
  const auto stored = read_stored(context);
  if (!stored) return stored.error();
  std::string lines = "prefix,region,ms\n";
  Json regions = Json::array(), entries = Json::array();
  std::size_t given = 0;
  for (std::uint16_t i = 0; i < stored->regions.count(); ++i)
    regions.push_back(stored->regions.name(i));
  for (const std::string& line : split_at(stored->table, '\n')) {
    const auto parts = split_at(line, '\t');
    if (parts.size() != 3) continue;
    ++given;
    if (csv) {
      lines.append(parts[0]).append(",").append(parts[1]).append(",").append(parts[2]).append("\n");
      continue;
    }
    if (entries.empty() || entries.back()["prefix"] != parts[0])
      entries.push_back({{"prefix", parts[0]}});
    entries.back()["latencies"][parts[1]] = number_in(parts[2]).value_or(0);
  }
  if (csv) return Response{200, "text/csv", std::move(lines), {}};
  return json_response(200, {{"regions", std::move(regions)},
                             {"entries", std::move(entries)},
                             {"learned", learned.prefixes},
                             {"counts",
                              {{"operator", given},
                               {"learned", learned.counting},
                               {"learned_waiting", learned.waiting}}}});
}

/// Not on the main thread: a large table takes seconds to write out. What is learned is asked
/// before, where it is learned.
Awaitable<Result<Response>> get_table(Context& context, const Request& request) {
  const bool csv = request.accept.find("text/csv") != std::string::npos;
  Learned learned;
  if (!csv) learned = show_learned(context.services.outside.learner());
  std::function<Result<Response>()> work = [&context, csv, learned = std::move(learned)] {
    return show_table(context, csv, learned);
  };
  co_return co_await in_background(context, std::move(work));
}

/// Regions first: the table may only name what is known.
Awaitable<Result<Response>> put_table(Context& context, const Request& request) {
  std::function<Result<std::vector<Measurement>>()> read = [&request] {
    return request.content_type.starts_with("text/csv") ? read_csv(request.body)
                                                        : read_json(request.body);
  };
  auto measured = co_await in_background(context, std::move(read));
  if (!measured) co_return measured.error();
  const auto stored = read_stored(context);
  if (!stored) co_return stored.error();
  std::vector<std::string> own = stored->regions.own();
  std::string table;
  std::stable_sort(measured->begin(), measured->end(),
                   [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
  std::size_t prefixes = 0;
  const IpPrefix* last = nullptr;
  for (const Measurement& one : *measured) {
    prefixes += last == nullptr || *last != one.prefix ? 1U : 0U;
    last = &one.prefix;
    if (!stored->regions.number(one.region) &&
        std::find(own.begin(), own.end(), one.region) == own.end())
      own.push_back(one.region);
    table +=
        one.prefix.to_string() + "\t" + one.region + "\t" + std::to_string(one.milliseconds) + "\n";
  }
  if (own.size() > most_regions)
    co_return Error(ErrorCode::bad_value, "more than 1024 regions of your own");
  const std::size_t regions = stored->regions.count() + own.size() - stored->regions.own().size();
  if (prefixes * regions > policy::most_latency_cells)
    co_return Error(ErrorCode::too_large,
                    std::to_string(prefixes) + " prefixes and " + std::to_string(regions) +
                        " regions; a table has at most " +
                        std::to_string(policy::most_latency_cells) + " figures",
                    "/entries");
  const std::string author = request.principal.author();
  if (own != stored->regions.own()) {
    policy::RegionList::Places places;
    for (const std::string& name : stored->regions.own())
      places.push_back(stored->regions.place(*stored->regions.number(name)));
    std::string names = zones::encode(policy::RegionList(own, std::move(places)));
    const auto put =
        co_await context.services.pipeline.put_object(regions_key, std::move(names), author);
    if (!put) co_return put.error();
  }
  const auto put =
      co_await context.services.pipeline.put_object(table_key, std::move(table), author);
  if (!put) co_return put.error();
  co_return json_response(200, {{"measurements", measured->size()}, {"own_regions", own}});
}

}  // namespace

void add_latency_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/latency",
              Access::read,
              Body::none,
              {},
              "The latency table, as JSON or text/csv",
              with<get_table>(context)});
  router.add({"PUT",
              "/v1/latency",
              Access::write,
              Body::table,
              {},
              "Replace the latency table: JSON, or text/csv lines of prefix,region,ms",
              with<put_table>(context)});
}

}  // namespace waymark::api
