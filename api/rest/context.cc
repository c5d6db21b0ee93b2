// SPDX-License-Identifier: Apache-2.0
#include "api/rest/context.h"

#include <charconv>

namespace waymark::api {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

namespace {

/// The public zone of that name, or the only private one.
Result<std::optional<zones::HostedZone>> find_named(const zones::Snapshot& state,
                                                    const dns::Name& name) {
  auto all = state.zones_named(name);
  if (!all) return all.error();
  for (zones::HostedZone& zone : *all)
    if (!zone.is_private()) return std::optional(std::move(zone));
  if (all->empty()) return std::optional<zones::HostedZone>();
  if (all->size() == 1) return std::optional(std::move(all->front()));
  std::string ids;
  for (const zones::HostedZone& zone : *all)
    ids += (ids.empty() ? "" : ", ") + zone.id.text;
  return Error(ErrorCode::conflict,
               "several private zones have the name " + name.to_string() + "; use an id: " + ids);
}

}  // namespace

Result<zones::HostedZone> find_zone(const zones::Snapshot& state, const Request& request) {
  return find_zone(state, request.parameter("zone"), request.principal);
}

Result<zones::HostedZone> find_zone(const zones::Snapshot& state, const std::string& wanted,
                                    const Principal& who) {
  auto found = state.zone({wanted});
  if (!found) return found.error();
  if (!*found) {
    const auto name = dns::Name::parse(wanted);
    if (name) found = find_named(state, *name);
    if (!found) return found.error();
  }
  if (!*found) return Error(ErrorCode::zone_not_found, "there is no zone \"" + wanted + "\"");
  if (!permitted(who, **found))
    return Error(ErrorCode::denied, "this token is not for the zone " + (*found)->name.to_string());
  return **found;
}

Result<zones::HostedZone> find_past_zone(const zones::Snapshot& state, const Request& request) {
  auto found = find_zone(state, request);
  if (found || found.error().code() != ErrorCode::zone_not_found) return found;
  const std::string& wanted = request.parameter("zone");
  auto past = state.last_known({wanted});
  if (!past) return past.error();
  if (const auto name = dns::Name::parse(wanted); !*past && name) {
    auto deleted = state.deleted_zones_named(*name);
    if (!deleted) return deleted.error();
    if (!deleted->empty()) past = std::optional(std::move(deleted->front()));
  }
  if (!*past) return found;
  if (!permitted(request.principal, **past))
    return Error(ErrorCode::denied, "this token is not for the zone " + (*past)->name.to_string());
  return std::move(**past);
}

Result<zones::HostedZone> find_zone(const Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return snapshot.error();
  return find_zone(**snapshot, request);
}

std::string_view status_word(const Context& context, zones::Revision revision) noexcept {
  switch (context.services.pipeline.status(revision)) {
    case zones::ChangeStatus::pending:
      return "pending";
    case zones::ChangeStatus::in_sync:
      return "in_sync";
  }
  return "";
}

Response json_response(unsigned status, const Json& body) {
  return {status, "application/json", to_text(body), {}};
}

Response no_content() {
  return {204, {}, {}, {}};
}

Response page(Json items, const std::optional<std::string>& next) {
  return json_response(200, {{"items", std::move(items)}, {"next", next ? Json(*next) : Json()}});
}

Result<std::size_t> limit_of(const Request& request) {
  const auto text = request.value("limit");
  if (!text) return std::size_t{100};
  const auto limit = whole_number(*text);
  if (!limit || *limit < 1 || *limit > 1000)
    return Error(ErrorCode::bad_value, "limit \"" + *text + "\" is out of range; use 1 to 1000");
  return static_cast<std::size_t>(*limit);
}

Result<std::optional<std::uint64_t>> if_match_of(const Request& request) {
  std::string_view text = request.if_match;
  if (text.empty() || text == "*") return std::optional<std::uint64_t>{};
  if (text.starts_with("W/")) text.remove_prefix(2);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  const auto version = whole_number(text);
  if (!version)
    return Error(ErrorCode::bad_request, "If-Match " + request.if_match + " is no ETag of a zone");
  return version;
}

}  // namespace waymark::api
