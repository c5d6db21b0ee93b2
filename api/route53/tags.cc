// SPDX-License-Identifier: Apache-2.0
//
// Tags of hosted zones and health checks.
#include "api/rest/tags.h"

#include <algorithm>
#include <set>

#include "api/route53/door.h"
#include "api/route53/xml_fields.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_zone_id = 32, most_check_id = 64, most_listed = 10;

AwsResult<void> check_type(const std::string& type) {
  if (type == "hostedzone" || type == "healthcheck") return {};
  return invalid_input("Invalid XML ; cvc-enumeration-valid: Value '" + type +
                       "' is not facet-valid with respect to enumeration '[healthcheck, "
                       "hostedzone]'.");
}

/// "hostedzone/Z1", when there is such a thing and `who` may see it.
AwsResult<std::string> resource_of(const zones::Snapshot& state, const std::string& type,
                                   const std::string& id, const Principal& who) {
  const bool is_zone = type == "hostedzone";
  if (id.empty() || id.size() > (is_zone ? most_zone_id : most_check_id))
    return invalid_input("'" + id + "' is no id of a " + type);
  if (is_zone) {
    const auto zone = aws_zone(state, id, who);
    if (!zone) return zone.error();
    return type + "/" + id;
  }
  if (!who.zones.empty())
    return AwsFault{403, "AccessDenied", "This access key is limited to its zones"};
  const auto check = state.object({zones::ObjectKind::health_check, id});
  if (!check) return fault_of(check.error());
  if (!*check) return no_such_health_check(id);
  return type + "/" + id;
}

struct TagChange {
  Tags add;
  std::set<std::string> remove;

  Result<Tags> apply(Tags tags) const {
    for (const std::string& key : remove)
      tags.erase(key);
    for (const auto& [key, value] : add)
      tags[key] = value;
    const auto faults = faults_of(tags);
    if (!faults.empty()) return faults.front();
    return tags;
  }
};

AwsResult<TagChange> read_change(const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  TagChange change;
  const auto added = fields.list("AddTags", "Tag");
  for (const XmlElement* element : added) {
    XmlFields tag(element, fault);
    const std::string key = tag.needed_text("Key");
    if (!change.add.emplace(key, tag.text("Value").value_or("")).second)
      fields.fault("The tag '" + key + "' is added twice");
    tag.refuse_others();
  }
  const auto removed = fields.list("RemoveTagKeys", "Key");
  for (const XmlElement* element : removed) {
    if (change.add.contains(element->text))
      fields.fault("The tag '" + element->text + "' is added and removed");
    if (element->text.empty() || characters(element->text) > most_tag_key)
      fields.fault("A tag's key has 1 to 128 characters");
    change.remove.insert(element->text);
  }
  fields.refuse_others();
  if (added.empty() && removed.empty()) fields.fault("There is no tag to add or remove");
  if (added.size() > most_tags || removed.size() > most_tags)
    fields.fault("A request adds and removes at most 10 tags");
  if (fault) return *std::move(fault);
  return change;
}

Awaitable<AwsResult<Response>> change(AwsContext& context, const AwsCall& call) {
  const std::string& type = call.request.parameter("type");
  const std::string& id = call.request.parameter("id");
  if (auto known = check_type(type); !known) co_return known.error();
  const auto wanted = read_change(call.body);
  if (!wanted) co_return wanted.error();
  auto resource = [&]() -> AwsResult<std::string> {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) return fault_of(snapshot.error());
    return resource_of(**snapshot, type, id, call.request.principal);
  }();
  if (!resource) co_return resource.error();
  // On the store's thread: the resource may be gone, and others may have changed the tags.
  zones::ChangePipeline::EditInState edit =
      [wanted = *wanted, type, id, who = call.request.principal](
          const zones::Snapshot& state,
          const std::optional<std::string>& before) -> Result<std::optional<std::string>> {
    if (auto stands = resource_of(state, type, id, who); !stands)
      return Error(ErrorCode::not_found, stands.error().message);
    auto tags = before ? decode_tags(*before) : Result<Tags>(Tags());
    if (tags) tags = wanted.apply(std::move(*tags));
    if (!tags) return tags.error();
    return std::optional(encode_tags(*tags));
  };
  zones::ObjectKey key{zones::ObjectKind::tags, std::move(*resource)};
  std::string author = aws_author(call.request);
  const auto done = co_await context.services.pipeline.edit_object_in_state(
      std::move(key), std::move(edit), std::move(author));
  if (!done && done.error().code() == ErrorCode::not_found)
    co_return type == "hostedzone" ? no_such_zone(id) : no_such_health_check(id);
  if (!done) co_return fault_of(done.error());
  co_return xml_response(200, XmlWriter("ChangeTagsForResourceResponse"));
}

AwsResult<void> append_tags(XmlWriter& xml, const zones::Snapshot& state, const std::string& type,
                            const std::string& id, const Principal& who) {
  const auto resource = resource_of(state, type, id, who);
  if (!resource) return resource.error();
  const auto tags = tags_of(state, *resource);
  if (!tags) return fault_of(tags.error());
  xml.open("ResourceTagSet");
  xml.text("ResourceType", type);
  xml.text("ResourceId", id);
  xml.open("Tags");
  for (const auto& [key, value] : *tags) {
    xml.open("Tag");
    xml.text("Key", key);
    xml.text("Value", value);
    xml.close();
  }
  xml.close();
  xml.close();
  return {};
}

Awaitable<AwsResult<Response>> show(AwsContext& context, const AwsCall& call) {
  const std::string& type = call.request.parameter("type");
  if (auto known = check_type(type); !known) co_return known.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  XmlWriter xml("ListTagsForResourceResponse");
  const auto told =
      append_tags(xml, **snapshot, type, call.request.parameter("id"), call.request.principal);
  if (!told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> show_many(AwsContext& context, const AwsCall& call) {
  const std::string& type = call.request.parameter("type");
  if (auto known = check_type(type); !known) co_return known.error();
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  const auto ids = fields.list("ResourceIds", "ResourceId");
  fields.refuse_others();
  if (ids.empty() || ids.size() > most_listed) fields.fault("ResourceIds has 1 to 10 ids");
  if (fault) co_return *std::move(fault);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  XmlWriter xml("ListTagsForResourcesResponse");
  xml.open("ResourceTagSets");
  for (const XmlElement* id : ids)
    if (auto told = append_tags(xml, **snapshot, type, id->text, call.request.principal); !told)
      co_return told.error();
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> tag_operations() {
  return {
      {"POST", "tags/{type}/{id}", Access::write, "ChangeTagsForResourceRequest", {}, change},
      {"GET", "tags/{type}/{id}", Access::read, {}, {}, show},
      {"POST", "tags/{type}", Access::read, "ListTagsForResourcesRequest", {}, show_many},
  };
}

}  // namespace waymark::api
