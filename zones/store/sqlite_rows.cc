// SPDX-License-Identifier: Apache-2.0
#include "zones/store/sqlite_rows.h"

#include <optional>

#include "zones/change_batch.h"

namespace waymark::zones {

namespace {

using dns::Name;

// What stands in rows since the first version; later kinds are written as in commits, whose first
// octet is another.
enum class RoutingKind : std::uint8_t { weighted = 1, failover = 2, latency = 3 };
// Stands before the routing, with the length and the id of the instance.
constexpr Octet of_instance = 64;

void put_length(Bytes& out, std::size_t length) {
  for (; length >= 0x80; length >>= 7)
    out.push_back(static_cast<Octet>(length | 0x80));
  out.push_back(static_cast<Octet>(length));
}

std::size_t take_length(ByteReader& in) {
  std::size_t length = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const std::size_t octet = in.u8();
    length |= (octet & 0x7f) << shift;
    if (octet < 0x80) break;
  }
  return length;
}

Bytes pack(const std::vector<Bytes>& rdata) {
  Bytes out;
  for (const auto& one : rdata) {
    put_length(out, one.size());
    out.insert(out.end(), one.begin(), one.end());
  }
  return out;
}

bool unpack(ByteView packed, std::vector<Bytes>& rdata) {
  ByteReader in(packed);
  while (in.ok() && !in.at_end()) {
    const auto one = in.take(take_length(in));
    rdata.emplace_back(one.begin(), one.end());
  }
  return in.ok();
}

struct RoutingPacker {
  ByteWriter out;
  void kind(RoutingKind kind) { out.u8(static_cast<Octet>(kind)); }

  void operator()(const Simple&) {}
  void operator()(const Weighted& weighted) {
    kind(RoutingKind::weighted);
    out.u16(weighted.weight);
  }
  void operator()(const Failover& failover) {
    if (failover.tier != 0) return out.put(encode(Routing(failover)));
    kind(RoutingKind::failover);
    out.u8(static_cast<Octet>(failover.role));
  }
  void operator()(const Latency& latency) {
    kind(RoutingKind::latency);
    out.put(as_octets(latency.region));
  }
  template <class Later>
  void operator()(const Later& routing) {
    out.put(encode(Routing(routing)));
  }
};

std::optional<Bytes> pack_routing(const RecordSet& set) {
  Bytes out;
  if (!set.traffic_policy_instance.empty()) {
    out.push_back(of_instance);
    put_length(out, set.traffic_policy_instance.size());
    ByteWriter(out).put(as_octets(set.traffic_policy_instance));
  }
  std::visit(RoutingPacker{ByteWriter(out)}, set.routing);
  if (out.empty()) return std::nullopt;
  return out;
}

bool unpack_routing(ByteView packed, Routing& routing) {
  ByteReader in(packed);
  switch (static_cast<RoutingKind>(in.u8())) {
    case RoutingKind::weighted:
      routing = Weighted{in.u16()};
      break;
    case RoutingKind::failover:
      routing = Failover{static_cast<Failover::Role>(in.u8())};
      break;
    case RoutingKind::latency:
      routing = Latency{std::string(as_text(in.take(packed.size() - 1)))};
      break;
    default: {
      auto later = decode_routing(packed);
      if (later) routing = std::move(*later);
      return later.has_value();
    }
  }
  return in.ok() && in.at_end();
}

bool unpack(ByteView packed, RecordSet& set) {
  if (!packed.empty() && packed[0] == of_instance) {
    ByteReader in(packed.subspan(1));
    set.traffic_policy_instance = std::string(as_text(in.take(take_length(in))));
    if (!in.ok()) return false;
    packed = packed.subspan(1 + in.position());
    if (packed.empty()) return true;  // simple
  }
  return unpack_routing(packed, set.routing);
}

}  // namespace

Result<void> write_row(Statement& insert, std::int64_t content, const RecordSet& set) {
  std::optional<Bytes> target;
  std::optional<std::uint8_t> flags;
  if (set.alias) {
    target = set.alias->target.sort_key();
    flags = alias_flags(*set.alias);
  }
  std::optional<std::string_view> check;
  if (!set.health_check_id.empty()) check = set.health_check_id;
  return insert
      .bind(content, set.owner.sort_key(), static_cast<std::uint16_t>(set.type), set.set_id,
            set.ttl, pack(set.rdata), pack_routing(set), target, flags, check)
      .run();
}

Result<RecordSet> read_row(const Statement& row) {
  RecordSet set;
  set.owner = Name::from_sort_key(row.blob(1));
  set.type = static_cast<dns::RrType>(row.integer(2));
  set.set_id = row.text(3);
  set.ttl = static_cast<std::uint32_t>(row.integer(4));
  const bool whole = unpack(row.blob(5), set.rdata) && (row.is_null(6) || unpack(row.blob(6), set));
  if (!whole) {
    return Error(ErrorCode::io, "the stored record set " + set.owner.to_string() + " " +
                                    to_string(set.type) + " is damaged");
  }
  if (!row.is_null(7))
    set.alias =
        alias_of(Name::from_sort_key(row.blob(7)), static_cast<std::uint8_t>(row.integer(8)));
  set.health_check_id = row.text(9);
  return set;
}

}  // namespace waymark::zones
