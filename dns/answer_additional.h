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
    each_name({begin, end, owner_octets, 0}, [&](const Place& server) {
      if (!is_below(server, cut.header().labels, cut.name())) return ++others, true;
      return whole = add_both(server);
    });
    if (!whole || others == 0) return whole;
    each_name({begin, end, owner_octets, 0}, [&](const Place& server) {
      return is_below(server, cut.header().labels, cut.name()) || add_both(server);
    });
    return true;
  }

  /// For the NS, MX or SRV RRs from `begin` on, as far as they fit (RFC 1034 §4.3.2 step 6).
  /// `name_at`: where in their RDATA the name stands.
  void add_addresses(std::size_t begin, std::size_t owner_octets, std::size_t name_at) noexcept {
    constexpr std::size_t max_names = 8;
    std::array<std::uint64_t, max_names> seen;  // several records may name one host
    std::size_t count = 0;
    each_name({begin, writer_.position(), owner_octets, name_at}, [&](const Place& host) {
      for (std::size_t i = 0; i < count; ++i)
        if (seen[i] == host.hash) return true;
      if (count == max_names) return false;
      seen[count++] = host.hash;
      return add_both(host);
    });
  }

 private:
  struct Written {
    std::size_t begin, end, owner_octets, name_at;
  };

  /// Calls visit(Place) for the name in each of those RRs, until it is false.
  template <class Visit>
  void each_name(const Written& rrs, Visit&& visit) const noexcept {
    std::array<Octet, folded_name_room> folded;
    for (std::size_t at = rrs.begin; at < rrs.end;) {
      const std::size_t type_at = at + rrs.owner_octets;
      const std::size_t rdata_octets = load16(writer_.data() + type_at + 8);
      const Place place = place_at(type_at + 10, rdata_octets, rrs.name_at, folded);
      if (place.labels <= 127 && !visit(place)) return;
      at = type_at + 10 + rdata_octets;
    }
  }

  /// The name that ends the RDATA at `rdata_at`; 255 labels: none.
  Place place_at(std::size_t rdata_at, std::size_t rdata_octets, std::size_t name_at,
                 std::array<Octet, folded_name_room>& folded) const noexcept {
    Place place;
    place.labels = 255;
    if (rdata_octets <= name_at) return place;
    const std::size_t at = rdata_at + name_at;
    const ByteView wire(writer_.data() + at, rdata_octets - name_at);
    place.labels = count_labels(wire);
    if (place.labels > 127) return place;
    place.octets = static_cast<std::uint16_t>(wire.size());
    place.hash =
        fold_and_hash(wire.data(), wire.size(), names_.key(), folded.data()) ^ sight_.space.mark;
    place.name = folded.data();
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
