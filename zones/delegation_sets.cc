// SPDX-License-Identifier: Apache-2.0
#include "zones/delegation_sets.h"

#include <algorithm>
#include <optional>
#include <span>

#include "zones/client_objects.h"

namespace waymark::zones {
namespace {

constexpr std::string_view member = "\"delegation_set\":\"";

ObjectKey key_of(const std::string& id) {
  return {ObjectKind::delegation_set, id};
}

Result<void> check_new(const Snapshot& state, const DelegationSet& set) {
  const auto all = delegation_sets(state);
  if (!all) return all.error();
  for (const DelegationSet& other : *all)
    if (other.caller_reference == set.caller_reference)
      return Error(ErrorCode::conflict,
                   "the caller reference \"" + set.caller_reference +
                       "\" has made delegation set " + other.id,
                   "/caller_reference");
  if (all->size() < most_delegation_sets) return {};
  return Error(ErrorCode::too_large, "there are " + std::to_string(most_delegation_sets) +
                                         " reusable delegation sets already");
}

/// What the zone's NS records say.
Result<std::vector<std::string>> servers_of(const Snapshot& state, const HostedZone& zone) {
  const auto sets = state.record_sets_at(zone, zone.name);
  if (!sets) return sets.error();
  std::vector<std::string> servers;
  for (const RecordSet& set : *sets)
    if (set.type == dns::RrType::NS)
      for (const Bytes& rdata : set.rdata)
        servers.push_back(dns::Name::trusted(rdata).to_string());
  return servers;
}

}  // namespace

// The reference may be any text: it comes last.
std::string encode(const DelegationSet& set) {
  std::string text;
  for (const std::string& server : set.name_servers)
    text += (text.empty() ? "" : "\t") + server;
  return text + "\n" + set.caller_reference;
}

Result<DelegationSet> decode_delegation_set(const std::string& id, std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos || line == 0)
    return Error(ErrorCode::bad_image, "stored delegation set " + id + " is damaged");
  DelegationSet set{id, std::string(text.substr(line + 1)), {}};
  for_each_line(text.substr(0, line), [&](std::span<const std::string_view> parts) {
    set.name_servers.assign(parts.begin(), parts.end());
  });
  return set;
}

std::string new_delegation_set_id(Random& random) {
  return "N" + new_zone_id(random).text.substr(1);
}

Result<std::vector<DelegationSet>> delegation_sets(const Snapshot& state) {
  const auto objects = state.objects(ObjectKind::delegation_set);
  if (!objects) return objects.error();
  std::vector<DelegationSet> all;
  for (const auto& [id, text] : *objects) {
    auto set = decode_delegation_set(id, text);
    if (!set) return set.error();
    all.push_back(std::move(*set));
  }
  return all;
}

Result<DelegationSet> delegation_set(const Snapshot& state, const std::string& id) {
  const auto text = state.object(key_of(id));
  if (!text) return text.error();
  if (!*text)
    return Error(ErrorCode::not_found, "there is no reusable delegation set with ID " + id,
                 "/delegation_set");
  return decode_delegation_set(id, **text);
}

Result<DelegationSet> delegation_set_for_zone(const Snapshot& state, const std::string& id) {
  auto set = delegation_set(state, id);
  if (!set) return set;
  const auto used = zones_of_delegation_set(state, id);
  if (!used) return used.error();
  if (*used >= most_zones_of_delegation_set)
    return Error(ErrorCode::too_large,
                 "delegation set " + id + " has " + std::to_string(most_zones_of_delegation_set) +
                     " zones already",
                 "/delegation_set");
  return set;
}

// Inside a JSON string the quotes would carry a backslash, so the plain text can only be the key.
std::string delegation_set_of(std::string_view zone_object) {
  std::size_t at = zone_object.find(member);
  if (at == std::string_view::npos) return {};
  at += member.size();
  return std::string(zone_object.substr(at, zone_object.find('"', at) - at));
}

Result<std::size_t> zones_of_delegation_set(const Snapshot& state, const std::string& id) {
  const auto objects = state.objects(ObjectKind::zone);
  if (!objects) return objects.error();
  return static_cast<std::size_t>(
      std::count_if(objects->begin(), objects->end(),
                    [&](const auto& zone) { return delegation_set_of(zone.second) == id; }));
}

Result<Commit> resolve_delegation_set_create(const Snapshot& state, DelegationSet set,
                                             const ZoneId* zone_id, Decider decider) {
  if (auto fits = check_new(state, set); !fits) return fits.error();
  if (zone_id == nullptr)
    return resolve_object(state, key_of(set.id), encode(set), std::move(decider));
  const auto zone = state.zone(*zone_id);
  if (!zone) return zone.error();
  if (!*zone) return Error(ErrorCode::zone_not_found, "there is no zone with id " + zone_id->text);
  if ((*zone)->is_private())
    return Error(ErrorCode::unsupported, "zone " + zone_id->text + " is private", "/zone");
  const auto object = state.object({ObjectKind::zone, zone_id->text});
  if (!object) return object.error();
  if (const std::string has = delegation_set_of(object->value_or("")); !has.empty())
    return Error(ErrorCode::conflict, "zone " + zone_id->text + " has delegation set " + has,
                 "/zone");
  auto servers = servers_of(state, **zone);
  if (!servers) return servers.error();
  set.name_servers = std::move(*servers);
  auto commit = resolve_zone_member(state, *zone_id, "delegation_set", "\"" + set.id + "\"",
                                    std::move(decider));
  if (commit) commit->effects.objects.push_back({key_of(set.id), std::nullopt, encode(set)});
  return commit;
}

Result<Commit> resolve_delegation_set_delete(const Snapshot& state, const std::string& id,
                                             Decider decider) {
  const auto used = zones_of_delegation_set(state, id);
  if (!used) return used.error();
  if (*used > 0)
    return Error(ErrorCode::in_use,
                 "delegation set " + id + " is that of " + std::to_string(*used) + " zones");
  return resolve_object(state, key_of(id), std::nullopt, std::move(decider));
}

}  // namespace waymark::zones
