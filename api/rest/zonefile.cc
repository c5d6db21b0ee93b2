// SPDX-License-Identifier: Apache-2.0
#include "api/rest/context.h"
#include "api/rest/record_json.h"
#include "api/rest/zone_text.h"
#include "zones/zone_file.h"

namespace waymark::api {
namespace {

constexpr const char* text_dns = "text/dns";  // RFC 4027
constexpr std::uint64_t apex_sets = 2;        // the SOA and NS of a zone that was only created

Result<std::string> write_zone(const zones::Store& store, const zones::ZoneId& id) {
  const auto snapshot = store.snapshot();
  if (!snapshot) return snapshot.error();
  const auto zone = (*snapshot)->zone(id);
  if (!zone) return zone.error();
  if (!*zone) return Error(ErrorCode::zone_not_found, "the zone was deleted");
  std::string text;
  zones::ZoneFileWriter writer((*zone)->name, [&](std::string_view piece) { text += piece; });
  const auto apex = (*snapshot)->record_sets_at(**zone, (*zone)->name);
  if (!apex) return apex.error();
  for (const auto& set : *apex)
    if (set.type == dns::RrType::SOA) writer.add(set);
  const auto visited =
      (*snapshot)->for_each(**zone, std::nullopt, std::nullopt, [&](zones::RecordSet&& set) {
        if (set.type != dns::RrType::SOA) writer.add(set);
        return true;
      });
  if (!visited) return visited.error();
  return text;
}

Awaitable<Result<Response>> get_zonefile(Context& context, const Request& request) {
  const auto zone = find_zone(context, request);
  if (!zone) co_return zone.error();
  std::function<Result<std::string>()> work = [&store = context.services.store, id = zone->id] {
    return write_zone(store, id);
  };
  auto text = co_await in_background(context, std::move(work));
  if (!text) co_return text.error();
  Response response{200, text_dns, std::move(*text), {}};
  response.headers.emplace_back("ETag", "\"" + std::to_string(zone->version) + "\"");
  co_return response;
}

using RecordSets = std::vector<zones::RecordSet>;

Awaitable<Result<Response>> put_zonefile(Context& context, const Request& request) {
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  auto zone = find_zone(context, request);
  // To make a zone by its name is to make a public one.
  if (zone && request.flag("create") && zone->is_private() &&
      request.parameter("zone") != zone->id.text)
    zone = Error(ErrorCode::zone_not_found, "there is no public zone " + zone->name.to_string());
  if (!zone && zone.error().code() != ErrorCode::zone_not_found) co_return zone.error();
  if (!zone) {  // the id of a zone that was deleted is no name for another
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) co_return snapshot.error();
    const auto before = (*snapshot)->last_known(zones::ZoneId{request.parameter("zone")});
    if (!before) co_return before.error();
    if (*before) co_return Error(ErrorCode::zone_not_found, "the zone was deleted");
  }
  if (!zone && !request.principal.zones.empty())
    co_return Error(ErrorCode::denied, "this token can not create zones");
  if (zone && request.flag("create") && !request.flag("replace") && zone->record_sets > apex_sets)
    co_return Error(ErrorCode::zone_not_empty,
                    "the zone " + zone->name.to_string() +
                        " holds records already; replace=true replaces them");
  const auto name =
      zone ? Result<dns::Name>(zone->name) : parse_absolute(request.parameter("zone"));
  if (!name) co_return name.error();

  const std::string file = request.value("file").value_or("zonefile");
  std::function<Result<RecordSets>()> work = [&request, origin = *name, file] {
    return parse_zone_text(request.body, origin, file);
  };
  auto sets = co_await in_background(context, std::move(work));
  if (!sets) co_return sets.error();
  if (request.flag("dry_run"))
    co_return json_response(200, {{"dry_run", true}, {"replaced_record_sets", sets->size()}});
  // Named: g++ 12 destroys temporaries of a co_await twice.
  zones::ZoneId target;
  if (zone) target = zone->id;
  std::string author = request.principal.author();
  const auto done = co_await context.services.pipeline.import_zone(
      *name, std::move(*sets), !zone, *expected, std::move(author), std::move(target));
  if (!done) co_return done.error();
  Json body = encode_change(done->commit, status_word(context, done->revision));
  add_effects(body, done->commit.effects);
  Response response = json_response(zone ? 200 : 201, body);
  response.headers.emplace_back("Location", "/v1/changes/" + done->commit.id.text);
  co_return response;
}

}  // namespace

void add_zonefile_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/zones/{zone}/zonefile",
              Access::read,
              Body::none,
              {},
              "The zone as a canonical master file",
              with<get_zonefile>(context)});
  router.add({"PUT",
              "/v1/zones/{zone}/zonefile",
              Access::write,
              Body::text,
              {"create", "replace", "dry_run", "file"},
              "Replace a zone by a master file, atomically; creates it when absent",
              with<put_zonefile>(context)});
}

}  // namespace waymark::api
