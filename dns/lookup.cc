// SPDX-License-Identifier: Apache-2.0
#include "dns/lookup.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dns/protocol/name.h"

namespace waymark::dns {
namespace {

/// "*." in front of the encloser. Only asked for when that node exists, so it is a name.
NodeView find_wildcard(const NameTable& names, ByteView encloser, Space space) noexcept {
  std::array<Octet, max_name_octets + 2> name;
  name[0] = 1;
  name[1] = '*';
  std::memcpy(&name[2], encloser.data(), encloser.size());
  const std::size_t octets = encloser.size() + 2;
  return names.find(name.data(), octets, hash_name({name.data(), octets}, names.key(), space));
}

}  // namespace

ByteView Place::suffix(std::size_t count) const noexcept {
  std::size_t at = 0;
  for (std::size_t skip = labels - count; skip > 0; --skip)
    at += 1U + name[at];
  return {name + at, octets - at};
}

Owner Place::owner(std::size_t suffix_octets) const noexcept {
  const std::size_t skipped = octets - suffix_octets;
  const bool reachable = offset != 0 && offset + skipped < pointer_limit;
  return {static_cast<std::uint16_t>(reachable ? offset + skipped : 0),
          ByteView(name + skipped, suffix_octets)};
}

std::uint8_t count_labels(ByteView wire) noexcept {
  constexpr std::uint8_t none = 255;
  std::uint8_t labels = 0;
  for (std::size_t at = 0; at < wire.size() && at < max_name_octets; at += 1U + wire[at], ++labels)
    if (wire[at] == 0) return at + 1 == wire.size() ? labels : none;
  return none;
}

Found find_place(const NameTable& names, const Place& place, Space space) noexcept {
  Found found;
  if (place.labels <= names.max_labels())
    found.exact = names.find(place.name, place.octets, place.hash);
  return found.exact ? found : find_encloser(names, place, space);
}

[[gnu::flatten]] Found find_encloser(const NameTable& names, const Place& place,
                                     Space space) noexcept {
  Found found;
  if (place.labels == 0) return found;

  // No name of ours has more than max_labels: a 127-label question costs no more than a short one.
  std::size_t labels = std::min<std::size_t>(place.labels - 1U, names.max_labels());
  for (ByteView name = place.suffix(labels);; name = name.subspan(1U + name[0]), --labels) {
    found.encloser = names.find(name.data(), name.size(), hash_name(name, names.key(), space));
    if (found.encloser) break;
    if (labels == 0) return found;
  }
  const layout::Node& encloser = found.encloser.header();
  if (found.encloser.has(layout::node_wildcard_child))
    found.wildcard = find_wildcard(names, place.suffix(encloser.labels), space);
  return found;
}

}  // namespace waymark::dns
