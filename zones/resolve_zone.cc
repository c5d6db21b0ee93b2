// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "zones/instance_places.h"
#include "zones/delegation_sets.h"
#include "zones/name_rules.h"
#include "zones/records/rdata.h"
#include "zones/traffic_policy.h"
#include "zones/validate.h"
#include "zones/vpcs.h"
#include "zones/zone_object.h"

namespace waymark::zones {
namespace {

using dns::RrType;

constexpr std::uint32_t soa_ttl = 900, ns_ttl = 172'800;
constexpr std::string_view soa_numbers = " 1 7200 900 1209600 86400";
// Above this a deletion is told by its object alone; the store drops the records by zone.
constexpr std::uint64_t max_listed_sets = 10'000;

template <class Edit>
Result<void> edit_zone_object(const Snapshot& state, const ZoneId& id, Effects& effects,
                              Edit edit) {
  const ObjectKey key{ObjectKind::zone, id.text};
  auto before = state.object(key);
  if (!before) return before.error();
  if (!*before) return Error(ErrorCode::internal, "zone " + id.text + " has no object");
  std::string after = edit(**before);
  effects.objects.push_back({key, std::move(*before), std::move(after)});
  return {};
}

/// Top-level names that DNS must not answer for.
Result<void> check_special_use(const dns::Name& name, bool onion_zones) {
  static const dns::Name alt = dns::Name::parse("alt.").value();
  static const dns::Name onion = dns::Name::parse("onion.").value();
  if (name.is_under(alt))  // RFC 9476 §2
    return Error(ErrorCode::bad_name, "names under .alt are not names of the DNS (RFC 9476)",
                 "/name");
  if (!onion_zones && name.is_under(onion))  // RFC 7686 §2
    return Error(ErrorCode::bad_name,
                 "names under .onion belong to Tor, and DNS servers must not answer for them (RFC "
                 "7686); a server started with --onion-zones does",
                 "/name");
  return {};
}

Result<void> check_zone_name(const dns::Name& name, const ZoneDefaults& defaults) {
  if (name.is_root())
    return Error(ErrorCode::bad_name, "the root can not be a hosted zone", "/name");
  if (name.is_wildcard())
    return Error(ErrorCode::bad_name, "the first label of a zone's name may not be *", "/name");
  return check_special_use(name, defaults.onion_zones);
}

Result<void> check_public_name(const Snapshot& state, const dns::Name& name) {
  auto existing = state.zone_named(name);
  if (!existing) return existing.error();
  if (*existing)
    return Error(ErrorCode::zone_exists,
                 "zone " + name.to_string() + " exists already, as " + (*existing)->id.text,
                 "/name");
  return {};
}

std::string as_mailbox(std::string text) {
  const std::size_t at = text.find('@');
  if (at == std::string::npos) return text;
  std::string mailbox;
  for (const char c : text.substr(0, at))
    mailbox += c == '.' ? std::string("\\.") : std::string(1, c);
  return mailbox + "." + text.substr(at + 1);
}

Result<std::vector<RecordSet>> apex_sets(const dns::Name& zone, const ZoneDefaults& defaults) {
  constexpr std::size_t longest = 1 + std::string_view("hostmaster").size();
  if ((defaults.name_servers.empty() || defaults.hostmaster.empty()) &&
      zone.octets() + longest > dns::max_name_octets)
    return Error(ErrorCode::bad_name,
                 "the name is so long that hostmaster.<zone> is none; use one of at most " +
                     std::to_string(dns::max_name_octets - longest) +
                     " octets, or start the server with --name-server and --hostmaster",
                 "/name");
  std::vector<std::string> servers = defaults.name_servers;
  if (servers.empty()) servers.push_back(zone.child("ns1").to_string());
  const std::string mailbox = defaults.hostmaster.empty() ? zone.child("hostmaster").to_string()
                                                          : as_mailbox(defaults.hostmaster);
  RecordSet ns, soa;
  ns.owner = soa.owner = zone;
  ns.type = RrType::NS;
  ns.ttl = ns_ttl;
  for (const std::string& server : servers) {
    auto rdata = parse_rdata(RrType::NS, server, dns::Name());
    if (!rdata) return rdata.error();
    ns.rdata.push_back(std::move(*rdata));
  }
  std::sort(ns.rdata.begin(), ns.rdata.end());
  ns.rdata.erase(std::unique(ns.rdata.begin(), ns.rdata.end()), ns.rdata.end());

  soa.type = RrType::SOA;
  soa.ttl = soa_ttl;
  auto rdata =
      parse_rdata(RrType::SOA, servers[0] + " " + mailbox + std::string(soa_numbers), dns::Name());
  if (!rdata) return rdata.error();
  soa.rdata.push_back(std::move(*rdata));
  return std::vector<RecordSet>{std::move(ns), std::move(soa)};
}

Result<HostedZone> zone_at(const Snapshot& state, const ZoneId& id) {
  auto zone = state.zone(id);
  if (!zone) return zone.error();
  if (!*zone) return Error(ErrorCode::zone_not_found, "there is no zone with id " + id.text);
  return std::move(**zone);
}

Commit begin(Scope scope, std::uint64_t base, Decider& decider) {
  Commit commit;
  commit.id = new_change_id(decider.random);
  commit.scope = std::move(scope);
  commit.base = base;
  commit.version = base + 1;
  commit.submitted = decider.clock.now();
  commit.author = std::move(decider.author);
  return commit;
}

bool is_apex_set(const RecordSet& set, const dns::Name& zone) {
  return set.owner == zone && (set.type == RrType::SOA || set.type == RrType::NS);
}

Result<void> check_empty(const Snapshot& state, const HostedZone& zone) {
  std::optional<RecordKey> other;
  auto done = state.for_each(zone, std::nullopt, std::nullopt, [&](RecordSet&& set) {
    if (!is_apex_set(set, zone.name)) other = set.key();
    return !other;
  });
  if (!done) return done;
  if (!other) return {};
  return Error(ErrorCode::zone_not_empty, "zone " + zone.name.to_string() + " still has " +
                                              describe(*other) +
                                              "; delete its records first, or force");
}

// The "version" at the top of an object's JSON. Inside a JSON string the quote before the colon
// would carry a backslash, so the plain text can only be a key.
std::uint64_t json_version(std::string_view json) {
  constexpr std::string_view key = "\"version\":";
  std::size_t at = json.find(key);
  if (at == std::string_view::npos) return 1;
  at = json.find_first_not_of(' ', at + key.size());
  std::uint64_t version = 1;
  if (at != std::string_view::npos)
    std::from_chars(json.data() + at, json.data() + json.size(), version);
  return version;
}

Result<void> check_unused(const Snapshot& state, const ObjectKey& key) {
  if (key.kind != ObjectKind::health_check) return {};
  auto users = state.users_of(key.id);
  if (!users) return users.error();
  if (users->empty()) return {};
  std::string sentence =
      "health check " + key.id + " is used by " + describe(users->front().second);
  if (users->size() > 1) sentence += " and " + std::to_string(users->size() - 1) + " more";
  return Error(ErrorCode::in_use, sentence);
}

/// Objects whose text or id begins with the zone go with it.
Result<void> drop_belongings(const Snapshot& state, const ZoneId& zone, Effects& effects) {
  auto authorizations = state.objects(ObjectKind::vpc_authorization);
  if (!authorizations) return authorizations.error();
  for (auto& [id, text] : *authorizations)
    if (id.starts_with(zone.text + "/"))
      effects.objects.push_back(
          {{ObjectKind::vpc_authorization, id}, std::move(text), std::nullopt});
  auto logging = state.objects(ObjectKind::query_logging);
  if (!logging) return logging.error();
  for (auto& [id, text] : *logging)
    if (text.starts_with(zone.text + "\t"))
      effects.objects.push_back({{ObjectKind::query_logging, id}, std::move(text), std::nullopt});
  return {};
}

/// Traffic policy instances go with their zone.
Result<void> drop_instances(const Snapshot& state, const ZoneId& zone, Effects& effects) {
  auto instances = traffic_policy_instances(state);
  if (!instances) return instances.error();
  for (const TrafficPolicyInstance& instance : *instances)
    if (instance.zone == zone)
      effects.objects.push_back(
          {{ObjectKind::traffic_policy_instance, instance.id}, encode(instance), std::nullopt});
  return {};
}

/// The tags of a zone or a health check go with it.
Result<void> drop_tags(const Snapshot& state, std::string resource, Effects& effects) {
  ObjectKey key{ObjectKind::tags, std::move(resource)};
  auto tags = state.object(key);
  if (!tags) return tags.error();
  if (*tags) effects.objects.push_back({std::move(key), std::move(*tags), std::nullopt});
  return {};
}

}  // namespace

Result<dns::Name> parse_mailbox(const std::string& text) {
  return dns::Name::parse(as_mailbox(text));
}

Result<Commit> resolve_zone_create(const Snapshot& state, const NewZone& wanted,
                                   const ZoneDefaults& defaults, Decider decider) {
  const ObjectKey reference{ObjectKind::caller_reference, "hostedzone/" + wanted.caller_reference};
  if (!wanted.caller_reference.empty()) {
    auto used = state.object(reference);
    if (!used) return used.error();
    if (*used)
      return Error(
          ErrorCode::conflict,
          "the caller reference \"" + wanted.caller_reference + "\" has made zone " + **used,
          "/caller_reference");
  }
  HostedZone zone;
  zone.name = wanted.name;
  zone.comment = wanted.comment;
  if (auto allowed = check_zone_name(zone.name, defaults); !allowed) return allowed.error();
  if (wanted.vpcs) {
    auto ids = check_zone_vpcs(state, zone.name, {}, *wanted.vpcs);
    if (!ids) return ids.error();
    zone.vpcs = std::move(*ids);
  } else {
    for (const auto check : {&check_public_name, &check_hides_none})
      if (auto allowed = check(state, zone.name); !allowed) return allowed.error();
  }
  ZoneDefaults apex = defaults;
  if (!wanted.delegation_set.empty()) {
    auto set = delegation_set_for_zone(state, wanted.delegation_set);
    if (!set) return set.error();
    apex.name_servers = std::move(set->name_servers);
  }
  auto sets = apex_sets(zone.name, apex);
  if (!sets) return sets.error();

  const ZoneId id = new_zone_id(decider.random);
  Commit commit = begin(id, 0, decider);
  commit.soa_serial = 1;
  zone.created = commit.submitted;
  commit.effects.objects.push_back(
      {{ObjectKind::zone, id.text}, std::nullopt, zone_json(zone, wanted)});
  if (!wanted.caller_reference.empty())
    commit.effects.objects.push_back({reference, std::nullopt, id.text});
  commit.effects.added = std::move(*sets);
  commit.comment = wanted.comment;
  return commit;
}

Result<Commit> resolve_zone_vpcs(const Snapshot& state, const ZoneId& id,
                                 const std::vector<std::string>& wanted,
                                 std::optional<std::uint64_t> if_version, Decider decider) {
  auto zone = zone_at(state, id);
  if (!zone) return zone.error();
  if (!zone->is_private())
    return Error(ErrorCode::unsupported,
                 "zone " + zone->name.to_string() + " is public, and a zone stays what it is");
  if (if_version && *if_version != zone->version)
    return Error(ErrorCode::version_mismatch,
                 "the zone is at version " + std::to_string(zone->version));
  auto ids = check_zone_vpcs(state, zone->name, id, wanted);
  if (!ids) return ids.error();

  Commit commit = begin(id, zone->version, decider);
  commit.soa_serial = zone->serial;
  auto edited = edit_zone_object(state, id, commit.effects,
                                 [&](const std::string& json) { return with_vpcs(json, *ids); });
  if (!edited) return edited.error();
  return commit;
}

Result<Commit> resolve_zone_comment(const Snapshot& state, const ZoneId& id,
                                    const std::string& comment, Decider decider) {
  auto zone = zone_at(state, id);
  if (!zone) return zone.error();
  Commit commit = begin(id, zone->version, decider);
  commit.soa_serial = zone->serial;
  auto edited = edit_zone_object(state, id, commit.effects, [&](const std::string& json) {
    return with_comment(json, comment);
  });
  if (!edited) return edited.error();
  return commit;
}

Result<Commit> resolve_zone_member(const Snapshot& state, const ZoneId& id, std::string_view key,
                                   std::string_view value, Decider decider) {
  auto zone = zone_at(state, id);
  if (!zone) return zone.error();
  Commit commit = begin(id, zone->version, decider);
  commit.soa_serial = zone->serial;
  auto edited = edit_zone_object(state, id, commit.effects, [&](const std::string& json) {
    return with_member(json, key, value);
  });
  if (!edited) return edited.error();
  return commit;
}

Result<Commit> resolve_zone_delete(const Snapshot& state, const ZoneId& id, bool force,
                                   Decider decider) {
  auto zone = zone_at(state, id);
  if (!zone) return zone.error();
  if (!force)
    if (auto empty = check_empty(state, *zone); !empty) return empty.error();
  auto before = state.object({ObjectKind::zone, id.text});
  if (!before) return before.error();

  Commit commit = begin(id, zone->version, decider);
  commit.soa_serial = zone->serial;
  commit.effects.objects.push_back({{ObjectKind::zone, id.text}, std::move(*before), std::nullopt});
  if (auto gone = drop_instances(state, id, commit.effects); !gone) return gone.error();
  if (auto gone = drop_tags(state, "hostedzone/" + id.text, commit.effects); !gone)
    return gone.error();
  if (auto gone = drop_belongings(state, id, commit.effects); !gone) return gone.error();
  if (zone->record_sets <= max_listed_sets) {
    auto done = state.for_each(*zone, std::nullopt, std::nullopt, [&](RecordSet&& set) {
      commit.effects.removed.push_back(std::move(set));
      return true;
    });
    if (!done) return done.error();
  }
  return commit;
}

Result<Commit> resolve_zone_replace(const Snapshot& state, const ZoneId& id,
                                    std::uint64_t record_sets, std::uint32_t serial,
                                    Decider decider) {
  auto zone = zone_at(state, id);
  if (!zone) return zone.error();
  Commit commit = begin(id, zone->version, decider);
  // RFC 1982 §3.2: a greater serial of the file stands, any other gives way to the next one.
  const std::uint32_t ahead = serial - zone->serial;
  commit.soa_serial = ahead != 0 && ahead < 0x8000'0000 ? serial : next_serial(zone->serial);
  commit.effects.replaced = true;
  commit.effects.replaced_sets = record_sets;
  return commit;
}

Result<Commit> resolve_object(const Snapshot& state, const ObjectKey& key,
                              std::optional<std::string> after, Decider decider, bool in_use_too) {
  auto before = state.object(key);
  if (!before) return before.error();
  if (!after) {
    if (!*before)
      return Error(ErrorCode::not_found,
                   "there is no " + std::string(to_string(key.kind)) + " \"" + key.id + "\"");
    if (!in_use_too)
      if (auto unused = check_unused(state, key); !unused) return unused.error();
  }
  Commit commit = begin(key, *before ? json_version(**before) : 0, decider);
  const bool check_goes = key.kind == ObjectKind::health_check && !after;
  commit.effects.objects.push_back({key, std::move(*before), std::move(after)});
  if (check_goes)
    if (auto gone = drop_tags(state, "healthcheck/" + key.id, commit.effects); !gone)
      return gone.error();
  return commit;
}

}  // namespace waymark::zones
