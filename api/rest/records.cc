// SPDX-License-Identifier: Apache-2.0

#include "api/rest/context.h"
#include "api/rest/record_json.h"

namespace waymark::api {
namespace {

constexpr std::string_view fault_of_cursor = "this cursor is not one of ours";

/// NAME TYPE SET-ID: a name has no raw blank, and the set id is the rest.
std::string cursor_of(const zones::RecordKey& key) {
  return key.owner.to_string() + " " + dns::to_string(key.type) + " " + key.set_id;
}

Result<zones::RecordKey> parse_cursor(const std::string& text) {
  const std::size_t first = text.find(' '), second = text.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos)
    return Error(ErrorCode::bad_value, std::string(fault_of_cursor));
  const auto owner = dns::Name::parse(text.substr(0, first));
  const auto type = dns::parse_rr_type(text.substr(first + 1, second - first - 1));
  if (!owner || !type) return Error(ErrorCode::bad_value, std::string(fault_of_cursor));
  return zones::RecordKey{*owner, *type, text.substr(second + 1)};
}

struct Filter {
  std::optional<dns::Name> name;
  std::optional<dns::RrType> type;
  std::optional<zones::RecordKey> after;
};

Result<Filter> filter_of(const Request& request) {
  Filter filter;
  if (const auto text = request.value("name")) {
    const auto name = parse_absolute(*text);
    if (!name) return name.error();
    filter.name = *name;
  }
  if (const auto text = request.value("type")) {
    filter.type = dns::parse_rr_type(*text);
    if (!filter.type) return Error(ErrorCode::bad_type, "type \"" + *text + "\" is unknown");
  }
  if (const auto text = request.value("cursor")) {
    auto after = parse_cursor(*text);
    if (!after) return after.error();
    filter.after = std::move(*after);
  }
  return filter;
}

Awaitable<Result<Response>> list_records(Context& context, const Request& request) {
  const auto limit = limit_of(request);
  if (!limit) co_return limit.error();
  const auto filter = filter_of(request);
  if (!filter) co_return filter.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto zone = find_zone(**snapshot, request);
  if (!zone) co_return zone.error();

  Json items = Json::array();
  std::optional<zones::RecordKey> last;
  bool more = false;
  const auto visit = [&](zones::RecordSet&& set) {
    if (filter->name && set.owner != *filter->name) return false;  // the name itself sorts first
    if (filter->type && set.type != *filter->type) return true;
    if (items.size() == *limit) {
      more = true;
      return false;
    }
    items.push_back(encode_record(set));
    last = set.key();
    return true;
  };
  const auto visited = (*snapshot)->for_each(*zone, filter->after, filter->name, visit);
  if (!visited) co_return visited.error();
  std::optional<std::string> next;
  if (more) next = cursor_of(*last);
  co_return page(std::move(items), next);
}

}  // namespace

void add_record_routes(Router& router, Context& context) {
  router.add({"GET",
              "/v1/zones/{zone}/records",
              Access::read,
              Body::none,
              {"name", "type", "limit", "cursor"},
              "List record sets in canonical order",
              with<list_records>(context)});
}

}  // namespace waymark::api
