// SPDX-License-Identifier: Apache-2.0
#include "zones/change_batch.h"

#include <bit>

namespace waymark::zones {
namespace {

// Raised with every change of the layout below; an unknown number is refused, never guessed.
constexpr std::uint8_t commit_format = 1;
constexpr std::uint8_t record_set_format = 1, instance_set_format = 2;

constexpr std::string_view unknown_kind = "unknown";

enum ScopeTag : std::uint8_t { scope_zone = 1, scope_object = 2 };
enum RoutingTag : std::uint8_t {
  routing_simple = 0,
  routing_weighted = 1,
  routing_failover = 2,
  routing_latency = 3,
  routing_multivalue = 4,
  routing_geolocation = 5,
  routing_geoproximity = 6,
  routing_cidr = 7,
  routing_failover_tier = 8,  // with its tier; without one it is written as ever
};

Error damaged(std::string_view what) {
  return {ErrorCode::bad_image, "stored octets are damaged: " + std::string(what)};
}

struct WriteRouting {
  ByteWriter& out;
  void operator()(const Simple&) const { out.u8(routing_simple); }
  void operator()(const Weighted& weighted) const {
    out.u8(routing_weighted);
    out.u16(weighted.weight);
  }
  void operator()(const Failover& failover) const {
    out.u8(failover.tier == 0 ? routing_failover : routing_failover_tier);
    out.u8(static_cast<std::uint8_t>(failover.role));
    if (failover.tier != 0) out.u16(failover.tier);
  }
  void operator()(const Latency& latency) const {
    out.u8(routing_latency);
    out.text(latency.region);
  }
  void operator()(const Multivalue&) const { out.u8(routing_multivalue); }
  void operator()(const Geolocation& place) const {
    out.u8(routing_geolocation);
    out.text(place.continent);
    out.text(place.country);
    out.text(place.subdivision);
  }
  void operator()(const Geoproximity& place) const {
    out.u8(routing_geoproximity);
    out.text(place.region);
    out.u64(std::bit_cast<std::uint64_t>(place.latitude));
    out.u64(std::bit_cast<std::uint64_t>(place.longitude));
    out.u8(static_cast<std::uint8_t>(place.bias));
  }
  void operator()(const Cidr& cidr) const {
    out.u8(routing_cidr);
    out.text(cidr.collection_id);
    out.text(cidr.location);
  }
};

Geoproximity read_geoproximity(ByteReader& in) {
  Geoproximity place;
  place.region = std::string(in.text());
  place.latitude = std::bit_cast<double>(in.u64());
  place.longitude = std::bit_cast<double>(in.u64());
  place.bias = static_cast<std::int8_t>(in.u8());
  return place;
}

Result<Routing> read_routing(ByteReader& in) {
  const std::uint8_t tag = in.u8();
  switch (tag) {
    case routing_simple:
      return Routing(Simple{});
    case routing_weighted:
      return Routing(Weighted{in.u16()});
    case routing_failover:
    case routing_failover_tier: {
      const std::uint8_t role = in.u8();
      if (role > 1) return damaged("failover role");
      const std::uint16_t tier = tag == routing_failover_tier ? in.u16() : std::uint16_t{0};
      return Routing(Failover{static_cast<Failover::Role>(role), tier});
    }
    case routing_multivalue:
      return Routing(Multivalue{});
    case routing_geolocation: {
      Geolocation place;
      for (std::string* text : {&place.continent, &place.country, &place.subdivision})
        *text = std::string(in.text());
      return Routing(std::move(place));
    }
    case routing_geoproximity:
      return Routing(read_geoproximity(in));
    case routing_cidr: {
      Cidr cidr;
      cidr.collection_id = std::string(in.text());
      cidr.location = std::string(in.text());
      return Routing(std::move(cidr));
    }
    case routing_latency:
      return Routing(Latency{std::string(in.text())});
    default:
      return damaged("routing");
  }
}

Result<bool> read_flag(ByteReader& in) {
  const std::uint8_t flag = in.u8();
  if (flag > 1) return damaged("flag");
  return flag == 1;
}

void write_sets(ByteWriter& out, const std::vector<RecordSet>& sets) {
  out.u32(static_cast<std::uint32_t>(sets.size()));
  for (const RecordSet& set : sets)
    out.block(encode(set));
}

Result<std::vector<RecordSet>> read_sets(ByteReader& in) {
  std::vector<RecordSet> sets;
  for (std::uint32_t left = in.u32(); left > 0; --left) {
    auto set = decode_record_set(in.block());
    if (!in.ok()) return damaged("cut short");
    if (!set) return set.error();
    sets.push_back(std::move(*set));
  }
  return sets;
}

void write_key(ByteWriter& out, const ObjectKey& key) {
  out.u8(static_cast<std::uint8_t>(key.kind));
  out.text(key.id);
}

Result<ObjectKey> read_key(ByteReader& in) {
  const std::uint8_t kind = in.u8();
  if (to_string(static_cast<ObjectKind>(kind)) == unknown_kind) return damaged("object kind");
  return ObjectKey{static_cast<ObjectKind>(kind), std::string(in.text())};
}

void write_optional(ByteWriter& out, const std::optional<std::string>& text) {
  out.u8(text.has_value() ? 1 : 0);
  if (text) out.text(*text);
}

Result<std::optional<std::string>> read_optional(ByteReader& in) {
  const auto present = read_flag(in);
  if (!present) return present.error();
  std::optional<std::string> text;
  if (*present) text = std::string(in.text());
  return text;
}

Result<Scope> read_scope(ByteReader& in) {
  switch (in.u8()) {
    case scope_zone:
      return Scope(ZoneId{std::string(in.text())});
    case scope_object: {
      auto key = read_key(in);
      if (!key) return key.error();
      return Scope(std::move(*key));
    }
    default:
      return damaged("scope");
  }
}

Result<std::vector<ObjectChange>> read_objects(ByteReader& in) {
  std::vector<ObjectChange> objects;
  for (std::uint32_t left = in.u32(); left > 0; --left) {
    auto key = read_key(in);
    if (!key) return key.error();
    auto before = read_optional(in);
    if (!before) return before.error();
    auto after = read_optional(in);
    if (!after) return after.error();
    if (!in.ok()) return damaged("cut short");
    objects.push_back({std::move(*key), std::move(*before), std::move(*after)});
  }
  return objects;
}

Result<Effects> read_effects(ByteReader& in) {
  Effects effects;
  auto removed = read_sets(in);
  if (!removed) return removed.error();
  auto added = read_sets(in);
  if (!added) return added.error();
  auto objects = read_objects(in);
  if (!objects) return objects.error();
  const auto replaced = read_flag(in);
  if (!replaced) return replaced.error();
  return Effects{std::move(*removed), std::move(*added), std::move(*objects), *replaced, in.u64()};
}

}  // namespace

std::string_view to_string(ObjectKind kind) noexcept {
  switch (kind) {
    case ObjectKind::zone:
      return "zone";
    case ObjectKind::health_check:
      return "health_check";
    case ObjectKind::latency:
      return "latency";
    case ObjectKind::token:
      return "token";
    case ObjectKind::location:
      return "location";
    case ObjectKind::cidr_collection:
      return "cidr_collection";
    case ObjectKind::vpc:
      return "vpc";
    case ObjectKind::traffic_policy:
      return "traffic_policy";
    case ObjectKind::traffic_policy_instance:
      return "traffic_policy_instance";
    case ObjectKind::traffic_policy_document:
      return "traffic_policy_document";
    case ObjectKind::access_key:
      return "access_key";
    case ObjectKind::caller_reference:
      return "caller_reference";
    case ObjectKind::tags:
      return "tags";
    case ObjectKind::vpc_authorization:
      return "vpc_authorization";
    case ObjectKind::delegation_set:
      return "delegation_set";
    case ObjectKind::query_logging:
      return "query_logging";
  }
  return unknown_kind;
}

Bytes encode(const Routing& routing) {
  Bytes octets;
  ByteWriter out(octets);
  std::visit(WriteRouting{out}, routing);
  return octets;
}

Result<Routing> decode_routing(ByteView octets) {
  ByteReader in(octets);
  auto routing = read_routing(in);
  if (routing && (!in.ok() || !in.at_end())) return damaged("length of a routing");
  return routing;
}

Bytes encode(const RecordSet& set) {
  Bytes octets;
  ByteWriter out(octets);
  const bool made = !set.traffic_policy_instance.empty();
  out.u8(made ? instance_set_format : record_set_format);
  out.block(set.owner.wire());
  out.u16(static_cast<std::uint16_t>(set.type));
  out.text(set.set_id);
  out.u32(set.ttl);
  out.u32(static_cast<std::uint32_t>(set.rdata.size()));
  for (const Bytes& rdata : set.rdata)
    out.block(rdata);
  std::visit(WriteRouting{out}, set.routing);
  out.u8(set.alias ? 1 : 0);
  if (set.alias) {
    out.block(set.alias->target.wire());
    out.u8(alias_flags(*set.alias));
  }
  out.text(set.health_check_id);
  if (made) out.text(set.traffic_policy_instance);
  return octets;
}

Result<RecordSet> decode_record_set(ByteView octets) {
  ByteReader in(octets);
  const std::uint8_t format = in.u8();
  if (format != record_set_format && format != instance_set_format)
    return damaged("record set format");
  auto owner = dns::Name::from_wire(in.block());
  if (!owner) return damaged("owner");

  RecordSet set;
  set.owner = std::move(*owner);
  set.type = static_cast<dns::RrType>(in.u16());
  set.set_id = std::string(in.text());
  set.ttl = in.u32();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const ByteView rdata = in.block();
    set.rdata.emplace_back(rdata.begin(), rdata.end());
  }
  auto routing = read_routing(in);
  if (!routing) return routing.error();
  set.routing = std::move(*routing);
  const auto is_alias = read_flag(in);
  if (!is_alias) return is_alias.error();
  if (*is_alias) {
    auto target = dns::Name::from_wire(in.block());
    if (!target) return damaged("alias target");
    const std::uint8_t flags = in.u8();
    if (flags > all_alias_flags) return damaged("alias flags");
    set.alias = alias_of(std::move(*target), flags);
  }
  set.health_check_id = std::string(in.text());
  if (format == instance_set_format) set.traffic_policy_instance = std::string(in.text());
  if (!in.ok() || !in.at_end()) return damaged("length of a record set");
  return set;
}

Bytes encode(const Commit& commit) {
  Bytes octets;
  ByteWriter out(octets);
  out.u8(commit_format);
  out.text(commit.id.text);
  if (const auto* zone = std::get_if<ZoneId>(&commit.scope)) {
    out.u8(scope_zone);
    out.text(zone->text);
  } else {
    out.u8(scope_object);
    write_key(out, std::get<ObjectKey>(commit.scope));
  }
  out.u64(commit.base);
  out.u64(commit.version);
  out.u32(commit.soa_serial);
  // nanoseconds since 1970, two's complement
  out.u64(static_cast<std::uint64_t>(commit.submitted.time_since_epoch().count()));
  out.text(commit.comment);
  out.text(commit.author);

  const Effects& effects = commit.effects;
  write_sets(out, effects.removed);
  write_sets(out, effects.added);
  out.u32(static_cast<std::uint32_t>(effects.objects.size()));
  for (const ObjectChange& object : effects.objects) {
    write_key(out, object.key);
    write_optional(out, object.before);
    write_optional(out, object.after);
  }
  out.u8(effects.replaced ? 1 : 0);
  out.u64(effects.replaced_sets);
  return octets;
}

Result<Commit> decode_commit(ByteView octets) {
  ByteReader in(octets);
  if (in.u8() != commit_format) return damaged("commit format");
  Commit commit;
  commit.id.text = std::string(in.text());
  auto scope = read_scope(in);
  if (!scope) return scope.error();
  commit.scope = std::move(*scope);
  commit.base = in.u64();
  commit.version = in.u64();
  commit.soa_serial = in.u32();
  commit.submitted = TimePoint(Duration(static_cast<Duration::rep>(in.u64())));
  commit.comment = std::string(in.text());
  commit.author = std::string(in.text());
  auto effects = read_effects(in);
  if (!effects) return effects.error();
  commit.effects = std::move(*effects);
  if (!in.ok() || !in.at_end()) return damaged("length of a commit");
  return commit;
}

}  // namespace waymark::zones
