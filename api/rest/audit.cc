// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "api/http/times.h"
#include "api/rest/audit_json.h"
#include "api/rest/context.h"
#include "zones/author.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_read = 10'000;  // lines for one page, so that each comes soon
constexpr std::size_t read_at_once = 500;

/// Which lines are asked for.
struct Wanted {
  std::optional<std::vector<zones::ZoneId>> zones;
  std::optional<std::string> who, door;
  std::optional<TimePoint> since;

  bool takes(const zones::Commit& commit) const {
    const zones::Author author = zones::parse_author(commit.author);
    if (who && author.who != *who) return false;
    if (door && author.door != *door) return false;
    if (since && commit.submitted < *since) return false;
    if (!zones) return true;
    const auto* zone = std::get_if<zones::ZoneId>(&commit.scope);
    return zone != nullptr && std::find(zones->begin(), zones->end(), *zone) != zones->end();
  }
};

/// By id, or every zone that has or had the name.
Result<std::vector<zones::ZoneId>> zones_meant(const zones::Snapshot& state,
                                               const std::string& text) {
  auto known = state.last_known({text});
  if (!known) return known.error();
  if (*known) return std::vector{(*known)->id};
  std::vector<zones::ZoneId> ids;
  if (const auto name = dns::Name::parse(text)) {
    for (auto all : {state.zones_named(*name), state.deleted_zones_named(*name)}) {
      if (!all) return all.error();
      for (const zones::HostedZone& zone : *all)
        ids.push_back(zone.id);
    }
  }
  if (ids.empty())
    return Error(ErrorCode::zone_not_found, "there is and was no zone \"" + text + "\"");
  return ids;
}

Result<Wanted> wanted_lines(const zones::Snapshot& state, const Request& request) {
  Wanted wanted;
  wanted.who = request.value("who");
  wanted.door = request.value("door");
  if (const auto text = request.value("since")) {
    wanted.since = parse_time(*text);
    if (!wanted.since)
      return Error(ErrorCode::bad_value,
                   "since \"" + *text + "\" is no time; use 2026-01-31T12:00:00Z");
  }
  if (const auto text = request.value("zone")) {
    auto zones = zones_meant(state, *text);
    if (!zones) return zones.error();
    wanted.zones = *std::move(zones);
  }
  return wanted;
}

Result<std::optional<std::uint64_t>> line_before(const Request& request) {
  const auto cursor = request.value("cursor");
  if (!cursor) return std::optional<std::uint64_t>();
  std::uint64_t number = 0;
  const auto [end, failure] =
      std::from_chars(cursor->data(), cursor->data() + cursor->size(), number);
  if (failure != std::errc{} || end != cursor->data() + cursor->size())
    return Error(ErrorCode::bad_value, "this cursor is not one of ours");
  return std::optional(number);
}

struct Page {
  std::vector<zones::LoggedCommit> lines;
  std::optional<std::uint64_t> next;
};

Result<Page> read_page(const zones::Store& store, const Request& request, std::size_t limit) {
  auto before = line_before(request);
  if (!before) return before.error();
  const auto state = store.snapshot();
  if (!state) return state.error();
  const auto wanted = wanted_lines(**state, request);
  if (!wanted) return wanted.error();
  Page page;
  for (std::size_t read = 0; read < most_read;) {
    auto lines = (*state)->log(*before, read_at_once);
    if (!lines) return lines.error();
    for (zones::LoggedCommit& line : *lines) {
      const std::uint64_t number = line.committed.revision.number;
      before = std::optional(number);
      if (wanted->takes(line.committed.commit)) page.lines.push_back(std::move(line));
      if (page.lines.size() < limit) continue;
      page.next = number;
      return page;
    }
    read += lines->size();
    if (lines->size() < read_at_once) return page;
  }
  page.next = *before;
  return page;
}

Awaitable<Result<Response>> list(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  std::function<Result<Page>()> work = [&] {
    return read_page(context.services.store, request, *limit);
  };
  const auto read = co_await in_background(context, std::move(work));
  if (!read) co_return read.error();
  Json items = Json::array();
  for (const zones::LoggedCommit& line : read->lines)
    items.push_back(encode_line(line, status_word(context, line.committed.revision)));
  std::optional<std::string> next;
  if (read->next && *read->next > 1) next = std::to_string(*read->next);
  co_return page(std::move(items), next);
}

Awaitable<Result<Response>> verify(Context& context, const Request& request) {
  std::optional<zones::LogHead> expected;
  if (const auto text = request.value("expect")) {
    auto head = decode_head(*text);
    if (!head) co_return head.error();
    expected = *std::move(head);
  }
  std::function<Result<zones::LogVerdict>()> work = [&]() -> Result<zones::LogVerdict> {
    const auto state = context.services.store.snapshot();
    if (!state) return state.error();
    return (*state)->verify_log(expected);
  };
  const auto verdict = co_await in_background(context, std::move(work));
  if (!verdict) co_return verdict.error();
  Json out{{"intact", verdict->fault.empty()},
           {"lines", verdict->head.number},
           {"head", encode_head(verdict->head)},
           {"fault", Json()}};
  if (!verdict->fault.empty())
    out["fault"] = {{"line", verdict->fault_at}, {"reason", verdict->fault}};
  co_return json_response(200, out);
}

}  // namespace

void add_audit_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/audit",
              Access::write,
              Body::none,
              {"zone", "who", "door", "since", "limit", "cursor"},
              "Every change of anything, newest first: who, from where, before and after",
              with<list>(context)});
  router.add({"GET",
              "/v1/audit/verify",
              Access::write,
              Body::none,
              {"expect"},
              "Read the whole log, and find a line that was altered, removed or moved",
              with<verify>(context)});
}

}  // namespace waymark::api
