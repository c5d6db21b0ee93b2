// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/random.h"
#include "dns/image/image.h"
#include "dns/lookup.h"
#include "dns/protocol/response_writer.h"

namespace waymark::dns {

/// The RRs of a stored RRset.
inline WireRRs records_at(const Octet* at) noexcept {
  layout::RecordsHeader header;
  std::memcpy(&header, at, sizeof header);
  const Octet* starts = at + sizeof header;
  const Octet* first = header.stride != 0 ? starts : starts + std::size_t{header.records} * 4;
  return {first, starts, header.octets, header.records, header.stride};
}

/// Types whose answers bring the addresses of the hosts that they name.
constexpr bool names_hosts(RrType type) noexcept {
  return type == RrType::NS || type == RrType::MX || type == RrType::SRV || type == RrType::SVCB ||
         type == RrType::HTTPS;
}

/// The addresses of servers that RRs already written name, as far as the zone of those RRs has
/// them: what another zone says of a name is for a resolver to ask there.
template <class Seen>
class AdditionalSection {
 public:
  AdditionalSection(const Image& image, const Seen& sight, ZoneNumber zone, Random& random,
                    ResponseWriter& writer) noexcept
      : image_(image),
        names_(image.names()),
        sight_(sight),
        zone_(zone),
        random_(random),
        writer_(writer) {}

  /// For the NS RRs of a cut from `begin` on. What stands below the cut must be there (RFC 9471
  /// §3.1): false when it does not fit. The rest is welcome where there is room (§3.2).
  bool add_glue(std::size_t begin, std::size_t owner_octets, NodeView cut) noexcept {
    const std::size_t end = writer_.position();
    bool whole = true;
    std::size_t others = 0;
    const Written servers{begin, end, owner_octets, RrType::NS};
    each_name(servers, [&](const Place& server) {
      if (!is_below(server, cut.header().labels, cut.name())) return ++others, true;
      return whole = add_both(server);
    });
    if (!whole || others == 0) return whole;
    each_name(servers, [&](const Place& server) {
      return is_below(server, cut.header().labels, cut.name()) || add_both(server);
    });
    return true;
  }

  /// For the RRs of a type that names hosts from `begin` on, as far as they fit (RFC 1034 §4.3.2
  /// step 6). A target of SVCB or HTTPS brings its own RRs of that type too (RFC 9460 §4.1).
  void add_addresses(std::size_t begin, const Place& owner, RrType type) noexcept {
    constexpr std::size_t max_names = 8;
    std::array<std::uint64_t, max_names> seen;  // several records may name one host
    std::size_t count = 0;
    const Written rrs{begin, writer_.position(), owner.owner().octets(), type};
    each_name(rrs, [&](const Place& named) {
      if (named.labels == 0 && !is_service(type)) return true;  // RFC 7505: no host
      const Place& host = named.labels == 0 ? owner : named;    // RFC 9460 §2.5.2
      for (std::size_t i = 0; i < count; ++i)
        if (seen[i] == host.hash) return true;
      if (count == max_names) return false;
      seen[count++] = host.hash;
      return (!is_service(type) || host.hash == owner.hash || add_more(type, host)) &&
             add_both(host);
    });
  }

 private:
  struct Written {
    std::size_t begin, end, owner_octets;
    RrType type;
  };

  static constexpr bool is_service(RrType type) noexcept {
    return type == RrType::SVCB || type == RrType::HTTPS;
  }

  /// The name in an RDATA of such a type: at its end, or before the parameters of a service. Empty:
  /// none, and for the "." of a service's alias, which says that there is no service.
  static ByteView name_in(ByteView rdata, RrType type) noexcept {
    std::size_t at = 0;
    if (type == RrType::MX || is_service(type)) at = 2;
    if (type == RrType::SRV) at = 6;
    if (rdata.size() <= at) return {};
    const ByteView rest = rdata.subspan(at);
    if (!is_service(type)) return rest;
    std::size_t end = 0;
    while (end < rest.size() && rest[end] != 0)
      end += std::size_t{1} + rest[end];
    const bool is_alias = load16(rdata.data()) == 0;
    return end >= rest.size() || (end == 0 && is_alias) ? ByteView() : rest.first(end + 1);
  }

  /// Calls visit(Place) for the name in each of those RRs, until it is false.
  template <class Visit>
  void each_name(const Written& rrs, Visit&& visit) const noexcept {
    std::array<Octet, folded_name_room> folded;
    for (std::size_t at = rrs.begin; at < rrs.end;) {
      const std::size_t type_at = at + rrs.owner_octets;
      const std::size_t rdata_octets = load16(writer_.data() + type_at + 8);
      const Place place =
          place_of(name_in({writer_.data() + type_at + 10, rdata_octets}, rrs.type), folded);
      if (place.labels <= 127 && !visit(place)) return;
      at = type_at + 10 + rdata_octets;
    }
  }

  /// Of a name that stands in the message; 255 labels: of none.
  Place place_of(ByteView wire, std::array<Octet, folded_name_room>& folded) const noexcept {
    Place place;
    place.labels = count_labels(wire);
    if (place.labels > 127) return place;
    place.octets = static_cast<std::uint16_t>(wire.size());
    place.hash =
        fold_and_hash(wire.data(), wire.size(), names_.key(), folded.data()) ^ sight_.space.mark;
    place.name = folded.data();
    const auto at = static_cast<std::size_t>(wire.data() - writer_.data());
    place.offset = static_cast<std::uint16_t>(at < pointer_limit ? at : 0);
    return place;
  }

  static bool is_below(const Place& host, std::uint8_t labels, ByteView name) noexcept {
    if (host.labels < labels) return false;
    const ByteView suffix = host.suffix(labels);
    return suffix.size() == name.size() &&
           std::memcmp(suffix.data(), name.data(), name.size()) == 0;
  }

  /// Whether this client, asking for the host itself, would be answered from another zone.
  bool is_hidden(const Place& host) const noexcept {
    if (sight_.vpc == 0) return false;
    const ZoneNumber zone =
        image_.views().zone_of(sight_.vpc, {host.name, host.octets}, host.labels);
    return Space::of(zone) != sight_.space;
  }

  /// The host's own node, or a wildcard's (RFC 4592 §3.3.1); none of another zone.
  NodeView node_of(const Place& host) const noexcept {
    if (is_hidden(host)) return NodeView();
    NodeView node = names_.find(host.name, host.octets, host.hash);
    if (!node) {
      const auto zone = image_.zone(zone_);
      if (zone && is_below(host, zone->labels, zone->name))
        node = find_place(names_, host, sight_.space).wildcard;
    }
    return node && node.zone() == zone_ ? node : NodeView();
  }

  /// False: no more room.
  bool add_both(const Place& host) noexcept {
    const NodeView node = node_of(host);
    return !node || (add(node, RrType::A, host) && add(node, RrType::AAAA, host));
  }

  bool add_more(RrType type, const Place& host) noexcept {
    const NodeView node = node_of(host);
    return !node || add(node, type, host);
  }

  bool add(NodeView node, RrType type, const Place& host) noexcept {
    const layout::Entry* entry = node.find(type);
    if (entry == nullptr || entry->kind != layout::EntryKind::records) return true;
    const WireRRs rrs = records_at(node.at(entry->offset));
    return writer_.add(Section::additional, rrs, host.owner(),
                       rrs.records > 1 ? random_.below(rrs.records) : 0);
  }

  const Image& image_;
  const NameTable& names_;
  [[no_unique_address]] const Seen sight_;
  ZoneNumber zone_;
  Random& random_;
  ResponseWriter& writer_;
};

}  // namespace waymark::dns
