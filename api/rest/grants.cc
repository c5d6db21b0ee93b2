// SPDX-License-Identifier: Apache-2.0
#include "api/rest/grants.h"

namespace waymark::api {
namespace {

constexpr std::uint64_t longest_life = 10ULL * 366 * 24 * 3600;  // seconds

/// The zones that it is limited to, as they are named now: an unknown one would limit nothing.
Result<void> read_zones(const Context& context, Fields& fields, Grant& into) {
  if (!fields.has("zones")) return {};
  const std::vector<std::string> wanted = fields.texts("zones");
  if (wanted.empty())
    fields.fault(ErrorCode::bad_value, "an empty list limits nothing; name a zone, or leave it out",
                 "zones");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    Request asked;
    asked.parameters.emplace("zone", wanted[i]);
    const auto zone = find_zone(context, asked);
    if (zone)
      into.zones.push_back(zone->id.text);
    else if (zone.error().code() == ErrorCode::zone_not_found)
      fields.fault(ErrorCode::zone_not_found, zone.error().detail(), "zones/" + std::to_string(i));
    else
      return zone.error();
  }
  return {};
}

}  // namespace

Result<void> read_grant(const Context& context, Fields& fields, Grant& into) {
  into.name = fields.text("name");
  const std::string scope = fields.needed_text("scope");
  into.may_write = scope == "admin";
  if (!scope.empty() && scope != "admin" && scope != "read-only")
    fields.fault(ErrorCode::bad_value, "scope \"" + scope + "\" is unknown; use admin or read-only",
                 "scope");
  if (auto limited = read_zones(context, fields, into); !limited) return limited;
  into.created = context.services.clock.now();
  if (const auto life = fields.maybe_number("expires_in", 1, longest_life))
    into.expires = into.created + std::chrono::seconds(*life);
  fields.refuse_others();
  return {};
}

Json show_grant(const Grant& grant) {
  Json out{{"id", grant.id}};
  out.update(grant_json(grant));
  if (!grant.expires) out["expires"] = nullptr;
  return out;
}

Result<Response> page_of_grants(const Request& request, const std::vector<Grant>& all) {
  const auto limit = limit_of(request);
  if (!limit) return limit.error();
  const std::string after = request.value("cursor").value_or("");
  Json items = Json::array();
  std::optional<std::string> next;
  for (const Grant& grant : all) {
    if (grant.id <= after) continue;
    if (items.size() == *limit) {
      next = items.back()["id"].get<std::string>();
      break;
    }
    items.push_back(show_grant(grant));
  }
  return page(std::move(items), next);
}

}  // namespace waymark::api
