// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "dns/protocol/rr_type.h"

namespace waymark::zones {

/// What RDATA is made of, field by field.
enum class Field : std::uint8_t {
  none,
  u8,
  u16,
  u32,
  seconds,  // 32 bits, shown as a number, read with units too
  ipv4,
  ipv6,
  name,        // uncompressed
  string,      // character-string: a length octet, then that many
  strings,     // one or more of those, to the end
  tag,         // letters and digits with a length octet (CAA)
  text,        // to the end, without a length (CAA)
  target,      // the same, not empty (RFC 7553 §4.4)
  octets,      // one or more, to the end (digests, keys)
  location,    // RFC 1876
  prefixes,    // RFC 3123
  parameters,  // RFC 9460 §2.2
};

/// Who reads and writes the presentation form.
enum class Grammar : std::uint8_t { own, ldns };

struct RdataFields {
  dns::RrType type;
  Grammar grammar;
  std::array<Field, 7> fields;

  std::span<const Field> list() const noexcept {
    return {fields.begin(), std::find(fields.begin(), fields.end(), Field::none)};
  }
};

/// Null for types that are opaque to us: RFC 3597 form only.
const RdataFields* fields_of(dns::RrType type) noexcept;

/// Octets that the field takes at the front of `rest`; none when they are not there or wrong.
std::optional<std::size_t> measure(Field field, ByteView rest) noexcept;

/// Calls visit(field, octets) for each field; false as soon as one is not whole, or octets are
/// left.
template <class Visit>
bool walk(const RdataFields& fields, ByteView wire, Visit&& visit) {
  for (const Field field : fields.list()) {
    const auto octets = measure(field, wire);
    if (!octets) return false;
    visit(field, wire.first(*octets));
    wire = wire.subspan(*octets);
  }
  return wire.empty();
}

}  // namespace waymark::zones
