// SPDX-License-Identifier: Apache-2.0
//
// Named sets of client prefixes that IP-based record sets choose by: /v1/cidr-collections.
#include <algorithm>
#include <set>

#include "api/rest/cidr_rules.h"
#include "api/rest/context.h"
#include "api/rest/fields.h"
#include "zones/client_objects.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using zones::CidrCollection;

Json show(const CidrCollection& one) {
  Json locations = Json::array();
  for (std::uint32_t i = 0; i < one.locations.size(); ++i) {
    Json blocks = Json::array();
    for (const auto& block : one.blocks)
      if (block.location == i) blocks.push_back(block.prefix.to_string());
    if (!blocks.empty())
      locations.push_back({{"name", one.locations[i]}, {"blocks", std::move(blocks)}});
  }
  return {{"id", one.id},
          {"name", one.name},
          {"version", one.version},
          {"locations", std::move(locations)}};
}

/// The blocks that a body lists take the place of what the collection had; names keep their
/// numbers.
void read_locations(Fields& fields, CidrCollection& into, std::vector<Error>& faults) {
  const Json* locations = fields.need("locations");
  if (locations == nullptr) return;
  if (!locations->is_array())
    return fields.fault(ErrorCode::bad_value, "a list is needed", "locations");
  into.blocks.clear();
  std::set<IpPrefix> seen;
  for (std::size_t i = 0; i < locations->size(); ++i) {
    Fields one((*locations)[i], "/locations/" + std::to_string(i), faults);
    const std::string name = one.needed_text("name");
    if (!name.empty() && !is_cidr_name(name, most_location_name))
      one.fault(ErrorCode::bad_value,
                "location \"" + name + "\" is no name; use 1 to 16 of A-Z a-z 0-9 _ -", "name");
    const auto texts = one.texts("blocks");
    one.refuse_others();
    auto at =
        std::find(into.locations.begin(), into.locations.end(), name) - into.locations.begin();
    if (at == std::ssize(into.locations) && !texts.empty()) into.locations.push_back(name);
    for (std::size_t j = 0; j < texts.size(); ++j) {
      const auto prefix = IpPrefix::parse(texts[j]);
      const std::string where = "blocks/" + std::to_string(j);
      if (!prefix) {
        one.fault(prefix.error(), where);
      } else if (prefix->length == 0) {
        one.fault(ErrorCode::bad_value, "Cidr prefix length must not be 0", where);
      } else if (!seen.insert(*prefix).second) {
        one.fault(ErrorCode::in_use, prefix->to_string() + " is in this collection twice", where);
      } else {
        into.blocks.push_back({static_cast<std::uint32_t>(at), *prefix});
      }
    }
  }
  if (into.blocks.size() > most_cidr_blocks)
    fields.fault(ErrorCode::too_large, "a collection has at most 100000 blocks", "locations");
  std::sort(into.blocks.begin(), into.blocks.end(),
            [](const auto& a, const auto& b) { return a.prefix < b.prefix; });
}

Result<CidrCollection> find(const zones::Snapshot& state, const std::string& id) {
  auto found = zones::cidr_collection(state, id);
  if (!found) return found.error();
  if (!*found) return Error(ErrorCode::not_found, "there is no CIDR collection \"" + id + "\"");
  return std::move(**found);
}

Awaitable<Result<Response>> store(Context& context, CidrCollection one, unsigned status,
                                  std::string author) {
  zones::ObjectKey key{zones::ObjectKind::cidr_collection, one.id};
  std::string text = zones::encode(one);
  const auto put = co_await context.services.pipeline.put_object(std::move(key), std::move(text),
                                                                 std::move(author));
  if (!put) co_return put.error();
  Response response = json_response(status, show(one));
  if (status == 201) response.headers.emplace_back("Location", "/v1/cidr-collections/" + one.id);
  co_return response;
}

Awaitable<Result<Response>> create(Context& context, const Request& request) {
  const auto body = parse_object(request.body);
  if (!body) co_return body.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto all = zones::cidr_collections(**snapshot);
  if (!all) co_return all.error();

  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  CidrCollection one;
  one.name = fields.needed_text("name");
  if (!one.name.empty() && !is_cidr_name(one.name, most_collection_name))
    fields.fault(ErrorCode::bad_value,
                 "\"" + one.name + "\" is no name; use 1 to 64 of A-Z a-z 0-9 _ -", "name");
  if (fields.has("locations")) read_locations(fields, one, faults);
  fields.refuse_others();
  if (all->size() >= most_cidr_collections)
    fields.fault(ErrorCode::too_large, "there are 1000 CIDR collections already", "");
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();
  for (const CidrCollection& other : *all)
    if (other.name == one.name)
      co_return Error(ErrorCode::conflict,
                      "there is a CIDR collection \"" + one.name + "\" already", "/name");
  one.number = free_collection_number(*all);
  one.id = zones::new_uuid(context.random);
  std::string author = request.principal.author();
  co_return co_await store(context, std::move(one), 201, std::move(author));
}

Awaitable<Result<Response>> list(Context& context, const Request&) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto all = zones::cidr_collections(**snapshot);
  if (!all) co_return all.error();
  Json items = Json::array();
  for (const CidrCollection& one : *all)
    items.push_back({{"id", one.id}, {"name", one.name}, {"version", one.version}});
  co_return page(std::move(items), std::nullopt);
}

Awaitable<Result<Response>> get(Context& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return snapshot.error();
  const auto found = find(**snapshot, request.parameter("id"));
  if (!found) co_return found.error();
  co_return json_response(200, show(*found));
}

/// Decided against what stands when it is committed: nobody's change and no record comes between.
Awaitable<Result<Response>> put(Context& context, const Request& request) {
  auto body = parse_object(request.body);
  if (!body) co_return body.error();
  std::vector<Error> faults;
  Fields fields(*body, "", faults);
  const auto if_version = fields.maybe_number("if_version", 1, UINT64_MAX);
  CidrCollection judged;
  read_locations(fields, judged, faults);
  fields.refuse_others();
  if (auto good = verdict(std::move(faults)); !good) co_return good.error();

  const std::string id = request.parameter("id");
  zones::ObjectKey key{zones::ObjectKind::cidr_collection, id};
  zones::ChangePipeline::EditInState edit =
      [id, if_version, body = *body](
          const zones::Snapshot& state,
          const std::optional<std::string>&) -> Result<std::optional<std::string>> {
    const auto before = find(state, id);
    if (!before) return before.error();
    if (if_version && *if_version != before->version)
      return Error(ErrorCode::version_mismatch,
                   "the collection is at version " + std::to_string(before->version),
                   "/if_version");
    CidrCollection after = *before;
    std::vector<Error> none;  // told above
    Fields again(body, "", none);
    read_locations(again, after, none);
    if (auto kept = check_lost_locations(state, *before, after); !kept) return kept.error();
    ++after.version;
    return std::optional(zones::encode(after));
  };
  std::string author = request.principal.author();
  const auto done = co_await context.services.pipeline.edit_object_in_state(
      std::move(key), std::move(edit), std::move(author));
  if (!done) co_return done.error();
  const auto stored =
      zones::decode_cidr_collection(id, *done->commit.effects.objects.front().after);
  if (!stored) co_return stored.error();
  co_return json_response(200, show(*stored));
}

Awaitable<Result<Response>> remove(Context& context, const Request& request) {
  const std::string id = request.parameter("id");
  std::function<Result<std::string>()> look = [&context, id]() -> Result<std::string> {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return snapshot.error();
    return user_of_collection(**snapshot, id, {});
  };
  const auto user = co_await in_background<Result<std::string>>(context, std::move(look));
  if (!user) co_return user.error();
  if (!user->empty())
    co_return Error(ErrorCode::in_use, "CIDR collection " + id + " is used by " + *user);
  zones::ObjectKey key{zones::ObjectKind::cidr_collection, id};
  std::optional<std::string> nothing;
  std::string author = request.principal.author();
  const auto gone = co_await context.services.pipeline.put_object(
      std::move(key), std::move(nothing), std::move(author));
  if (!gone) co_return gone.error();
  co_return no_content();
}

}  // namespace

void add_cidr_routes(Router& router, Context& context) {
  router.add({"POST",
              "/v1/cidr-collections",
              Access::write,
              Body::json,
              {},
              "Create a CIDR collection",
              with<create>(context)});
  router.add({"GET",
              "/v1/cidr-collections",
              Access::read,
              Body::none,
              {},
              "All CIDR collections",
              with<list>(context)});
  router.add({"GET",
              "/v1/cidr-collections/{id}",
              Access::read,
              Body::none,
              {},
              "One, with its blocks",
              with<get>(context)});
  router.add({"PUT",
              "/v1/cidr-collections/{id}",
              Access::write,
              Body::json,
              {},
              "Replace all its blocks at once",
              with<put>(context)});
  router.add({"DELETE",
              "/v1/cidr-collections/{id}",
              Access::write,
              Body::none,
              {},
              "Delete one that no record uses",
              with<remove>(context)});
}

}  // namespace waymark::api
