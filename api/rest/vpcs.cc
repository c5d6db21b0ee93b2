// SPDX-License-Identifier: Apache-2.0
//
// Named sets of clients that see private zones: /v1/vpcs.
#include "zones/vpcs.h"

#include <algorithm>
#include <set>

#include "api/rest/context.h"
#include "api/rest/fields.h"

namespace waymark::api {
namespace {

using zones::Vpc;

Json show(const Context& context, const Vpc& vpc) {
  Json prefixes = Json::array();
  for (const IpPrefix& prefix : vpc.prefixes)
    prefixes.push_back(prefix.to_string());
  return {{"id", vpc.id},
          {"name", vpc.name},
          {"version", vpc.version},
          {"prefixes", std::move(prefixes)},
          {"listener", vpc.listener ? Json(vpc.listener->to_string()) : Json()},
          {"region", vpc.region.empty() ? Json() : Json(vpc.region)},
          {"warnings", zones::resolvers_inside(vpc, context.services.resolvers)}};
}

Response vpc_response(unsigned status, Json body) {
  const std::string version = std::to_string(body["version"].get<std::uint64_t>());
  Response response = json_response(status, body);
  response.headers.emplace_back("ETag", "\"" + version + "\"");
  return response;
}

/// ::ffff:0:0/96 (RFC 4291 §2.5.5.2): nobody asks from there, and no socket has such an address.
bool is_v4_mapped(const IpAddress& address) {
  static const IpPrefix mapped = IpPrefix::parse("::ffff:0:0/96").value();
  return mapped.contains(address);
}

void read_prefixes(Fields& fields, Vpc& into, std::vector<Error>& faults) {
  const auto texts =
      fields.need("prefixes") != nullptr ? fields.texts("prefixes") : std::vector<std::string>();
  into.prefixes.clear();
  std::set<IpPrefix> seen;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string where = "/prefixes/" + std::to_string(i);
    const auto prefix = IpPrefix::parse(texts[i]);
    if (!prefix)
      faults.push_back(prefix.error().at(where));
    else if (is_v4_mapped(prefix->address))
      faults.emplace_back(ErrorCode::bad_value,
                          prefix->to_string() + " holds no client; write the IPv4 prefix", where);
    else if (!seen.insert(*prefix).second)
      faults.emplace_back(ErrorCode::bad_value, prefix->to_string() + " is given twice", where);
    else
      into.prefixes.push_back(*prefix);
  }
  if (texts.empty() && fields.has("prefixes"))
    fields.fault(ErrorCode::bad_value, "a VPC needs at least one prefix", "prefixes");
  if (texts.size() > zones::most_vpc_prefixes)
    fields.fault(ErrorCode::too_large, "a VPC has at most 1000 prefixes", "prefixes");
}

void read_listener(Fields& fields, Vpc& into) {
  into.listener.reset();
  const Json* given = fields.find("listener");
  if (given == nullptr || given->is_null()) return;
  const auto listener = Endpoint::parse(fields.text("listener"));
  if (!listener)
    fields.fault(listener.error(), "listener");
  else if (is_v4_mapped(listener->address) || listener->address.is_unspecified() ||
           listener->port == 0)
    fields.fault(ErrorCode::bad_value, "a listener is one address and port of this server",
                 "listener");
  else
    into.listener = *listener;
}

/// A label, like "eu-west-1": nothing is placed by it (decisions/0017).
void read_region(Fields& fields, Vpc& into) {
  into.region.clear();
  const Json* given = fields.find("region");
  if (given == nullptr || given->is_null()) return;
  into.region = fields.text("region");
  if (!zones::is_vpc_region(into.region))
    fields.fault(ErrorCode::bad_value,
                 "\"" + into.region + "\" is no region; use 1 to 64 of A-Z a-z 0-9 -", "region");
}

/// A whole VPC, but for id and version.
Result<Vpc> read_vpc(const Json& body) {
  std::vector<Error> faults;
  Fields fields(body, "", faults);
  Vpc vpc;
  vpc.name = fields.needed_text("name");
  const bool is_name =
      vpc.name.size() <= 64 && std::all_of(vpc.name.begin(), vpc.name.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
      });
  if (!is_name)
    fields.fault(ErrorCode::bad_value,
                 "\"" + vpc.name + "\" is no name; use 1 to 64 of A-Z a-z 0-9 _ - .", "name");
  read_prefixes(fields, vpc, faults);
  read_listener(fields, vpc);
  read_region(fields, vpc);
  fields.refuse_others();
  if (auto good = verdict(std::move(faults)); !good) return good.error();
  return vpc;
}

Result<Vpc> find(const zones::Snapshot& state, const Request& request) {
  return zones::find_vpc(state, request.parameter("vpc"));
}

/// The VPC takes the place of the one with its id.
Awaitable<Result<Response>> store(Context& context, Vpc vpc, unsigned status, std::string author) {
  zones::ChangePipeline::Resolve resolve = [vpc](const zones::Snapshot& state, zones::Decider by) {
    return zones::resolve_vpc_put(state, vpc, std::move(by));
  };
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return done.error();
  Response response = vpc_response(status, show(context, vpc));
  if (status == 201) response.headers.emplace_back("Location", "/v1/vpcs/" + vpc.id);
  co_return response;
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  auto vpc = read_vpc(*body);
  if (!vpc) co_return vpc.error();
  vpc->id = zones::new_vpc_id(context.random);
  Vpc one = std::move(*vpc);
  std::string author = request.principal.author();
  co_return co_await store(context, std::move(one), 201, std::move(author));
}

Awaitable<Result<Response>> list(Context& context, const Request&) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto all = zones::vpcs(**snapshot);
  if (!all) co_return all.error();
  Json items = Json::array();
  for (const Vpc& vpc : *all)
    items.push_back(show(context, vpc));
  co_return page(std::move(items), std::nullopt);
}

Awaitable<Result<Response>> get(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto found = find(**snapshot, request);
  if (!found) co_return found.error();
  const auto zones = zones::zones_of_vpc(**snapshot, found->id);
  if (!zones) co_return zones.error();
  Json body = show(context, *found);
  body["zones"] = Json::array();
  for (const zones::HostedZone& zone : *zones)
    body["zones"].push_back({{"id", zone.id.text}, {"name", zone.name.to_string()}});
  co_return vpc_response(200, std::move(body));
}

Awaitable<Result<Response>> put(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto found = find(**snapshot, request);
  if (!found) co_return found.error();
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  if (*expected && **expected != found->version)
    co_return Error(ErrorCode::version_mismatch,
                    "the VPC is at version " + std::to_string(found->version));
  auto vpc = read_vpc(*body);
  if (!vpc) co_return vpc.error();
  vpc->id = found->id;
  vpc->version = found->version + 1;
  Vpc one = std::move(*vpc);
  std::string author = request.principal.author();
  co_return co_await store(context, std::move(one), 200, std::move(author));
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto found = find(**snapshot, request);
  if (!found) co_return found.error();
  zones::ChangePipeline::Resolve resolve = [id = found->id](const zones::Snapshot& state,
                                                            zones::Decider by) {
    return zones::resolve_vpc_delete(state, id, std::move(by));
  };
  std::string author = request.principal.author();
  const auto gone =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!gone) co_return gone.error();
  co_return no_content();
}

}  // namespace

void add_vpc_routes(Router& router, Context& context) {
  const auto add = [&](const char* method, const char* path, Access access, Body body,
                       const char* summary, Handler handler) {
    router.add({method, path, access, body, {}, summary, std::move(handler)});
  };
  const char* const one = "/v1/vpcs/{vpc}";
  add("POST", "/v1/vpcs", Access::write, Body::json, "Create a VPC: clients by prefix",
      with<create>(context));
  add("GET", "/v1/vpcs", Access::read, Body::none, "All VPCs", with<list>(context));
  add("GET", one, Access::read, Body::none, "One, by id or name, with its zones",
      with<get>(context));
  add("PUT", one, Access::write, Body::json, "Replace name, prefixes, listener and region at once",
      with<put>(context));
  add("DELETE", one, Access::write, Body::none, "Delete one that sees no zone",
      with<remove>(context));
}

}  // namespace waymark::api
