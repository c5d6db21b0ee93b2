// SPDX-License-Identifier: Apache-2.0
#include "api/rest/audit_json.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "api/rest/record_json.h"
#include "zones/zone_history.h"
#include "zones/zone_import.h"

namespace waymark::api {
namespace {

/// Whether what stood in `other` may come back in `zone`: it is that zone, or an earlier one of its
/// name and kind. A private zone's records must never become public ones.
Result<bool> is_earlier(const zones::Snapshot& state, const zones::HostedZone& other,
                        const zones::HostedZone& zone, const Principal& who) {
  if (other.id == zone.id) return true;
  if (other.name != zone.name || other.is_private() != zone.is_private() || !permitted(who, other))
    return false;
  const auto stands = state.zone(other.id);
  if (!stands) return stands.error();
  return !*stands;
}

/// The change that `to` names: one of the zone, or of an earlier zone of its name.
Result<zones::Commit> wanted_change(const zones::Snapshot& state, const zones::HostedZone& zone,
                                    const std::string& to, const Principal& who) {
  auto found = state.commit({to});
  if (!found) return found.error();
  const auto* scope = *found ? std::get_if<zones::ZoneId>(&(*found)->commit.scope) : nullptr;
  auto of = scope != nullptr ? state.last_known(*scope)
                             : Result<std::optional<zones::HostedZone>>(std::nullopt);
  if (!of) return of.error();
  const auto fits = *of ? is_earlier(state, **of, zone, who) : Result<bool>(false);
  if (!fits) return fits.error();
  if (!*fits)
    return Error(ErrorCode::not_found,
                 "there is no change \"" + to + "\" in the history of " + zone.name.to_string(),
                 "/to");
  return std::move((*found)->commit);
}

/// A deleted zone comes back under a new id, as what it was when it was deleted.
Result<void> make_anew(const zones::Snapshot& state, const zones::HostedZone& zone,
                       zones::ZoneImport& import) {
  import.create = true;
  import.zone_comment = zone.comment;
  if (zone.is_private()) {
    import.vpcs = zone.vpcs;
    return {};
  }
  auto other = state.zone_named(zone.name);
  if (!other) return other.error();
  if (!*other) return {};
  return Error(ErrorCode::zone_exists, "zone " + zone.id.text + " was deleted, and " +
                                           zone.name.to_string() + " stands again as " +
                                           (*other)->id.text + "; restore that one");
}

/// The zone as it stood after the change, as one replacement of what stands now.
Result<zones::ZoneImport> restoration(const zones::Snapshot& state, const Request& request,
                                      const std::string& to, std::string comment) {
  auto zone = find_past_zone(state, request);
  if (!zone) return zone.error();
  auto change = wanted_change(state, *zone, to, request.principal);
  if (!change) return change.error();
  auto sets = records_after(state, *change);
  if (!sets) return sets.error().at("/to");
  zones::ZoneImport import;
  import.name = zone->name;
  import.comment = comment.empty() ? "restored to " + to : std::move(comment);
  auto stands = state.zone(zone->id);
  if (!stands) return stands.error();
  if (*stands) {
    import.zone = zone->id;
    sets = keep_instances(state, **stands, *std::move(sets));
    if (!sets) return sets.error();
  } else if (auto fit = make_anew(state, *zone, import); !fit) {
    return fit.error();
  } else if (!request.principal.zones.empty()) {
    return Error(ErrorCode::denied, "this token can not create zones");
  }
  import.sets = *std::move(sets);
  return import;
}

Awaitable<Result<Response>> restore(Context& context, const Request& request) {
  {  // who may not must not learn what is wrong with the body
    const auto state = context.services.store.snapshot();
    if (!state) co_return state.error();
    const auto zone = find_past_zone(**state, request);
    if (!zone) co_return zone.error();
  }
  const auto expected = if_match_of(request);
  if (!expected) co_return expected.error();
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const std::string to = fields.needed_text("to");
  const std::string comment = fields.text("comment");
  fields.refuse_others();
  if (const auto judged = verdict(std::move(faults)); !judged) co_return judged.error();

  // Far back or large, it takes its time.
  std::function<Result<zones::ZoneImport>()> work = [&]() -> Result<zones::ZoneImport> {
    const auto state = context.services.store.snapshot();
    if (!state) return state.error();
    return restoration(**state, request, to, comment);
  };
  auto import = co_await in_background(context, std::move(work));
  if (!import) co_return import.error();
  import->if_version = *expected;
  std::string author = request.principal.author();
  if (request.flag("dry_run")) {
    const auto difference = context.services.pipeline.dry_run_import(*std::move(import), author);
    if (!difference) co_return difference.error();
    Json out{
        {"dry_run", true}, {"version", difference->version}, {"serial", difference->soa_serial}};
    add_effects(out, difference->effects);
    out["objects"] = encode_objects(difference->effects);
    co_return json_response(200, out);
  }
  zones::ZoneImport whole = *std::move(import);
  const auto done =
      co_await context.services.pipeline.import_zone(std::move(whole), std::move(author));
  if (!done) co_return done.error();
  Response response =
      json_response(201, encode_change(done->commit, status_word(context, done->revision)));
  response.headers.emplace_back("Location", "/v1/changes/" + done->commit.id.text);
  co_return response;
}

}  // namespace

void add_restore_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/zones/{zone}/restore",
              Access::write,
              Body::json,
              {"dry_run"},
              "Bring a zone's records back to what they were after a change; a deleted zone, too",
              with<restore>(context)});
}

}  // namespace waymark::api
