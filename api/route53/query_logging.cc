// SPDX-License-Identifier: Apache-2.0
//
// Query logging configurations: kept and shown. They turn nothing on; `serve --query-log` samples
// the questions to all zones.
#include <algorithm>

#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/xml_fields.h"

namespace waymark::api {
namespace {

using zones::ObjectKind;

constexpr std::size_t most_configs = 100;  // of one page
constexpr std::size_t most_arn = 1024;

struct QueryLogging {
  std::string id, zone, arn;
};

AwsFault no_such_config(const std::string& id) {
  return {404, "NoSuchQueryLoggingConfig", "There is no query logging config with ID " + id};
}

/// An object's text: the zone's id, a tab, the ARN.
QueryLogging decode(const std::string& id, const std::string& text) {
  const std::size_t tab = std::min(text.find('\t'), text.size());
  return {id, text.substr(0, tab), text.substr(std::min(tab + 1, text.size()))};
}

/// arn:aws:logs:REGION:ACCOUNT:log-group:NAME, of any partition.
bool is_log_group(std::string_view arn) {
  std::vector<std::string_view> parts;
  while (parts.size() < 6 && arn.find(':') != std::string_view::npos) {
    parts.push_back(arn.substr(0, arn.find(':')));
    arn.remove_prefix(arn.find(':') + 1);
  }
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return parts.size() == 6 && parts[0] == "arn" && parts[1].starts_with("aws") &&
         parts[2] == "logs" && !parts[3].empty() && parts[4].size() == 12 &&
         std::all_of(parts[4].begin(), parts[4].end(), digit) && parts[5] == "log-group" &&
         !arn.empty() &&
         std::all_of(arn.begin(), arn.end(), [](char c) { return c > ' ' && c <= '~'; });
}

void append_config(XmlWriter& xml, const QueryLogging& config) {
  xml.open("QueryLoggingConfig");
  xml.text("Id", config.id);
  xml.text("HostedZoneId", config.zone);
  xml.text("CloudWatchLogsLogGroupArn", config.arn);
  xml.close();
}

/// Whether the key reaches the config's zone.
AwsResult<void> check_reach(const zones::Snapshot& state, const Principal& who,
                            const std::string& zone_id) {
  const auto zone = state.zone({zone_id});
  if (!zone) return fault_of(zone.error());
  if (!*zone) return no_such_zone(zone_id);
  if (permitted(who, **zone)) return {};
  return AwsFault{403, "AccessDenied", "This access key is not for the hosted zone " + zone_id};
}

AwsResult<QueryLogging> find(const AwsContext& context, const Request& request) {
  const std::string& id = request.parameter("id");
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto text = (*snapshot)->object({ObjectKind::query_logging, id});
  if (!text) return fault_of(text.error());
  if (!*text) return no_such_config(id);
  QueryLogging config = decode(id, **text);
  if (auto reached = check_reach(**snapshot, request.principal, config.zone); !reached)
    return reached.error();
  return config;
}

AwsResult<QueryLogging> read_new(const AwsContext& context, const AwsCall& call) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  auto random = Random::from_system();
  QueryLogging config{zones::new_uuid(random),
                      std::string(bare_id(fields.needed_text("HostedZoneId"))),
                      fields.needed_text("CloudWatchLogsLogGroupArn")};
  if (config.arn.size() > most_arn || !is_log_group(config.arn))
    fields.fault("'" + config.arn +
                 "' is not the ARN of a log group: arn:aws:logs:REGION:ACCOUNT:log-group:NAME");
  fields.refuse_others();
  if (fault) return *std::move(fault);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  if (auto reached = check_reach(**snapshot, call.request.principal, config.zone); !reached)
    return reached.error();
  return config;
}

/// One of a public zone.
zones::ChangePipeline::Resolve creating(const QueryLogging& config) {
  return [config](const zones::Snapshot& state, zones::Decider by) -> Result<zones::Commit> {
    const auto zone = state.zone({config.zone});
    if (!zone) return zone.error();
    if (!*zone) return Error(ErrorCode::zone_not_found, "there is no zone " + config.zone);
    if ((*zone)->is_private())
      return Error(ErrorCode::unsupported,
                   "You can't create a query logging config for a private hosted zone.");
    const auto all = state.objects(ObjectKind::query_logging);
    if (!all) return all.error();
    for (const auto& [id, text] : *all)
      if (decode(id, text).zone == config.zone)
        return Error(ErrorCode::record_exists,
                     "Hosted zone " + config.zone + " has query logging config " + id);
    return zones::resolve_object(state, {ObjectKind::query_logging, config.id},
                                 config.zone + "\t" + config.arn, std::move(by));
  };
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  const auto wanted = read_new(context, call);
  if (!wanted) co_return wanted.error();
  auto resolve = creating(*wanted);
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done && done.error().code() == ErrorCode::record_exists)
    co_return AwsFault{409, "QueryLoggingConfigAlreadyExists", done.error().detail()};
  if (!done && done.error().code() == ErrorCode::zone_not_found)
    co_return no_such_zone(wanted->zone);
  if (!done) co_return fault_of(done.error());
  XmlWriter xml("CreateQueryLoggingConfigResponse");
  append_config(xml, *wanted);
  Response response = xml_response(201, std::move(xml));
  response.headers.emplace_back("Location", call.base_url + "queryloggingconfig/" + wanted->id);
  co_return response;
}

Awaitable<AwsResult<Response>> get(AwsContext& context, const AwsCall& call) {
  const auto found = find(context, call.request);
  if (!found) co_return found.error();
  XmlWriter xml("GetQueryLoggingConfigResponse");
  append_config(xml, *found);
  co_return xml_response(200, std::move(xml));
}

/// Those that the key reaches, from the token on, of one zone or of all; by id.
AwsResult<std::vector<QueryLogging>> configs_from(const zones::Snapshot& state,
                                                  const Request& request) {
  const std::string token = request.value("nexttoken").value_or("");
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (!std::all_of(token.begin(), token.end(), [&](char c) { return hex(c) || c == '-'; }))
    return AwsFault{400, "InvalidPaginationToken", "nexttoken is not one of ours"};
  const std::string zone(bare_id(request.value("hostedzoneid").value_or("")));
  if (!zone.empty())
    if (auto reached = check_reach(state, request.principal, zone); !reached)
      return reached.error();
  const auto all = state.objects(ObjectKind::query_logging);
  if (!all) return fault_of(all.error());
  std::vector<QueryLogging> kept;
  for (const auto& [id, text] : *all) {
    QueryLogging one = decode(id, text);
    if (id < token || (!zone.empty() && one.zone != zone)) continue;
    if (check_reach(state, request.principal, one.zone)) kept.push_back(std::move(one));
  }
  return kept;
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_configs, "maxresults");
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto all = configs_from(**snapshot, call.request);
  if (!all) co_return all.error();
  XmlWriter xml("ListQueryLoggingConfigsResponse");
  xml.open("QueryLoggingConfigs");
  for (std::size_t i = 0; i < std::min(all->size(), *limit); ++i)
    append_config(xml, (*all)[i]);
  xml.close();
  if (all->size() > *limit) xml.text("NextToken", (*all)[*limit].id);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  const auto found = find(context, call.request);
  if (!found) co_return found.error();
  zones::ObjectKey key{ObjectKind::query_logging, found->id};
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.remove_object(std::move(key), true, std::move(author));
  if (!done && done.error().code() == ErrorCode::not_found) co_return no_such_config(found->id);
  if (!done) co_return fault_of(done.error());
  co_return xml_response(200, XmlWriter("DeleteQueryLoggingConfigResponse"));
}

}  // namespace

std::vector<AwsOperation> query_logging_operations() {
  const Access read = Access::read, write = Access::write;
  return {
      {"POST", "queryloggingconfig", write, "CreateQueryLoggingConfigRequest", {}, create},
      {"GET", "queryloggingconfig", read, {}, {"hostedzoneid", "nexttoken", "maxresults"}, list},
      {"GET", "queryloggingconfig/{id}", read, {}, {}, get},
      {"DELETE", "queryloggingconfig/{id}", write, {}, {}, remove},
  };
}

}  // namespace waymark::api
