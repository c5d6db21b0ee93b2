// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "base/bytes.h"
#include "dns/protocol/edns.h"
#include "dns/protocol/name_hash.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

constexpr std::size_t header_octets = 12;

/// One query, as far as it could be read. parse_query() sets every member but the sight and the
/// octets of the name; the constructor sets none, because the hot path has room for 64 and may need
/// one.
struct Query {
  ByteView packet;
  Rcode rcode;                    // anything but NOERROR is the answer already
  std::uint16_t question_octets;  // to echo; 0: none (RFC 7873 §5.4), or none could be read
  std::uint16_t name_octets;
  std::uint8_t labels;  // without the root
  RrType type;
  RrClass rr_class;
  std::uint64_t hash;  // of the folded name
  Sight sight;         // Responder sets it where there are views; the hash is in its space then
  union {
    Edns edns;  // in a union, it is not set either
  };
  std::array<Octet, folded_name_room> name;  // folded wire form, `name_octets` of it

  Query() noexcept {}  // NOLINT(modernize-use-equals-default): `= default` would be deleted
};
static_assert(std::is_trivially_destructible_v<Edns> && std::is_trivially_copyable_v<Edns>);

/// Reads header, question and OPT. False: not worth a reply (shorter than a header, or a
/// response). Reads nothing beyond `packet`, which must outlive `query`.
bool parse_query(ByteView packet, const HashKey& key, Query& query) noexcept;

}  // namespace waymark::dns
