// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "dns/protocol/edns.h"
#include "dns/protocol/name_hash.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

constexpr std::size_t header_octets = 12;

/// One query, as far as it could be read. Lives on the stack of the hot path, so the name's room
/// is not cleared.
struct Query {
  ByteView packet;
  Rcode rcode = Rcode::NOERROR;       // anything else is the answer already
  std::uint16_t question_octets = 0;  // to echo; 0: none (RFC 7873 §5.4), or none could be read
  std::uint16_t name_octets = 0;
  std::uint8_t labels = 0;  // without the root
  RrType type{};
  RrClass rr_class{};
  std::uint64_t hash = 0;  // of the folded name
  Edns edns;
  std::array<Octet, folded_name_room> name;  // folded wire form, `name_octets` of it

  Query() noexcept {}  // NOLINT(modernize-use-equals-default): `= default` would clear the name
};

/// Reads header, question and OPT. False: not worth a reply (shorter than a header, or a
/// response). Reads nothing beyond `packet`, which must outlive `query`.
bool parse_query(ByteView packet, const HashKey& key, Query& query) noexcept;

}  // namespace waymark::dns
