// SPDX-License-Identifier: Apache-2.0
//
// Record sets and changes of them.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "api/route53/batch_faults.h"
#include "api/route53/batch_stored.h"
#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/record_xml.h"
#include "api/route53/xml_fields.h"
#include "zones/traffic_policy.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_record_sets = 300;  // of one page
// SDKs' waiters ask again after 30 s when they hear PENDING.
constexpr Duration change_patience = std::chrono::seconds(2);

AwsResult<zones::ChangeBatch> read_batch(const AwsContext& context, const AwsCall& call,
                                         const XmlElement* element, zones::HostedZone& zone) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  auto found = aws_zone(**snapshot, call.request);
  if (!found) return found.error();
  zone = std::move(*found);
  auto batch = decode_change_batch(element, zone);
  if (!batch) return batch;
  if (auto completed = complete_batch(**snapshot, zone, *batch); !completed)
    return completed.error();
  return batch;
}

Awaitable<AwsResult<Response>> change(AwsContext& context, const AwsCall& call) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  const XmlElement* element = fields.need("ChangeBatch");
  fields.refuse_others();
  if (fault) co_return *std::move(fault);
  zones::HostedZone zone;
  const auto batch = read_batch(context, call, element, zone);
  if (!batch) co_return batch.error();
  const auto done = co_await context.services.pipeline.apply(*batch, aws_author(call.request));
  if (!done) co_return fault_of_batch(done.error(), *batch, zone);
  XmlWriter xml("ChangeResourceRecordSetsResponse");
  append_change_info(xml, context, *done, true);
  co_return xml_response(200, std::move(xml));
}

/// Where a listing begins, and what record sets are ordered by: name, type, set identifier.
using Key = std::tuple<std::string, std::string, std::string>;

AwsResult<Key> start_of(const Request& request) {
  const auto name = request.value("name"), type = request.value("type"),
             set_id = request.value("identifier");
  if (type && !name) return invalid_input("type is given together with name");
  if (set_id && !type) return invalid_input("identifier is given together with name and type");
  if (type && !dns::parse_rr_type(*type)) return invalid_input("type '" + *type + "' is not known");
  Key key;
  if (!name) return key;
  const auto parsed = parse_aws_name(*name);
  if (!parsed) return invalid_input(parsed.error().message);
  return Key{listing_key(*parsed), type.value_or(""), set_id.value_or("")};
}

struct Listed {
  Key key;
  zones::RecordSet set;
  friend bool operator<(const Listed& a, const Listed& b) { return a.key < b.key; }
};

/// Where the zone's traffic policy instances stand, by their ids.
AwsResult<std::map<std::string, dns::Name>> roots_of(const zones::Snapshot& state,
                                                     const zones::HostedZone& zone) {
  const auto all = zones::traffic_policy_instances(state);
  if (!all) return fault_of(all.error());
  std::map<std::string, dns::Name> roots;
  for (const auto& one : *all)
    if (one.zone == zone.id) roots.emplace(one.id, one.name);
  return roots;
}

/// The first `limit` record sets from `start` on, and one more when there is one. The store's order
/// is another (RFC 4034 §6.1), so all of the zone is looked at and the least are kept.
/// What a traffic policy instance made is one record set, at its name.
AwsResult<std::set<Listed>> least_from(const zones::Snapshot& state, const zones::HostedZone& zone,
                                       const Key& start, std::size_t limit) {
  const auto roots = roots_of(state, zone);
  if (!roots) return roots.error();
  std::set<Listed> kept;
  zones::RecordKey last_root;
  dns::Name name;
  std::string name_key;
  const auto visited =
      state.for_each(zone, std::nullopt, std::nullopt, [&](zones::RecordSet&& set) {
        if (!set.traffic_policy_instance.empty()) {
          const auto root = roots->find(set.traffic_policy_instance);
          if (root != roots->end() && root->second != set.owner) return true;
          set.set_id.clear();
          if (set.key() == last_root) return true;
          last_root = set.key();
        }
        if (name_key.empty() || set.owner != name) {
          name = set.owner;
          name_key = listing_key(name);
        }
        Key key{name_key, dns::to_string(set.type), set.set_id};
        if (key < start) return true;
        if (kept.size() > limit) {
          if (std::prev(kept.end())->key < key) return true;
          kept.erase(std::prev(kept.end()));
        }
        kept.insert({std::move(key), std::move(set)});
        return true;
      });
  if (!visited) return fault_of(visited.error());
  return kept;
}

AwsResult<Response> listing(const AwsContext& context, const Request& request, const Key& start,
                            std::size_t limit) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto zone = aws_zone(**snapshot, request);
  if (!zone) return zone.error();
  const auto kept = least_from(**snapshot, *zone, start, limit);
  if (!kept) return kept.error();
  XmlWriter xml("ListResourceRecordSetsResponse");
  xml.open("ResourceRecordSets");
  std::size_t told = 0;
  const Listed* next = nullptr;
  for (const Listed& one : *kept) {
    if (told++ < limit)
      append_record_set(xml, *zone, one.set);
    else
      next = &one;
  }
  xml.close();
  xml.flag("IsTruncated", next != nullptr);
  if (next != nullptr) {
    xml.text("NextRecordName", aws_name(next->set.owner));
    xml.text("NextRecordType", std::get<1>(next->key));
    if (!next->set.set_id.empty()) xml.text("NextRecordIdentifier", next->set.set_id);
  }
  xml.number("MaxItems", limit);
  return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> list(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_record_sets);
  if (!limit) co_return limit.error();
  const auto start = start_of(call.request);
  if (!start) co_return start.error();
  // A large zone would hold up the main thread.
  auto work = [&]() -> Awaitable<AwsResult<Response>> {
    co_return listing(context, call.request, *start, *limit);
  };
  co_return co_await asio::co_spawn(context.background, work(), asio::use_awaitable);
}

AwsResult<zones::Committed> find_change(const AwsContext& context, const AwsCall& call) {
  const zones::ChangeId id{call.request.parameter("change")};
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  auto found = (*snapshot)->commit(id);
  if (!found) return fault_of(found.error());
  if (!*found) return AwsFault{404, "NoSuchChange", "Could not find resource with ID: " + id.text};
  if (!call.request.principal.zones.empty()) {  // a key of some zones sees what was changed there
    const auto* scope = std::get_if<zones::ZoneId>(&(*found)->commit.scope);
    const auto zone =
        scope != nullptr ? (*snapshot)->zone(*scope) : Result<std::optional<zones::HostedZone>>();
    if (!zone) return fault_of(zone.error());
    if (!*zone || !permitted(call.request.principal, **zone))
      return AwsFault{403, "AccessDenied", "This access key is not for that change's zone"};
  }
  return std::move(**found);
}

/// Answers when the change is in sync, or as pending when that takes long.
Awaitable<AwsResult<Response>> show_change(AwsContext& context, const AwsCall& call) {
  const auto found = find_change(context, call);
  if (!found) co_return found.error();
  (void)co_await context.services.pipeline.wait_in_sync(found->revision, change_patience);
  XmlWriter xml("GetChangeResponse");
  append_change_info(xml, context, *found, true);
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> record_operations() {
  return {
      {"POST",
       "hostedzone/{zone}/rrset",
       Access::write,
       "ChangeResourceRecordSetsRequest",
       {},
       change},
      {"GET",
       "hostedzone/{zone}/rrset",
       Access::read,
       {},
       {"name", "type", "identifier", "maxitems"},
       list},
      {"GET", "change/{change}", Access::read, {}, {}, show_change},
  };
}

}  // namespace waymark::api
