// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

/// The records of one owner and type. RDATA is in wire form, names in it uncompressed, their case
/// as given; sorted by octets (RFC 4034 §6.3) and without duplicates.
struct RRset {
  Name owner;
  RrType type{};
  std::uint32_t ttl = 0;  // seconds, at most 2^31 - 1 (RFC 2181 §8)
  std::vector<Bytes> rdata;

  friend bool operator==(const RRset&, const RRset&) = default;
};

}  // namespace waymark::dns
