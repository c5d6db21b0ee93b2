// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "dns/image/name_table.h"
#include "dns/protocol/response_writer.h"

namespace waymark::dns {

/// A name to answer for: folded wire octets, their hash, and where it stands in the message.
struct Place {
  const Octet* name = nullptr;
  std::uint64_t hash = 0;
  std::uint16_t octets = 0;
  std::uint16_t offset = 0;  // 0: not within reach of a compression pointer
  std::uint8_t labels = 0;

  /// The last labels of the name; `count` is at most `labels`.
  ByteView suffix(std::size_t count) const noexcept;
  /// The owner whose name is the last `suffix_octets` octets of this one.
  Owner owner(std::size_t suffix_octets) const noexcept;
  Owner owner() const noexcept { return owner(octets); }
};

/// Labels of a wire name without the root; 255 when the octets are not one name.
std::uint8_t count_labels(ByteView wire) noexcept;

/// What the table knows of a place (RFC 1034 §4.3.2, RFC 4592 §3.3.1).
struct Found {
  NodeView exact;     // the node itself; else
  NodeView encloser;  // its closest encloser, none when the name is in no zone of ours
  NodeView wildcard;  // and the wildcard below that; below a cut it is glue at most
};

/// In the space that the place's hash was made for.
Found find_place(const NameTable& names, const Place& place, Space space) noexcept;
/// Of a place that is known to have no node itself.
Found find_encloser(const NameTable& names, const Place& place, Space space) noexcept;

}  // namespace waymark::dns
