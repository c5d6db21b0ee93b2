// SPDX-License-Identifier: Apache-2.0
//
// CIDR collections: those of REST. Blocks of any length from 1 on, as an operator's own networks
// are often longer than the /24 and /48 that Route 53 stops at.
#include <algorithm>
#include <map>

#include "api/rest/cidr_rules.h"
#include "api/route53/door.h"
#include "api/route53/xml_fields.h"
#include "zones/client_objects.h"
#include "zones/validate.h"

namespace waymark::api {
namespace {

using zones::CidrCollection;
constexpr std::size_t most_items = 100;     // of one page
constexpr std::size_t most_changed = 1000;  // blocks of one request
constexpr std::size_t most_reference = 64;

// What a decision on the store's thread tells besides the errors of our rooms, by its pointer.
constexpr std::string_view name_taken = "/Name", block_taken = "/Changes";

AwsFault no_such_collection(const std::string& id) {
  return {404, "NoSuchCidrCollectionException", "There is no CIDR collection with ID " + id};
}

AwsFault fault_of_collection(const Error& error, const std::string& id) {
  if (error.code() == ErrorCode::not_found) return no_such_collection(id);
  if (error.code() == ErrorCode::version_mismatch)
    return {409, "CidrCollectionVersionMismatchException", error.detail()};
  if (error.code() == ErrorCode::too_large) return {400, "LimitsExceeded", error.detail()};
  if (error.pointer() == name_taken)
    return {400, "CidrCollectionAlreadyExistsException", error.detail()};
  if (error.pointer() == block_taken) return {400, "CidrBlockInUseException", error.detail()};
  if (error.code() == ErrorCode::in_use)
    return {400, "CidrCollectionInUseException", error.detail()};
  return fault_of(error);
}

std::string arn_of(const std::string& id) {
  return "arn:aws:route53:::cidrcollection/" + id;
}

void append_collection(XmlWriter& xml, std::string_view element, const CidrCollection& one) {
  xml.open(element);
  xml.text("Arn", arn_of(one.id));
  xml.text("Id", one.id);
  xml.text("Name", one.name);
  xml.number("Version", one.version);
  xml.close();
}

AwsResult<CidrCollection> find(const zones::Snapshot& state, const std::string& id) {
  auto found = zones::cidr_collection(state, id);
  if (!found) return fault_of(found.error());
  if (!*found) return no_such_collection(id);
  return std::move(**found);
}

struct NewCollection {
  std::string name, reference;
};

AwsResult<NewCollection> read_new(const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  NewCollection wanted{fields.needed_text("Name"), fields.needed_text("CallerReference")};
  fields.refuse_others();
  if (!is_cidr_name(wanted.name, most_collection_name))
    fields.fault("Name '" + wanted.name + "' is not 1 to 64 of A-Z a-z 0-9 _ -");
  if (characters(wanted.reference) > most_reference)
    fields.fault("A CallerReference has 1 to 64 characters");
  if (fault) return *std::move(fault);
  return wanted;
}

/// The same name and reference again are the same request.
Result<zones::Commit> resolve_new(const zones::Snapshot& state, const NewCollection& wanted,
                                  zones::Decider by) {
  const auto all = zones::cidr_collections(state);
  if (!all) return all.error();
  if (all->size() >= most_cidr_collections)
    return Error(ErrorCode::too_large, "there are 1000 CIDR collections already");
  for (const CidrCollection& other : *all)
    if (other.name == wanted.name)
      return Error(ErrorCode::in_use,
                   "there is a CIDR collection named " + wanted.name + " already",
                   std::string(name_taken));
  zones::ObjectKey reference{zones::ObjectKind::caller_reference,
                             "cidrcollection/" + wanted.reference};
  auto before = state.object(reference);
  if (!before) return before.error();
  CidrCollection one;
  one.id = zones::new_uuid(by.random);
  one.name = wanted.name;
  one.number = free_collection_number(*all);
  auto commit = zones::resolve_object(state, {zones::ObjectKind::cidr_collection, one.id},
                                      zones::encode(one), std::move(by));
  if (commit) commit->effects.objects.push_back({std::move(reference), std::move(*before), one.id});
  return commit;
}

/// What the reference made, when that is what is wanted.
AwsResult<CidrCollection> made_before(const AwsContext& context, const NewCollection& wanted,
                                      const Error& refused) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto id = (*snapshot)->object(
      {zones::ObjectKind::caller_reference, "cidrcollection/" + wanted.reference});
  if (!id) return fault_of(id.error());
  if (!*id) return fault_of_collection(refused, {});
  auto before = zones::cidr_collection(**snapshot, **id);
  if (!before) return fault_of(before.error());
  if (!*before || (*before)->name != wanted.name) return fault_of_collection(refused, {});
  return std::move(**before);
}

Awaitable<AwsResult<Response>> create(AwsContext& context, const AwsCall& call) {
  const auto wanted = read_new(call.body);
  if (!wanted) co_return wanted.error();
  zones::ChangePipeline::Resolve resolve = [wanted = *wanted](const zones::Snapshot& state,
                                                              zones::Decider by) {
    return resolve_new(state, wanted, std::move(by));
  };
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  CidrCollection made;
  if (done) {
    made.id = std::get<zones::ObjectKey>(done->commit.scope).id;
    made.name = wanted->name;
  } else {
    const auto before = made_before(context, *wanted, done.error());
    if (!before) co_return before.error();
    made = *before;
  }
  XmlWriter xml("CreateCidrCollectionResponse");
  append_collection(xml, "Collection", made);
  Response response = xml_response(201, std::move(xml));
  response.headers.emplace_back("Location", call.base_url + "cidrcollection/" + made.id);
  co_return response;
}

struct BlockChange {
  std::string location;
  IpPrefix prefix;
};

struct Changes {
  std::optional<std::int64_t> version;
  std::vector<BlockChange> put, remove;
};

void read_blocks(XmlFields& fields, const std::string& location, std::vector<BlockChange>& into) {
  for (const XmlElement* element : fields.list("CidrList", "Cidr")) {
    const auto prefix = IpPrefix::parse(element->text);
    if (!prefix)
      fields.fault("Invalid parameter : " + prefix.error().detail());
    else if (prefix->length == 0)
      fields.fault("Cidr prefix length must not be 0");
    else
      into.push_back({location, *prefix});
  }
}

void read_change(const XmlElement& element, std::optional<AwsFault>& fault, Changes& changes) {
  XmlFields fields(&element, fault);
  const std::string location = fields.needed_text("LocationName");
  const std::string action = fields.needed_text("Action");
  if (!is_cidr_name(location, most_location_name))
    fields.fault("LocationName '" + location + "' is not 1 to 16 of A-Z a-z 0-9 _ -");
  if (action != "PUT" && action != "DELETE_IF_EXISTS")
    fields.fault("Invalid XML ; cvc-enumeration-valid: Value '" + action +
                 "' is not facet-valid with respect to enumeration '[PUT, DELETE_IF_EXISTS]'.");
  auto& blocks = action == "PUT" ? changes.put : changes.remove;
  const std::size_t before = blocks.size();
  fields.need("CidrList");
  read_blocks(fields, location, blocks);
  if (blocks.size() == before) fields.fault("A CidrList has at least one block");
  fields.refuse_others();
}

AwsResult<Changes> read_changes(const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  Changes changes;
  changes.version = fields.number("CollectionVersion", 1, 0x7FFF'FFFF'FFFF'FFFF);
  const auto list = fields.list("Changes", "member");
  for (const XmlElement* element : list)
    read_change(*element, fault, changes);
  if (list.empty()) fields.fault("Invalid request: Missing field 'Changes' in " + body.name);
  fields.refuse_others();
  if (fault) return *std::move(fault);
  if (changes.put.size() + changes.remove.size() > most_changed)
    return invalid_input("A request changes at most 1000 blocks");
  return changes;
}

std::uint32_t number_of(CidrCollection& collection, const std::string& location) {
  if (const auto known = collection.location_number(location)) return *known;
  collection.locations.push_back(location);
  return static_cast<std::uint32_t>(collection.locations.size() - 1);
}

/// Takes blocks away first, so that one request may move a block to another location.
Result<CidrCollection> changed(CidrCollection collection, const Changes& changes) {
  std::map<IpPrefix, std::uint32_t> blocks;
  for (const auto& block : collection.blocks)
    blocks.emplace(block.prefix, block.location);
  for (const BlockChange& one : changes.remove) {
    const auto found = blocks.find(one.prefix);
    if (found != blocks.end() && collection.locations[found->second] == one.location)
      blocks.erase(found);
  }
  for (const BlockChange& one : changes.put) {
    const auto location = number_of(collection, one.location);
    const auto [at, fresh] = blocks.emplace(one.prefix, location);
    if (!fresh)
      return Error(ErrorCode::in_use,
                   one.prefix.to_string() + " is in location " + collection.locations[at->second] +
                       " already",
                   std::string(block_taken));
  }
  if (blocks.size() > most_cidr_blocks)
    return Error(ErrorCode::too_large, "a collection has at most 100000 blocks");
  collection.blocks.clear();
  for (const auto& [prefix, location] : blocks)
    collection.blocks.push_back({location, prefix});
  ++collection.version;
  return collection;
}

Awaitable<AwsResult<Response>> change(AwsContext& context, const AwsCall& call) {
  const auto changes = read_changes(call.body);
  if (!changes) co_return changes.error();
  const std::string id = call.request.parameter("collection");
  zones::ChangePipeline::EditInState edit =
      [id, changes = *changes](
          const zones::Snapshot& state,
          const std::optional<std::string>& text) -> Result<std::optional<std::string>> {
    if (!text) return Error(ErrorCode::not_found, "there is no CIDR collection " + id);
    const auto before = zones::decode_cidr_collection(id, *text);
    if (!before) return before.error();
    if (changes.version && static_cast<std::uint64_t>(*changes.version) != before->version)
      return Error(ErrorCode::version_mismatch,
                   "The CIDR collection is at version " + std::to_string(before->version));
    const auto after = changed(*before, changes);
    if (!after) return after.error();
    if (auto kept = check_lost_locations(state, *before, *after); !kept) return kept.error();
    return std::optional(zones::encode(*after));
  };
  zones::ObjectKey key{zones::ObjectKind::cidr_collection, id};
  std::string author = aws_author(call.request);
  const auto done = co_await context.services.pipeline.edit_object_in_state(
      std::move(key), std::move(edit), std::move(author));
  if (!done) co_return fault_of_collection(done.error(), id);
  XmlWriter xml("ChangeCidrCollectionResponse");
  xml.text("Id", done->commit.id.text);
  co_return xml_response(200, std::move(xml));
}

/// Decided where no record can come between. Looks at every record, on the store's thread.
Awaitable<AwsResult<Response>> remove(AwsContext& context, const AwsCall& call) {
  const std::string id = call.request.parameter("collection");
  zones::ChangePipeline::EditInState edit =
      [id](const zones::Snapshot& state,
           const std::optional<std::string>& text) -> Result<std::optional<std::string>> {
    if (!text) return Error(ErrorCode::not_found, "there is no CIDR collection " + id);
    const auto before = zones::decode_cidr_collection(id, *text);
    if (!before) return before.error();
    if (!before->blocks.empty())
      return Error(ErrorCode::in_use, "The CIDR collection " + id + " still has blocks");
    const auto user = user_of_collection(state, id, {});
    if (!user) return user.error();
    if (!user->empty())
      return Error(ErrorCode::in_use, "The CIDR collection " + id + " is used by " + *user);
    return std::optional<std::string>();
  };
  zones::ObjectKey key{zones::ObjectKind::cidr_collection, id};
  std::string author = aws_author(call.request);
  const auto done = co_await context.services.pipeline.edit_object_in_state(
      std::move(key), std::move(edit), std::move(author));
  if (!done) co_return fault_of_collection(done.error(), id);
  co_return xml_response(200, XmlWriter("DeleteCidrCollectionResponse"));
}

/// One page of `items`, which are in the order of their tokens: from the one that the token names.
template <class Item>
AwsResult<void> append_page(XmlWriter& xml, const Request& request, std::string_view list,
                            const std::vector<Item>& items,
                            const std::function<std::string(const Item&)>& token_of,
                            const std::function<void(const Item&)>& append) {
  const auto limit = max_items(request, most_items, "maxresults");
  if (!limit) return limit.error();
  const std::string from = request.value("nexttoken").value_or("");
  auto next = std::find_if(items.begin(), items.end(),
                           [&](const Item& item) { return token_of(item) >= from; });
  const std::size_t end =
      std::min<std::size_t>(static_cast<std::size_t>(next - items.begin()) + *limit, items.size());
  if (end != items.size()) xml.text("NextToken", token_of(items[end]));
  xml.open(list);
  for (; static_cast<std::size_t>(next - items.begin()) < end; ++next)
    append(*next);
  xml.close();
  return {};
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto all = zones::cidr_collections(**snapshot);
  if (!all) co_return fault_of(all.error());
  XmlWriter xml("ListCidrCollectionsResponse");
  const auto told = append_page<CidrCollection>(
      xml, call.request, "CidrCollections", *all, [](const auto& one) { return one.id; },
      [&](const auto& one) { append_collection(xml, "member", one); });
  if (!told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list_locations(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto found = find(**snapshot, call.request.parameter("collection"));
  if (!found) co_return found.error();
  std::vector<std::string> names;
  for (const std::string& name : found->locations)
    if (found->has_location(name)) names.push_back(name);
  std::sort(names.begin(), names.end());
  XmlWriter xml("ListCidrLocationsResponse");
  const auto told = append_page<std::string>(
      xml, call.request, "CidrLocations", names, [](const auto& name) { return name; },
      [&](const auto& name) {
        xml.open("member");
        xml.text("LocationName", name);
        xml.close();
      });
  if (!told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list_blocks(AwsContext& context, const AwsCall& call) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto found = find(**snapshot, call.request.parameter("collection"));
  if (!found) co_return found.error();
  const auto wanted = call.request.value("location");
  if (wanted && !found->has_location(*wanted))
    co_return AwsFault{404, "NoSuchCidrLocationException",
                       "There is no location " + *wanted + " in the CIDR collection"};
  std::vector<std::pair<std::string, std::string>> blocks;  // location, block
  for (const auto& block : found->blocks)
    if (const std::string& name = found->locations[block.location]; !wanted || name == *wanted)
      blocks.emplace_back(name, block.prefix.to_string());
  std::sort(blocks.begin(), blocks.end());
  XmlWriter xml("ListCidrBlocksResponse");
  // A blank comes before all that is in a name, so tokens are in the order of the pairs.
  const auto told = append_page<std::pair<std::string, std::string>>(
      xml, call.request, "CidrBlocks", blocks,
      [](const auto& block) { return block.first + " " + block.second; },
      [&](const auto& block) {
        xml.open("member");
        xml.text("CidrBlock", block.second);
        xml.text("LocationName", block.first);
        xml.close();
      });
  if (!told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> cidr_operations() {
  const std::string one = "cidrcollection/{collection}";
  const std::vector<std::string> page{"nexttoken", "maxresults"};
  return {
      {"POST", "cidrcollection", Access::write, "CreateCidrCollectionRequest", {}, create},
      {"GET", "cidrcollection", Access::read, {}, page, list},
      {"POST", one, Access::write, "ChangeCidrCollectionRequest", {}, change},
      {"GET", one, Access::read, {}, page, list_locations},
      {"GET",
       one + "/cidrblocks",
       Access::read,
       {},
       {"location", "nexttoken", "maxresults"},
       list_blocks},
      {"DELETE", one, Access::write, {}, {}, remove},
  };
}

}  // namespace waymark::api
